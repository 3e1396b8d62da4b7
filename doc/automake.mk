# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

dist_man_MANS += doc/nwfctl.8
dist_man_MANS += doc/nwfilter.ovsschema.5
dist_man_MANS += doc/ovs-nwfilter-ctl.8
dist_man_MANS += doc/ovs-nwfilterd.8
dist_doc_DATA += doc/address-sets.md
dist_doc_DATA += doc/arp-and-stp.md
dist_doc_DATA += doc/architecture.md
dist_doc_DATA += doc/conformance.md
dist_doc_DATA += doc/drops.md
dist_doc_DATA += doc/grafana-dashboard.json
dist_doc_DATA += doc/learning.md
dist_doc_DATA += doc/lint.md
dist_doc_DATA += doc/pipeline.md
dist_doc_DATA += doc/reject.md
dist_doc_DATA += doc/scale.md
dist_doc_DATA += doc/semantics.md
dist_doc_DATA += doc/troubleshooting.md
dist_doc_DATA += doc/testing-policies.md
