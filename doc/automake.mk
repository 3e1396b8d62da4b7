# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

dist_man_MANS += doc/nwfctl.8
EXTRA_DIST += doc/address-sets.md
dist_doc_DATA += doc/reject.md
