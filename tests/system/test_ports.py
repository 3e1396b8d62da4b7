# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Ports come, go and change: their OpenFlow port numbers, names, bridges and
kinds."""

import re

import frames
from policies import DENY, PASS
from sandbox import Sandbox, wait_until


def frame(src, dst=frames.BROADCAST, **options):
    return frames.udp(data=bytes(60), src=src, dst=dst, **options)


def about_port(sandbox, number, bridge="br-int"):
    """The flows that name an OpenFlow port number."""
    pattern = re.compile(rf"in_port={number}[ ,]|reg1[24]={number:#x}[ ,]|"
                         rf"set_field:{number:#x}->reg12")
    return [flow for flow in sandbox.flows(bridge) if pattern.search(flow)]


def made_flows(sandbox):
    """The flows that the daemon made, without those that were learned."""
    return [flow for flow in sandbox.flows() if "=0x4e57f" not in flow]


def ofport(sandbox, name):
    return int(sandbox.vsctl("get", "Interface", name, "ofport"))


def test_removed_and_added_again(sandbox):
    sandbox.define(PASS, DENY)
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
    sandbox.wait_installed("guest")
    sandbox.sync()
    start = made_flows(sandbox)
    number = ofport(sandbox, "guest")
    assert about_port(sandbox, number)
    assert sandbox.crosses(guest, net, frame(frames.mac(1)))

    sandbox.del_port("guest")
    sandbox.sync()
    wait_until(lambda: about_port(sandbox, number) == [], "its flows are gone")
    assert sandbox.reaches(net, frame(frames.mac(9), frames.mac(1))) == []

    # The same port again, down to its number: the same flows.
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="pass",
                             port=["--", "set", "Interface", "guest",
                                   f"ofport_request={number}"])
    sandbox.wait_installed("guest")
    sandbox.sync()
    assert made_flows(sandbox) == start
    sandbox.revalidate()
    assert sandbox.crosses(guest, net, frame(frames.mac(1)))

    # Another number, and another filter.
    sandbox.del_port("guest")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="deny")
    sandbox.wait_installed("guest")
    sandbox.sync()
    assert ofport(sandbox, "guest") != number
    wait_until(lambda: about_port(sandbox, number) == [], "its flows are gone")
    assert sandbox.reaches(guest, frame(frames.mac(1))) == []
    assert sandbox.reaches(net, frame(frames.mac(9), frames.mac(1))) == []


def test_removed_and_added_in_one_transaction(sandbox):
    """As a rename is: the old name goes, a new one comes with its number."""
    sandbox.define(PASS, DENY)
    net = sandbox.add_port("net")
    sandbox.add_port("before", mac=frames.mac(1), filter="pass")
    sandbox.wait_installed("before")
    number = ofport(sandbox, "before")
    path = f"{sandbox.dir}/before.port"
    for name, policy in (("after", "deny"), ("before", "pass"),
                         ("after", "pass")):
        old = "before" if name == "after" else "after"
        sandbox.vsctl("del-port", old, "--", "add-port", "br-int", name,
                      "--", "set", "Interface", name, "type=dummy",
                      f"options:pstream=punix:{path}",
                      f"ofport_request={number}",
                      f"external_ids:nwfilter={policy}",
                      f'external_ids:attached-mac="{frames.mac(1)}"')
        sandbox.ports.pop(old).close()
        guest = sandbox.ports[name] = type(net)(name, path)
        sandbox.wait_installed(name)
        sandbox.sync()
        sandbox.revalidate()
        assert sandbox.crosses(guest, net,
                               frame(frames.mac(1))) == (policy == "pass")
        assert sandbox.crosses(net, guest, frame(frames.mac(9))) == (
            policy == "pass")
        assert old not in sandbox.nwfctl("ports")


def test_numbers_change(sandbox):
    """Two ports swap their OpenFlow port numbers."""
    sandbox.define(PASS, DENY)
    net = sandbox.add_port("net")
    sandbox.add_port("good", mac=frames.mac(1), filter="pass")
    sandbox.add_port("bad", mac=frames.mac(2), filter="deny")
    sandbox.wait_installed("good", "bad")

    def check():
        sandbox.sync()
        sandbox.revalidate()
        good, bad = sandbox.ports["good"], sandbox.ports["bad"]
        assert sandbox.reaches(good, frame(frames.mac(1))) == ["net"]
        assert sandbox.reaches(bad, frame(frames.mac(2))) == []
        assert sandbox.reaches(net, frame(frames.mac(9))) == ["good"]
        got = sandbox.reaches(net, frame(frames.mac(9), frames.mac(1)))
        assert got == ["good"], got

    def renumber(*numbers):
        sandbox.vsctl("set", "Interface", "good",
                      f"ofport_request={numbers[0]}", "--", "set",
                      "Interface", "bad", f"ofport_request={numbers[1]}")
        sandbox.vsctl("wait-until", "Interface", "good",
                      f"ofport={numbers[0]}", "--", "wait-until",
                      "Interface", "bad", f"ofport={numbers[1]}")
        for name in ("good", "bad"):
            port = sandbox.ports[name]
            port.close()
            wait_until(port._connect, f"{name} is back")

    check()
    for numbers in ((101, 102), (102, 101), (103, 102)):
        renumber(*numbers)
        check()

    # Broadcasts reach both, whichever of them is moved first.
    sandbox.vsctl("set", "Interface", "bad", "external_ids:nwfilter=pass")
    for numbers in ((101, 102), (102, 101), (101, 102)):
        renumber(*numbers)
        sandbox.sync()
        sandbox.revalidate()
        got = sandbox.reaches(net, frame(frames.mac(9)))
        assert got == ["bad", "good"], got


def test_port_that_fails(sandbox):
    """A port that Open vSwitch can not make says so."""
    sandbox.define(PASS)
    sandbox.vsctl("--no-wait", "add-port", "br-int", "broken", "--", "set",
                  "Interface", "broken", "type=nonesuch",
                  "external_ids:nwfilter=pass")
    text = sandbox.wait_status("broken", "error: ")
    assert "ofport" in text, text
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest")
    sandbox.sync()
    assert sandbox.crosses(guest, net, frame(frames.mac(1)))

    # One that works stops working, and works again.
    sandbox.vsctl("set", "Interface", "guest", "type=nonesuch")
    sandbox.wait_status("guest", "error: ")
    sandbox.sync()
    sandbox.vsctl("set", "Interface", "guest", "type=dummy")
    sandbox.wait_installed("guest")
    sandbox.sync()
    guest.close()
    wait_until(guest._connect, "guest is back")
    assert sandbox.crosses(guest, net, frame(frames.mac(1)))
    sandbox.vsctl("remove", "Interface", "broken", "external_ids", "nwfilter")
    sandbox.wait_status("broken", "")


def test_same_address_on_two_ports(sandbox):
    """Who gets it does not depend on who came first."""
    sandbox.define(PASS)
    net = sandbox.add_port("net")
    winners = set()
    for order in ("ab", "ba", "ab"):
        for name in order:
            sandbox.add_port(name, mac=frames.mac(1), filter="pass")
        sandbox.wait_installed("a", "b")
        sandbox.sync()
        sandbox.revalidate()
        winners.update(sandbox.reaches(net, frame(frames.mac(9),
                                                  frames.mac(1))))
        assert "FDB" not in sandbox.status("a")
        sandbox.restart("ovs-nwfilterd")
        sandbox.sync()
        winners.update(sandbox.reaches(net, frame(frames.mac(9),
                                                  frames.mac(1))))
        for name in "ab":
            sandbox.del_port(name)
        sandbox.sync()
    assert len(winners) == 1, winners

    # The winner leaves: the other one has the address.
    for name in "ab":
        sandbox.add_port(name, mac=frames.mac(1), filter="pass")
    sandbox.wait_installed("a", "b")
    winner = winners.pop()
    sandbox.del_port(winner)
    sandbox.sync()
    sandbox.revalidate()
    got = sandbox.reaches(net, frame(frames.mac(9), frames.mac(1)))
    assert got == ["b" if winner == "a" else "a"], got


def test_unsupported_ports_are_closed_and_say_so(sandbox):
    sandbox.define(PASS)
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
    plain = sandbox.add_port("plain")
    sandbox.wait_installed("guest")
    sandbox.sync()

    for name, port in (("guest", guest), ("plain", plain)):
        for settings, word in ((["vlan_mode=dot1q-tunnel", "tag=5"],
                                "dot1q-tunnel"),
                               (["protected=true"], "protected")):
            sandbox.vsctl("set", "Port", name, *settings)
            text = sandbox.wait_status(name, "error: ")
            assert word in text and "closed" in text, text
            sandbox.sync()
            sandbox.revalidate()
            for vlan in (None, 5, 6):
                assert sandbox.reaches(port, frame(frames.mac(1),
                                                   vlan=vlan)) == []
                assert name not in sandbox.reaches(
                    net, frame(frames.mac(9), vlan=vlan))
            sandbox.vsctl("clear", "Port", name, "vlan_mode", "tag", "--",
                          "set", "Port", name, "protected=false")
            sandbox.wait_status(name, "installed" if name == "guest" else "")
            sandbox.sync()
            sandbox.revalidate()
            assert "net" in sandbox.reaches(port, frame(frames.mac(1)))


def test_patch_and_tunnel_ports():
    """A bridge behind a patch port is a network like any other, and a tunnel
    is a port like any other."""
    with Sandbox() as sandbox:
        sandbox.define(PASS, DENY)
        sandbox.add_bridge("br-phys")
        sandbox.ofctl("add-flow", "br-phys", "actions=NORMAL")
        sandbox.vsctl("add-port", "br-int", "to-phys", "--", "set",
                      "Interface", "to-phys", "type=patch",
                      "options:peer=to-int", "--", "add-port", "br-phys",
                      "to-int", "--", "set", "Interface", "to-int",
                      "type=patch", "options:peer=to-phys", "--", "add-port",
                      "br-int", "vx", "--", "set", "Interface", "vx",
                      "type=vxlan", "options:remote_ip=192.0.2.1",
                      "options:key=7")
        uplink = sandbox.add_port("uplink", "br-phys")
        guest = sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
        denied = sandbox.add_port("denied", mac=frames.mac(2), filter="deny")
        sandbox.wait_installed("guest", "denied")
        sandbox.sync()
        assert sandbox.reaches(guest, frame(frames.mac(1))) == ["uplink"]
        assert sandbox.reaches(denied, frame(frames.mac(2))) == []
        assert sandbox.reaches(uplink, frame(frames.mac(9))) == ["guest"]
        sandbox.revalidate()
        got = sandbox.reaches(guest, frame(frames.mac(1), frames.mac(9)))
        assert got == ["uplink"], got
        for name in ("to-phys", "vx"):
            assert sandbox.status(name) == ""
        number = ofport(sandbox, "vx")
        out = sandbox.trace("br-int", "in_port=guest,dl_dst=" +
                            frames.BROADCAST + ",dl_src=" + frames.mac(1))
        assert f"output port is {number}" in out, out
        out = sandbox.trace("br-int", f"in_port={number},tun_id=7,dl_dst="
                            + frames.mac(1) + ",dl_src=" + frames.mac(8))
        number = ofport(sandbox, "guest")
        assert f"output port is {number}" in out, out


def test_port_on_another_bridge():
    """A port that moves to another bridge takes its policy along."""
    with Sandbox(bridges=("br-int", "br-two")) as sandbox:
        sandbox.define(PASS, DENY)
        nets = [sandbox.add_port("net1"), sandbox.add_port("net2", "br-two")]
        guest = sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
        sandbox.wait_installed("guest")
        sandbox.sync()
        assert sandbox.crosses(guest, nets[0], frame(frames.mac(1)))
        number = ofport(sandbox, "guest")
        path = f"{sandbox.dir}/guest.port"
        sandbox.vsctl("del-port", "guest", "--", "add-port", "br-two",
                      "guest", "--", "set", "Interface", "guest",
                      "type=dummy", f"options:pstream=punix:{path}",
                      "external_ids:nwfilter=pass")
        sandbox.wait_installed("guest")
        sandbox.sync()
        guest.close()
        wait_until(guest._connect, "guest is back")
        wait_until(lambda: about_port(sandbox, number) == [],
                   "its flows are gone")
        assert sandbox.reaches(guest, frame(frames.mac(1))) == ["net2"]
        sandbox.vsctl("del-br", "br-two")
        sandbox.ports.pop("guest").close()
        sandbox.ports.pop("net2").close()
        sandbox.sync()
        assert "br-two" not in sandbox.daemon("nwfilter/status")


def test_installed_when_the_switch_says_so(sandbox):
    """A new port's status does not wait until the datapath's cache has been
    emptied, "sync" does: here ovs-vswitchd does not answer for a while."""
    sandbox.define(PASS)
    with sandbox.posing_as_vswitchd() as listener:
        sandbox.vsctl("add-port", "br-int", "guest", "--", "set", "Interface",
                      "guest", "type=dummy", "external_ids:nwfilter=pass")
        sandbox.wait_installed("guest")
        client = listener.accept()[0]
        assert b"revalidator/purge" in client.recv(4096)
        assert sandbox.nwfctl("sync", "--timeout=1", check=False).returncode
        client.close()
    sandbox.sync()
