# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Other people's flows on the bridge, and what they do to the daemon's."""

import re

import frames
from policies import PASS, add_good_and_bad
from sandbox import find_program, unixctl, wait_until

# One in a table of its own, some in the daemon's tables, one with a cookie
# that is nearly the daemon's.
FOREIGN = ("table=200,priority=5,ip,actions=drop",
           "table=0,priority=65000,dl_type=0x88cc,actions=drop",
           "table=0,priority=0,actions=NORMAL",
           "cookie=0x4e58000000000001,table=12,priority=7,arp,actions=drop",
           "cookie=0x14e5700000000000,table=61,priority=3,actions=drop",
           "table=57,priority=1,dl_dst=02:00:00:00:00:77,actions=drop")


def frame(src, dst=frames.BROADCAST):
    return frames.udp(data=bytes(60), src=src, dst=dst)


def check(sandbox):
    ports = sandbox.ports
    assert sandbox.reaches(ports["net"], frame(frames.mac(9))) == ["good"]
    assert sandbox.reaches(ports["bad"], frame(frames.mac(2))) == []


def made(sandbox):
    """The flows that the daemon made."""
    return [flow for flow in sandbox.flows() if "=0x4e57f" not in flow]


def foreign(sandbox):
    return [flow for flow in sandbox.flows(ours=False)
            if "cookie=0x4e57" not in flow]


def test_repairs_empty_the_datapath_cache(sandbox):
    """What a flow in the daemon's name let pass must not go on from there."""
    add_good_and_bad(sandbox)
    with sandbox.posing_as_vswitchd() as listener:
        sandbox.sync()
        sandbox.ofctl("add-flow", "br-int", "cookie=0x4e57000000000001,"
                      "table=0,priority=65000,actions=NORMAL")
        client = listener.accept()[0]
        assert b"revalidator/purge" in client.recv(4096)
        client.close()
    sandbox.sync()
    check(sandbox)


def test_others_flows_are_left_alone(sandbox):
    add_good_and_bad(sandbox)
    for flow in FOREIGN:
        sandbox.ofctl("add-flow", "br-int", flow)
    others = foreign(sandbox)
    assert len(others) == len(FOREIGN), others
    check(sandbox)

    # Through changes of everything, restarts, and a bridge that is released.
    sandbox.define("<filter name='pass'><rule action='accept' direction="
                   "'inout' priority='7'/></filter>")
    sandbox.add_port("more", mac=frames.mac(3), filter="deny")
    sandbox.vsctl("set", "Bridge", "br-int", "other_config:forward-bpdu=true")
    sandbox.wait_installed("more")
    sandbox.restart("ovs-nwfilterd")
    sandbox.sync()
    sandbox.del_port("more")
    sandbox.sync()
    assert foreign(sandbox) == others
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  "external_ids:nwfilter-bridge=none")
    sandbox.sync()
    assert foreign(sandbox) == others
    sandbox.vsctl("remove", "Open_vSwitch", ".", "external_ids",
                  "nwfilter-bridge")
    sandbox.sync()
    assert foreign(sandbox) == others
    check(sandbox)


def test_others_flows_in_our_place(sandbox):
    """Somebody else's flow is exactly where one of ours should be: it stays,
    the port says so, and when it goes, ours comes."""
    sandbox.define(PASS)
    net = sandbox.add_port("net")
    sandbox.sync()
    number = 40
    sandbox.ofctl("add-flow", "br-int",
                  f"table=0,priority=90,in_port={number},actions=drop")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="pass",
                             port=["--", "set", "Interface", "guest",
                                   f"ofport_request={number}"])
    text = sandbox.wait_status("guest", "error: ")
    assert "somebody else" in text and "closed" in text, text
    sandbox.sync()
    assert len(foreign(sandbox)) == 1
    assert sandbox.reaches(guest, frame(frames.mac(1))) == []
    assert sandbox.reaches(net, frame(frames.mac(9))) == []
    sandbox.ofctl("del-flows", "br-int",
                  f"table=0,priority=90,in_port={number}", "--strict")
    sandbox.wait_installed("guest")
    sandbox.sync()
    sandbox.revalidate()
    assert sandbox.reaches(guest, frame(frames.mac(1))) == ["net"]


def test_drift_is_repaired(sandbox):
    add_good_and_bad(sandbox)
    flows = made(sandbox)
    number = sandbox.vsctl("get", "Interface", "bad", "ofport").strip()
    for command, *args in (
            ("del-flows", "table=0"), ("del-flows", "table=11"),
            ("del-flows", f"in_port={number}"),
            ("mod-flows", "table=12,actions=drop"),
            ("add-flow", f"table=0,priority=90,in_port={number},"
                         "actions=NORMAL"),
            ("add-flow", "cookie=0x4e57200000000003,table=0,priority=50000,"
                         "actions=NORMAL"),
            ("del-flows",), ("del-groups",), ("del-meters",)):
        sandbox.ofctl(command, "br-int", *args)
        wait_until(lambda: made(sandbox) == flows,
                   f"repaired after {command} {args}")
    for mode in ("standalone", "secure"):   # Deletes flows and groups.
        sandbox.vsctl("set-fail-mode", "br-int", mode)
        wait_until(lambda: made(sandbox) == flows,
                   f"repaired after fail_mode={mode}")
    sandbox.sync()
    sandbox.revalidate()
    check(sandbox)
    assert foreign(sandbox) == []
    assert "somebody else" in sandbox.log()
    for name in ("good", "bad"):
        assert sandbox.status(name) == "installed"


