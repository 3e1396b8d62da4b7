# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""`nwfctl flows': what the switch holds, with counters, and where each flow
comes from."""

import re

import frames
from policies import PASS
from sandbox import Failure

BASE = """<filter name='base'>
  <rule action='drop' direction='out'>
    <ip match='no' srcipaddr='$IP'/></rule>
  <rule action='accept' direction='in'><tcp dstportstart='$PORT'/></rule>
  <rule action='drop' direction='out'><all ipset='bad'/></rule>
</filter>"""
MIDDLE = """<filter name='middle'>
  <filterref filter='base'><parameter name='PORT' value='22'/></filterref>
</filter>"""
TOP = """<filter name='top'>
  <rule action='drop' direction='in' priority='900'>
    <mac match='no' dstmacaddr='$MAC'/></rule>
  <filterref filter='middle'/>
  <filterref filter='base'><parameter name='PORT' value='23'/></filterref>
</filter>"""


def listed(sandbox, *args):
    """[(heading, flow, [comment, ...]), ...] as `nwfctl flows' prints it."""
    found = []
    heading = None
    for line in sandbox.nwfctl("flows", *args).splitlines():
        if line.startswith("    # "):
            found[-1][2].append(line[6:])
        elif line.startswith("  "):
            found.append((heading, line.strip(), []))
        else:
            heading = line
    return found


def lab(sandbox):
    sandbox.nwfctl("set-create", "bad", "hash:ip", "10.0.0.66")
    sandbox.define(BASE, MIDDLE, TOP, PASS)
    sandbox.add_port("net")
    for n, name in enumerate(("one", "two"), 1):
        sandbox.add_port(name, mac=frames.mac(n), filter="top",
                         params={"IP": f"10.0.0.{n}"})
    sandbox.add_port("other", mac=frames.mac(3), filter="pass")
    sandbox.wait_installed("one", "two", "other")
    sandbox.sync()


def without_counters(flow):
    return re.sub(r"^duration=\d+s, n_packets=\d+, n_bytes=\d+, ", "", flow)


def test_all_flows(sandbox):
    """Every flow of ours, under its table, as `ovs-ofctl' shows it."""
    lab(sandbox)
    flows = listed(sandbox)
    assert (sorted(without_counters(flow) for _, flow, _ in flows)
            == sandbox.flows())
    for heading, flow, comments in flows:
        number = int((re.search(r"^[^ ]+ [^ ]+ [^ ]+ [^ ]+ table=(\d+)", flow)
                      or [0, 0])[1])
        assert heading.startswith(f"br-int table {number}, "), (heading, flow)
        assert comments and "?" not in comments[0], (flow, comments)
    assert "br-int table 12, OUT_L2.0" in {heading for heading, _, _ in flows}


def test_ways_and_values(sandbox):
    lab(sandbox)
    by_rule = {}
    for _, flow, comments in listed(sandbox, "two"):
        if comments[0].startswith("filter "):
            by_rule.setdefault(comments[0], []).append((flow, comments))
    mac = by_rule["filter top:2: drop in mac dstmacaddr!=$MAC"]
    assert [comments[1:] for _, comments in mac] == [
        ["  with $MAC=" + frames.mac(2)]]
    ways = ["filter base:2: drop out ip srcipaddr!=$IP",
            "  by way of filter top:4 -> filter middle:2",
            "  with $IP=10.0.0.2",
            "filter base:2: drop out ip srcipaddr!=$IP",
            "  by way of filter top:5",
            "  with $IP=10.0.0.2"]
    assert all(comments == ways for _, comments in by_rule[ways[0]])
    given = [line for _, comments in
             by_rule["filter base:4: accept in tcp dstportstart=$PORT"]
             for line in comments if "with" in line]
    assert set(given) == {"  with $PORT=22", "  with $PORT=23"}

    # What ports share has no value of one of them.
    text = sandbox.nwfctl("flows")
    assert "  with $IP of each port" in text and "$PORT=22" in text, text
    assert "$IP=" not in text.replace("ip_src=$IP", ""), text


def test_flows_of_a_port(sandbox):
    """Its own, its program's, its sets'; nobody else's."""
    lab(sandbox)
    sandbox.reaches(sandbox.ports["other"], frames.udp(
        src=frames.mac(77), dst=frames.BROADCAST, data=bytes(60)))
    everything = listed(sandbox)
    number = {name: sandbox.vsctl("get", "Interface", name, "ofport").strip()
              for name in ("one", "two", "other")}

    def expected(name, program):
        port = int(number[name])
        own = [flow for _, flow, comments in everything
               if comments[0].startswith(f"port {name} (")
               or re.search(f"cookie=0x4e57f0......{port:04x},", flow)
               or (program in flow and "reg11=" in flow.split(" actions=")[0])
               or (program and "'bad'" in comments[0] and name != "other")]
        return [without_counters(flow) for flow in own]

    for name in number:
        text = sandbox.nwfctl("flows", name)
        program = re.search(r"reg11=(0x[0-9a-f]+)", text)[1]
        got = [without_counters(flow) for _, flow, _ in listed(sandbox, name)]
        assert got == expected(name, program), (name, got)
        assert ("address set 'bad'" in text) == (name != "other"), text
        assert ("learned" in text) == (name == "other"), text
        with_shared = listed(sandbox, "--all", name)
        assert len(with_shared) > len(got) + 100
        assert {comments[0].split()[0] for _, _, comments in with_shared
                } >= {"pipeline", "ports"}
    done = sandbox.nwfctl("flows", "nobody", check=False)
    assert done.returncode == 1 and "no port 'nobody'" in done.stderr
    try:
        sandbox.daemon("nwfilter/flows", "other", "one")
    except Failure as failure:
        assert "'other' is no option" in str(failure), failure
    else:
        raise Failure("the second port was ignored")


def test_counters(sandbox):
    """Fresh ones."""
    lab(sandbox)
    bad = frames.udp(src=frames.mac(1), dst=frames.BROADCAST,
                     saddr="10.0.0.99", data=bytes(60))
    for n in (1, 4):
        for _ in range(n):
            assert sandbox.reaches(sandbox.ports["one"], bad) == []
        sandbox.revalidate()
        total = {1: 1, 4: 5}[n]
        drops = [flow for _, flow, comments in listed(sandbox, "one")
                 if comments[0].startswith("filter base:2: ")]
        counts = [f"n_packets={total}, n_bytes={total * len(bad)}, " in flow
                  for flow in drops]
        assert counts.count(True) == 1, drops


def test_foreign_hands(sandbox):
    """A flow that is not in the switch is not listed, whatever the daemon
    believes; one that nobody wants is."""
    lab(sandbox)
    sandbox.stop("ovs-nwfilterd")
    sandbox.ofctl("add-flow", "br-int", "cookie=0x4e57000000000001,table=200,"
                  "priority=5,actions=drop")
    sandbox.start_daemon()
    sandbox.sync()
    assert "table 200" not in sandbox.nwfctl("flows")
    sandbox.stop("ovs-vswitchd")
    done = sandbox.nwfctl("flows", check=False)
    assert done.returncode == 1 and "bridge br-int: " in done.stderr
