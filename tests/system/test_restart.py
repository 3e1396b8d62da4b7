# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Stopping, starting and killing the daemon: the flows stay, and only what
differs is changed."""

import re
import signal
import time

import frames
from policies import DENY, PASS
from sandbox import wait_until

# Predicates, address lists, states, gratuitous ARP: all kinds of flows.
RICH = """<filter name='rich'>
  <rule action='drop' direction='out' priority='10'>
    <mac match='no' srcmacaddr='$MAC'/></rule>
  <rule action='accept' direction='inout' priority='20'>
    <arp arpsrcipaddr='$IP' gratuitous='true'/></rule>
  <rule action='drop' direction='out' priority='30'>
    <ip match='no' srcipaddr='$IP'/></rule>
  <rule action='accept' direction='in' priority='40'>
    <tcp dstportstart='$PORTS' state='NEW,ESTABLISHED'/></rule>
  <rule action='accept' direction='out' priority='50'>
    <all state='ESTABLISHED,RELATED'/></rule>
  <filterref filter='nested'/>
</filter>"""
CLIENT = """<filter name='client'>
  <rule action='accept' direction='out' priority='100'>
    <udp dstportstart='53' state='NEW,ESTABLISHED'/></rule>
  <rule action='accept' direction='in' priority='100'>
    <udp srcportstart='53' state='ESTABLISHED'/></rule>
  <rule action='drop' direction='inout' priority='200'><all/></rule>
