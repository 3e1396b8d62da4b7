# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""`nwfctl fsck': the switch next to what it should hold."""

import re

import frames
from policies import DENY, PASS

SUMMARY = re.compile(r"^bridge (\S+): equal (\d+), missing (\d+), "
                     r"extra (\d+), changed (\d+), learned (\d+)$", re.M)


def fsck(sandbox):
    """Exit status, {bridge: numbers as printed}, and the text."""
    done = sandbox.nwfctl("fsck", check=False)
    assert not done.stderr, done.stderr
    return (done.returncode,
            {m[1]: tuple(int(n) for n in m.groups()[1:])
             for m in SUMMARY.finditer(done.stdout)},
            done.stdout)


def n_flows(sandbox, bridge="br-int"):
    return len([flow for flow in sandbox.flows(bridge)
                if not flow.startswith("cookie=0x4e57f")])


def test_equal(sandbox):
    sandbox.define(PASS)
    sandbox.add_bridge("br-two")
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  'external_ids:nwfilter-bridge="br-int,br-two"')
    net = sandbox.add_port("net")
    sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
    sandbox.add_port("other", bridge="br-two", mac=frames.mac(2),
                     filter="pass")
    sandbox.wait_installed("guest", "other")
    sandbox.sync()
    # Somebody else's flows are none of our business, learned ones no error.
    sandbox.ofctl("add-flow", "br-int", "table=0,priority=7,actions=drop")
    sandbox.reaches(net, frames.udp(src=frames.mac(9), dst=frames.BROADCAST,
                                    data=bytes(60)))
    status, bridges, text = fsck(sandbox)
    assert status == 0, text
    assert bridges == {"br-int": (n_flows(sandbox), 0, 0, 0, 1),
                       "br-two": (n_flows(sandbox, "br-two"), 0, 0, 0, 0)}
    assert re.search(r"^  learned: cookie=0x4e57f00000000000, table=57,.*\n"
                     "    # learned", text, re.M), text
    assert text.endswith("\nall equal\n")


def test_what_the_switch_refuses(sandbox):
    """The daemon can not put it right; the reason is there."""
    sandbox.define(PASS)
    sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
    sandbox.wait_installed("guest")
    sandbox.sync()
    before = n_flows(sandbox)
    port = sandbox.vsctl("get", "Interface", "guest", "ofport").strip()
    sandbox.ofctl("add-flow", "br-int", "table=61,priority=100,"
                  f"reg12={int(port) + 1},actions=drop")
    sandbox.add_port("late", mac=frames.mac(2), filter="pass")
    sandbox.wait_status("late", "error: ")
    status, bridges, text = fsck(sandbox)
    equal, missing, extra, changed, learned = bridges["br-int"]
    assert status == 1 and missing >= 4 and not extra and not learned, text
    assert equal + changed == before, text
    lines = text.splitlines()
    place = next(i for i, line in enumerate(lines)
                 if re.match("  missing: .*table=61, priority=100", line))
    assert lines[place + 1] == "    # port late (EGRESS)", text
    assert re.search("^  port late: .*somebody else's flow is in this place",
                     text, re.M), text
    assert lines[-1] == "different"

    sandbox.ofctl("del-flows", "br-int", "--strict",
                  f"table=61,priority=100,reg12={int(port) + 1}")
    sandbox.wait_installed("late")
    assert fsck(sandbox)[:2] == (0, {"br-int": (n_flows(sandbox),
                                                0, 0, 0, 0)})


def test_old_version_that_is_held(sandbox):
    """Extra, missing and changed flows of a program that the switch does not
    take: it has the old version."""
    sandbox.define("""<filter name='f'>
  <rule action='drop' direction='in' priority='1'>
    <mac srcmacaddr='02:00:00:00:00:01'/></rule>
  <rule action='drop' direction='in' priority='2'>
    <mac srcmacaddr='02:00:00:00:00:02'/></rule>
</filter>""")
    sandbox.add_port("guest", mac=frames.mac(1), filter="f")
    sandbox.wait_installed("guest")
    sandbox.sync()
    program = re.search(r"reg11=(0x[0-9a-f]+)", "\n".join(sandbox.flows()))[1]
    sandbox.ofctl("add-flow", "br-int", "table=94,priority=60000,"
                  f"reg0=0,reg11={program},dl_src=02:00:00:00:00:03,"
                  "actions=drop")
    assert fsck(sandbox)[0] == 0
    sandbox.define("""<filter name='f'>
  <rule action='accept' direction='in' priority='1'>
    <mac srcmacaddr='02:00:00:00:00:01'/></rule>
  <rule action='drop' direction='in' priority='2'>
    <mac srcmacaddr='02:00:00:00:00:03'/></rule>
</filter>""")
    sandbox.wait_status("guest", "error: ")
    status, bridges, text = fsck(sandbox)
    assert status == 1 and bridges["br-int"][1:] == (1, 1, 1, 0), text
    for verdict, rule in (("missing", "filter f:4"), ("extra", "a rule that"),
                          ("changed", "filter f:2")):
        assert re.search(f"^  {verdict}: .*table=94,.*\n    # {rule}", text,
                         re.M), text
    assert re.search("    # the switch has .*table=94,", text), text


def test_while_the_daemon_repairs(sandbox):
    """Not the moment counts, but what stays."""
    sandbox.define(DENY)
    sandbox.add_port("guest", mac=frames.mac(1), filter="deny")
    sandbox.wait_installed("guest")
    sandbox.sync()
    for _ in range(3):
        with sandbox.paused("ovs-nwfilterd"):
            sandbox.ofctl("del-flows", "br-int", "table=61")
            sandbox.ofctl("add-flow", "br-int",
                          "cookie=0x4e57100000000005,table=200,actions=drop")
        status, bridges, text = fsck(sandbox)
        assert status == 0, text
        assert bridges["br-int"][0] == n_flows(sandbox), text


def test_without_a_switch(sandbox):
    sandbox.sync()
    sandbox.stop("ovs-vswitchd")
    done = sandbox.nwfctl("fsck", check=False)
    assert done.returncode == 1 and not done.stdout, done.stdout
    assert "bridge br-int: " in done.stderr, done.stderr
