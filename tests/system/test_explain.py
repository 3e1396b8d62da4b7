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
    assert len(actions) == 18 and all(len(a) == 1 for a in actions.values()), \
        actions


RULES = """<filter name='f'>
  <rule action='accept' direction='in'>
    <tcp srcipaddr='$IP' dstportstart='22'/></rule>
  <rule action='drop' direction='in'><all ipset='bad'/></rule>
</filter>"""


def kinds(sandbox):
    sandbox.nwfctl("set-create", "bad", "hash:ip", "10.0.0.66")
    sandbox.define(RULES, "<filter name='pass'><rule action='accept' "
                   "direction='inout'/></filter>")
    net = sandbox.add_port("net")
    sandbox.add_port("guest", mac=frames.mac(1), filter="f",
                     params={"IP": "10.0.0.1"})
    other = sandbox.add_port("other", mac=frames.mac(2), filter="pass")
    sandbox.wait_installed("guest", "other")
    sandbox.sync()
    for source, mac in ((net, 9), (other, 8)):
        sandbox.reaches(source, frames.udp(
            src=frames.mac(mac), dst=frames.BROADCAST, data=bytes(60)))
    sandbox.ofctl("add-flow", "br-int", "table=201,actions=learn(table=202,"
                  "cookie=0x4e57000000010001,NXM_OF_ETH_SRC[])")
    sandbox.ofctl("add-flow", "br-int", "cookie=7,table=203,actions=drop")
    sandbox.ofctl("add-flow", "br-int", "cookie=0x4e58000000010001,"
                  "table=203,priority=2,actions=drop")


def dump(sandbox, *options):
    return sandbox.run("ovs-ofctl", "-OOpenFlow15", *options, "dump-flows",
                       f"unix:{sandbox.dir}/br-int.mgmt")


def check_lines(text, explained_text):
    """Nothing but explanations was added; returns them."""
    found = set()
    lines = explained_text.splitlines()
    assert len(lines) == len(text.splitlines())
    for line, plain in zip(lines, text.splitlines()):
        start, _, explanation = line.partition("  # ")
        ours = re.match(" *cookie=0x4e57", plain)
        assert start == plain and bool(explanation) == bool(ours), line
        found.add(explanation)
    return found


def expect(found, *patterns):
    for pattern in patterns:
        assert [text for text in found if re.fullmatch(pattern, text)], (
            pattern, found)


def test_every_kind(sandbox):
    """Of cookies, in each form that ovs-ofctl gives the dump."""
    kinds(sandbox)
    for options in ((), ("--no-stats",), ("--names",),
                    ("--names", "--no-stats", "--sort")):
        text = dump(sandbox, *options)
        expect(check_lines(text, sandbox.nwfctl("explain", text=text)),
               r"pipeline \(CLASSIFY\): .*",
               r"filter f:2: accept in tcp srcipaddr=\$IP dstportstart=22",
               r"port \d+, here guest \(CLASSIFY\)",
               r"port \d+, here guest \(PREDICATE\)",
               r"ports of VLANs \(FLOOD_CHUNK\)",
               r"program f\(IP\): from rule to rule",
               r"members of address set 'bad'",
               r"learned address, behind a port without filter",
               r"learned address, behind port \d+, here other",
               r"learned address, behind port \d+, here other: not taken .*")
    first = re.search(r"cookie=(0x4e571[0-9a-f]+)", text)[1]
    assert sandbox.nwfctl("explain", first, "0x1").splitlines()[1] == \
        "not a flow of ovs-nwfilter"


def test_on_another_host(sandbox):
    """A file, where no port uses the filters: rules and sets are known by
    the policy database."""
    kinds(sandbox)
    text = dump(sandbox)
    for name in ("guest", "other", "net"):
        sandbox.del_port(name)
    sandbox.sync()
    found = check_lines(text, sandbox.nwfctl("explain", text=text))
    expect(found, r"filter f:2: accept in tcp srcipaddr=\$IP .*",
           r"filter f:4: drop in all ipset=bad.*", r"filter pass:1: .*",
           r"port \d+ \(CLASSIFY\)", r"members of address set 'bad'",
           r"a program that is not in use here: from rule to rule")
    assert not [line for line in found if "a rule that" in line], found
    sandbox.nwfctl("undefine", "f")
    sandbox.sync()
    expect(check_lines(text, sandbox.nwfctl("explain", text=text)),
           "a rule that is not in use here", "filter pass:1: .*")
