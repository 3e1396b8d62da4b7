# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""What `nwfctl explain` says of the flows in a switch."""

import re

import frames


def explained(sandbox):
    """(flow, explanation) of each flow."""
    dump = sandbox.ofctl("dump-flows", "br-int")
    text = sandbox.nwfctl("explain", text=dump)
    return [line.split("  # ") for line in text.splitlines()
            if "cookie=0x4e57" in line]


def test_every_flow(sandbox):
    sandbox.define(
        "<filter name='f'>"
        "<rule action='accept' direction='in'><tcp dstportstart='22'/></rule>"
        "<rule action='reject' direction='in'><all/></rule>"
        "<rule action='drop' direction='out'>"
        "<arp gratuitous='true' hwtype='6'/></rule></filter>")
    sandbox.add_port("net")
    sandbox.add_port("guest", mac=frames.mac(1), filter="f")
    sandbox.wait_installed("guest")
    flows = explained(sandbox)
    assert len(flows) > 400
    for flow, text in flows:
        assert "known here" not in text and "?" not in text, (flow, text)
    texts = [text for _, text in flows]
    assert "pipeline (DELIVER): the receiving port has a filter: to its in " \
        "rules" in texts
    assert "pipeline (CLASSIFY): an ARP header that the switch does not " \
        "read is shown to the daemon" in texts
    # Flows that do different things in one table are told apart.
    actions = {}
    for flow, text in flows:
        if text.startswith("pipeline (OUT_STATE)"):
            state = re.search(r"(?:0x(\w+)->.*REG2|set_field:0x(\w+)->reg2)",
                              flow)
            actions.setdefault(text, set()).add(state and state[0])
    assert len(actions) == 12 and all(len(a) == 1 for a in actions.values()), \
        actions