def test_drift_is_told(sandbox):
    """The log says what somebody had done."""
    add_good_and_bad(sandbox)
    flows = made(sandbox)
    number = sandbox.vsctl("get", "Interface", "bad", "ofport").strip()
    match = f"table=0,priority=90,in_port={number}"
    for command, *args in (
            ("del-flows", match, "--strict"),
            ("mod-flows", match + ",actions=drop", "--strict"),
            ("add-flow", "cookie=0x4e57200000000003,table=77,actions=drop")):
        sandbox.ofctl(command, "br-int", *args)
        wait_until(lambda: made(sandbox) == flows,
                   f"repaired after {command} {args}")
    log = sandbox.log()
    for text in ("a flow that somebody else deleted: .*priority=90,in_port=",
                 "a flow that somebody else changed: .*actions=drop instead "
                 "of .*priority=90,in_port=",
                 "a flow that somebody else added with our cookie: .*table=77"
                 ):
        assert re.search(text, log), (text, log[-3000:])


def held(sandbox, protocol):
    """The groups and meters of the switch."""
    def dump(what):
        return sandbox.run("ovs-ofctl", "-O", protocol, f"dump-{what}",
                           f"unix:{sandbox.dir}/br-int.mgmt")

    return (sorted(re.findall(r"group_id=.*", dump("groups"))),
            sorted(re.findall(r"(meter=.*) bands=\n(type=.*)",
                              dump("meters"))))


def sessions(sandbox):
    """How often the daemon has connected to the switch."""
    return re.search(r", connects (\d+),",
                     sandbox.daemon("nwfilter/status"))[1]


def test_groups_and_meters_are_repaired(sandbox):
    """Nobody has to look at the flows for that: most of them stay when their
    meter goes, and packets come without a limit."""
    add_good_and_bad(sandbox)
    group, other_group, meter = 0x4e570001, 0x4e570007, 0x4e570101
    for protocol in ("OpenFlow14", "OpenFlow15"):
        before = sessions(sandbox)
        sandbox.vsctl("set", "Bridge", "br-int", f"protocols={protocol}")
        wait_until(lambda: sessions(sandbox) != before, "a new session")
        sandbox.sync()
        groups, meters = held(sandbox, protocol)
        assert groups and meters
        for command, *args in (
                ("del-groups", f"group_id={other_group}"), ("del-groups",),
                ("mod-group", f"group_id={group},type=select,"
                              "bucket=weight:1,actions=drop"),
                ("del-meter", f"meter={meter}"), ("del-meters",),
                ("mod-meter", f"meter={meter},pktps,burst,"
                              "band=type=drop,rate=1,burst_size=1")):
            sandbox.run("ovs-ofctl", "-O", protocol, command,
                        f"unix:{sandbox.dir}/br-int.mgmt", *args)
            wait_until(lambda: held(sandbox, protocol) == (groups, meters),
                       f"repaired after {command} {args}")
    assert "putting back meters that somebody else changed" in sandbox.log()

    sandbox.sync()
    check(sandbox)


def test_two_daemons_agree(sandbox):
    """Another daemon by mistake: it asks for the same groups and meters."""
    add_good_and_bad(sandbox)
    groups, meters = held(sandbox, "OpenFlow15")
    second = f"{sandbox.dir}/second.ctl"
    sandbox.spawn("second", find_program(sandbox.build, "ovs-nwfilterd"),
                  "-vconsole:off", f"--unixctl={second}",
                  f"--log-file={sandbox.dir}/second.log", sandbox.db)
    wait_until(lambda: "connected, up to date"
               in unixctl(second, "nwfilter/status"), "the second is up")
    for head, band in meters:
        sandbox.ofctl("mod-meter", "br-int", f"{head} band={band}")
    assert held(sandbox, "OpenFlow15") == (groups, meters)

    # What comes after that is noticed by both.
    sandbox.ofctl("del-groups", "br-int", "group_id=7")
    sandbox.ofctl("del-meter", "br-int", "meter=0x4e570101")
    for name in ("ovs-nwfilterd", "second"):
        wait_until(lambda: "putting back meters" in sandbox.log(name),
                   f"{name} has seen it")
        assert "putting back groups" not in sandbox.log(name)
    wait_until(lambda: held(sandbox, "OpenFlow15") == (groups, meters),
               "the meter is back")


def test_taken_control_socket(sandbox):
    """A second daemon does not take the first one's control socket: it ends,
    and says why."""
    done = sandbox.run(find_program(sandbox.build, "ovs-nwfilterd"),
                       f"--unixctl={sandbox.daemon_ctl}", sandbox.db,
                       check=False)
    assert done.returncode == 1, done
    assert "is ovs-nwfilterd running already?" in done.stderr, done.stderr
    assert "br-int" in sandbox.daemon("nwfilter/status")


def test_drift_while_away(sandbox):
    """What was done while no daemon ran is repaired at the start."""
    add_good_and_bad(sandbox)
    flows = made(sandbox)
    sandbox.kill("ovs-nwfilterd")
    sandbox.ofctl("mod-flows", "br-int", "table=0,actions=NORMAL")
    sandbox.ofctl("del-flows", "br-int", "table=61")
    sandbox.ofctl("add-flow", "br-int", "cookie=0x4e57000000000001,table=77,"
                  "priority=3,idle_timeout=9,actions=drop")
    sandbox.ofctl("add-flow", "br-int", "table=77,priority=4,actions=drop")
    sandbox.start_daemon()
    sandbox.sync()
    sandbox.revalidate()
    assert made(sandbox) == flows
    assert foreign(sandbox) == ["table=77, priority=4 actions=drop"]
    check(sandbox)