</filter>"""
NESTED = """<filter name='nested' chain='ipv6'>
  <rule action='drop' direction='inout'/></filter>"""


def frame(src, dst=frames.BROADCAST):
    return frames.udp(data=bytes(60), src=src, dst=dst)


def flow_mods(sandbox):
    return int(re.search(r"flow_mods (\d+)",
                         sandbox.daemon("nwfilter/status"))[1])


def lab(sandbox):
    sandbox.define(PASS, DENY, RICH, NESTED)
    sandbox.add_port("net")
    sandbox.add_port("good", mac=frames.mac(1), filter="pass")
    sandbox.add_port("bad", mac=frames.mac(2), filter="deny")
    for n in (3, 4):
        sandbox.add_port(f"rich{n}", mac=frames.mac(n), filter="rich",
                         params={"IP": f"10.0.0.{n},10.0.1.{n}",
                                 "PORTS": "22,80"},
                         port=["--", "set", "Port", f"rich{n}", "tag=5"])
    sandbox.wait_installed("good", "bad", "rich3", "rich4")
    sandbox.sync()


def check_policy(sandbox):
    ports = sandbox.ports
    assert sandbox.reaches(ports["net"], frame(frames.mac(9))) == ["good"]
    assert sandbox.reaches(ports["good"], frame(frames.mac(1))) == ["net"]
    assert sandbox.reaches(ports["bad"], frame(frames.mac(2))) == []


def test_flows_stay(sandbox):
    lab(sandbox)
    check_policy(sandbox)
    before = sandbox.moment()
    assert len(before[0]) > 100
    for how in (signal.SIGKILL, signal.SIGTERM, "exit"):
        if how == "exit":
            sandbox.daemon("exit")
            process = sandbox.processes.pop("ovs-nwfilterd")
            assert process.wait(20) == 0
        else:
            sandbox.stop("ovs-nwfilterd", how)
        check_policy(sandbox)
        assert sandbox.changed(before) == []
        assert sandbox.status("rich3") == "installed"
        sandbox.start_daemon()
        sandbox.sync()
        assert flow_mods(sandbox) == 0
        assert sandbox.changed(before) == []
        check_policy(sandbox)


def test_killed_at_any_time(sandbox):
    """Whenever the daemon is killed, the next one gets it right."""
    lab(sandbox)
    for n in range(12):
        sandbox.kill("ovs-nwfilterd")
        sandbox.vsctl("--no-wait", "set", "Interface", "rich3",
                      f"external_ids:nwfilter.IP=10.0.0.{n + 10}", "--",
                      "set", "Interface", "rich4",
                      "external_ids:nwfilter="
                      + ("pass" if n % 2 else "rich"))
        sandbox.start_daemon()
        time.sleep(0.01 * n)            # Somewhere between start and done.
    sandbox.sync()
    incremental = sandbox.flows()
    sandbox.wait_installed("rich3", "rich4", "good", "bad")
    sandbox.kill("ovs-nwfilterd")
    sandbox.ofctl("del-flows", "br-int")
    sandbox.start_daemon()
    sandbox.sync()
    assert sandbox.flows() == incremental


def test_changes_meanwhile(sandbox):
    """What happened while the daemon was away, and nothing else."""
    lab(sandbox)
    before = sandbox.moment()
    sandbox.kill("ovs-nwfilterd")
    sandbox.del_port("rich4")
    closed = sandbox.add_port("new", mac=frames.mac(6), filter="deny")
    opened = sandbox.add_port("new-open", mac=frames.mac(7), filter="pass")
    plain = sandbox.add_port("plain")
    sandbox.nwfctl("define", sandbox.file(
        "pass.xml", PASS.replace("inout", "out")))
    for port in (closed, opened, plain):
        assert sandbox.reaches(port, frame(frames.mac(6))) == []
    sandbox.start_daemon()
    sandbox.wait_installed("new", "new-open")
    sandbox.sync()
    sandbox.revalidate()
    assert sandbox.reaches(closed, frame(frames.mac(6))) == []
    assert sandbox.reaches(opened, frame(frames.mac(7))) == ["good", "net",
                                                             "plain"]
    number = sandbox.vsctl("get", "Interface", "rich3", "ofport").strip()
    of_rich = [key for key in before[0]
               if f"in_port={number} " in key
               or f"reg14={int(number):#x}" in key]
    assert of_rich
    for key in sandbox.changed(before):
        assert key not in of_rich, key


def test_many_ports(sandbox):
    """With as many ports as a host has guests."""
    sandbox.define(PASS, RICH, NESTED)
    args, n = [], 150
    for i in range(n):
        args += ["--", "add-port", "br-int", f"v{i}", "--", "set",
                 "Interface", f"v{i}", "type=dummy",
                 "external_ids:nwfilter=" + ("rich" if i % 3 else "pass"),
                 f'external_ids:attached-mac="{frames.mac(i)}"',
                 f"external_ids:nwfilter.IP=10.1.{i // 250}.{i % 250}",
                 "external_ids:nwfilter.PORTS=22"]
    sandbox.vsctl(*args[1:])
    sandbox.wait_installed(f"v{n - 1}", "v0", seconds=60)
    sandbox.sync()
    before = sandbox.moment()
    assert len(before[0]) > n * 5
    sandbox.kill("ovs-nwfilterd")
    sandbox.start_daemon()
    sandbox.sync()
    assert flow_mods(sandbox) == 0
    assert sandbox.changed(before) == []


def test_zones_stay(sandbox):
    """Connections survive a restart of the daemon."""
    sandbox.define(CLIENT)
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="client")
    sandbox.wait_installed("guest")
    sandbox.sync()
    ask = frames.udp(sport=4000, dport=53, src=frames.mac(1),
                     dst=frames.mac(9))
    answer = frames.udp(sport=53, dport=4000, saddr="10.0.0.2",
                        daddr="10.0.0.1", src=frames.mac(9),
                        dst=frames.mac(1))
    assert not sandbox.crosses(net, guest, answer)
    assert sandbox.crosses(guest, net, ask)
    sandbox.restart("ovs-nwfilterd", signal.SIGKILL)
    sandbox.sync()
    assert sandbox.crosses(net, guest, answer)
    # But not that of the port.
    sandbox.del_port("guest")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="client")
    sandbox.wait_installed("guest")
    sandbox.sync()
    sandbox.revalidate()
    assert not sandbox.crosses(net, guest, answer)


def zone(sandbox, name):
    return int(re.search(r"^zone *:? *(\d+)", sandbox.nwfctl("port", name),
                         re.M)[1])


def remembered(sandbox, name):
    return sandbox.vsctl("--if-exists", "get", "Interface", name,
                         "external_ids:nwfilter-zone").strip().strip('"')


def test_copied_zone(sandbox):
    """Somebody copies the keys of one interface to another: no zone is shared,
    and nobody's connections become another's."""
    sandbox.define(CLIENT)
    net = sandbox.add_port("net")
    owner = sandbox.add_port("owner", mac=frames.mac(1), filter="client",
                             ids={"nwfilter-zone": "777"})
    copy = sandbox.add_port("copy", mac=frames.mac(2), filter="client")
    sandbox.wait_installed("owner", "copy")
    sandbox.sync()
    assert zone(sandbox, "owner") == 777

    def take():
        sandbox.vsctl("--no-wait", "set", "Interface", "copy",
                      "external_ids:nwfilter-zone=777")

    # While the daemon runs, it knows better.
    own = zone(sandbox, "copy")
    take()
    wait_until(lambda: remembered(sandbox, "copy") == "",
               "the daemon has removed the wrong key")
    sandbox.sync()
    assert (zone(sandbox, "owner"), zone(sandbox, "copy")) == (777, own)

    def asks(port, n):
        return sandbox.crosses(port, net, frames.udp(
            sport=4000, dport=53, src=frames.mac(n), dst=frames.mac(9)))

    def is_answered(port, n):
        return sandbox.crosses(net, port, frames.udp(
            sport=53, dport=4000, saddr="10.0.0.2", daddr="10.0.0.1",
            src=frames.mac(9), dst=frames.mac(n)))

    assert asks(owner, 1) and is_answered(owner, 1)
    sandbox.kill("ovs-nwfilterd")
    take()
    for _ in range(2):
        sandbox.start_daemon()
        sandbox.sync()
        sandbox.revalidate()
        zones = {zone(sandbox, "owner"), zone(sandbox, "copy")}
        assert len(zones) == 2, zones
        assert not is_answered(copy, 2)
        assert asks(owner, 1) and is_answered(owner, 1)
        sandbox.kill("ovs-nwfilterd")
    sandbox.start_daemon()
    sandbox.sync()
    assert is_answered(owner, 1)
    assert {zone(sandbox, "owner"), zone(sandbox, "copy")} == zones


def test_waits_for_both_databases(sandbox):
    """A daemon that can not read the policy touches nothing."""
    lab(sandbox)
    before = sandbox.moment()
    sandbox.stop("ovs-nwfilterd")
    sandbox.stop("policy-db")
    sandbox.start_daemon()
    new = sandbox.add_port("new", mac=frames.mac(6), filter="pass")
    time.sleep(0.5)
    check_policy(sandbox)
    assert sandbox.changed(before) == []
    assert sandbox.reaches(new, frame(frames.mac(6))) == []
    sandbox.start_policy_db()
    sandbox.wait_installed("new")
    sandbox.sync()
    assert sandbox.reaches(new, frame(frames.mac(6))) == ["good", "net"]

    sandbox.stop("ovs-nwfilterd")
    before = sandbox.moment()
    sandbox.stop("ovsdb-server")
    sandbox.start_daemon()
    time.sleep(0.5)                     # Without it, no switch answers.
    sandbox.start_ovsdb()
    wait_until(lambda: "connected" in sandbox.daemon("nwfilter/status"),
               "the daemon has its bridge")
    sandbox.sync()
    assert flow_mods(sandbox) == 0
    assert sandbox.changed(before) == []
