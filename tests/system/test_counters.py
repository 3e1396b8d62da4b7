# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""`nwfctl counters': what each rule has decided, whatever became of its
flows."""

import re

import frames
from sandbox import wait_until

BASE = """<filter name='base'>
  <rule action='drop' direction='out'><udp dstportstart='7'/></rule>
</filter>"""
WEB = """<filter name='web'>
  <rule action='drop' direction='out' priority='400'>
    <udp dstportstart='9'/></rule>
  <rule action='accept' direction='out' priority='300'>
    <udp dstportstart='%d'/></rule>
  <filterref filter='base'/>
</filter>"""
LENGTH = len(frames.udp(data=bytes(60)))


def counters(sandbox, *args):
    """[(packets, bytes, rule), ...]"""
    lines = sandbox.nwfctl("counters", *args).splitlines()
    assert re.match(r" *Packets +Bytes +Rule$", lines[0]), lines[0]
    return [(int(m[1]), int(m[2]), m[3]) for m in
            (re.match(r" *(\d+) +(\d+) +(filter .*)$", line)
             for line in lines[2:] if line)]


def packets(sandbox, *args):
    sandbox.revalidate()
    found = counters(sandbox, *args)
    assert all(n_bytes == n * LENGTH for n, n_bytes, _ in found), found
    return {rule.split(": ")[0]: n for n, _, rule in found}


def send(sandbox, name, port, n):
    for _ in range(n):
        sandbox.ports[name].send(frames.udp(
            src=frames.mac(1), dst=frames.BROADCAST, dport=port,
            data=bytes(60)))
    sandbox.settle()


def lab(sandbox):
    sandbox.define(BASE, WEB % 10)
    sandbox.add_port("net")
    for name in ("one", "two"):
        sandbox.add_port(name, mac=frames.mac(1), filter="web")
    sandbox.wait_installed("one", "two")
    sandbox.sync()


def test_sums(sandbox):
    """Over ports, in the order of the documents."""
    lab(sandbox)
    send(sandbox, "one", 7, 2)
    send(sandbox, "two", 7, 3)
    send(sandbox, "one", 9, 4)
    assert list(packets(sandbox).items()) == [
        ("filter base:2", 5), ("filter web:2", 4), ("filter web:4", 0)]
    assert counters(sandbox, "base") == [
        (5, 5 * LENGTH, "filter base:2: drop out udp dstportstart=7")]
    # A filter that nobody has, and one that is not there.
    sandbox.define("<filter name='idle'>\n<rule action='drop' "
                   "direction='in'/></filter>")
    sandbox.sync()
    assert packets(sandbox, "idle") == {"filter idle:2": 0}
    assert "idle" not in sandbox.nwfctl("counters")
    done = sandbox.nwfctl("counters", "nobody", check=False)
    assert done.returncode == 1 and "no filter 'nobody'" in done.stderr


def test_edits(sandbox):
    """Flows go, are replaced by those of other rules, and come back."""
    lab(sandbox)
    send(sandbox, "one", 9, 4)
    send(sandbox, "one", 10, 5)
    send(sandbox, "one", 7, 6)
    assert packets(sandbox) == {"filter base:2": 6, "filter web:2": 4,
                                "filter web:4": 5}
    # The same match, with another action: a new rule in the old one's place.
    sandbox.define(BASE, (WEB % 10).replace("'accept'", "'drop'"))
    sandbox.sync()
    assert packets(sandbox) == {"filter base:2": 6, "filter web:2": 4,
                                "filter web:4": 0}
    send(sandbox, "two", 10, 1)
    assert packets(sandbox, "web")["filter web:4"] == 1
    # And back again: a rule that is the same goes on.
    sandbox.define(WEB % 10)
    sandbox.sync()
    send(sandbox, "two", 10, 2)
    assert packets(sandbox, "web")["filter web:4"] == 7
    # Another line, other rules around it.
    sandbox.define((WEB % 11).replace("<rule", "\n<rule", 1))
    sandbox.sync()
    assert packets(sandbox) == {"filter base:2": 6, "filter web:3": 4,
                                "filter web:5": 0}
    sandbox.define(WEB % 10)
    sandbox.sync()
    assert packets(sandbox) == {"filter base:2": 6, "filter web:2": 4,
                                "filter web:4": 7}


def test_ports_that_go(sandbox):
    """With the last one, the flows."""
    lab(sandbox)
    send(sandbox, "one", 7, 3)
    send(sandbox, "two", 9, 2)
    expected = {"filter base:2": 3, "filter web:2": 2, "filter web:4": 0}
    assert packets(sandbox) == expected
    sandbox.del_port("one")
    sandbox.del_port("two")
    sandbox.sync()
    assert "table=35" not in "\n".join(sandbox.flows())
    assert packets(sandbox) == {}
    assert packets(sandbox, "web") == {"filter web:2": 2, "filter web:4": 0}
    sandbox.add_port("three", mac=frames.mac(1), filter="web")
    sandbox.wait_installed("three")
    sandbox.sync()
    send(sandbox, "three", 7, 1)
    expected["filter base:2"] += 1
    assert packets(sandbox) == expected


def test_restarts(sandbox):
    """What is lost, and what is not."""
    lab(sandbox)
    send(sandbox, "one", 10, 2)
    assert packets(sandbox, "web")["filter web:4"] == 2
    sandbox.define((WEB % 10).replace("'accept'", "'drop'"))
    sandbox.define(WEB % 10)
    sandbox.sync()
    send(sandbox, "one", 10, 3)
    send(sandbox, "one", 7, 4)
    assert packets(sandbox) == {"filter base:2": 4, "filter web:2": 0,
                                "filter web:4": 5}
    # The switch: its flows begin at 0, what was before has been added.
    sandbox.restart("ovs-vswitchd")
    sandbox.sync()
    send(sandbox, "one", 10, 1)
    found = packets(sandbox)
    assert found["filter base:2"] == 0 and 1 <= found["filter web:4"] <= 3
    # The daemon: only what the flows have counted.
    sandbox.restart("ovs-nwfilterd")
    sandbox.sync()
    assert packets(sandbox) == {"filter base:2": 0, "filter web:2": 0,
                                "filter web:4": 1}
    # A switch that is away is not passed over in silence.
    sandbox.stop("ovs-vswitchd")
    wait_until(lambda: "bridge br-int: no answer from the switch" in
               sandbox.nwfctl("counters"), "the switch is away")


def questions(sandbox):
    """How often the switch has been asked for its flows, by its log.  That is
    written behind time, but in order."""
    mark = "received request vlog/list-pattern"
    before = sandbox.log("ovs-vswitchd").count(mark)
    sandbox.vswitchd("vlog/list-pattern")
    wait_until(lambda: sandbox.log("ovs-vswitchd").count(mark) > before,
               "the log is written")
    return sandbox.log("ovs-vswitchd").count("OFPST_FLOW request")


def test_nothing_is_polled(sandbox):
    """Questions are asked for an edit of a rule, and not without."""
    lab(sandbox)
    sandbox.vswitchd("vlog/set", "vconn:file:dbg", "unixctl:file:dbg")
    sandbox.add_port("three", mac=frames.mac(3), filter="web")
    sandbox.wait_installed("three")
    sandbox.sync()
    assert questions(sandbox) == 0
    sandbox.define(WEB % 12)
    sandbox.sync()
    assert 1 <= questions(sandbox) <= 4
