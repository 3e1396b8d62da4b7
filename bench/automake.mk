# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

EXTRA_DIST += \
	bench/control.py \
	bench/established \
	bench/learning \
	bench/neutron_style.py \
	bench/ovn_style.py \
	bench/policy.py \
	bench/scale \
	bench/style.py
