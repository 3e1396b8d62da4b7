# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Frames for many, where several guests have the same rules for what they
receive: those are run once for all of them, and each gets what it would get
alone."""

import re

import dhcp
import frames
from sandbox import wait_until

# What each rule needs to know: nothing of the port, its MAC address, its IP
# address, a connection's state.
FILTERS = {
    "plain": "<rule action='drop' direction='in'>"
             "<ip protocol='udp' dstportstart='67'/></rule>",
    "mac": "<rule action='accept' direction='in' priority='100'>"
           "<ip dstmacaddr='$MAC'/></rule>"
           "<rule action='drop' direction='in' priority='200'>"
           "<ip protocol='udp' dstportstart='67'/></rule>",
    "arp": "<rule action='accept' direction='in' priority='100'>"
           "<arp arpdstipaddr='$IP'/></rule>"
           "<rule action='drop' direction='in' priority='200'><arp/></rule>",
    "state": "<rule action='accept' direction='in' priority='100'>"
             "<udp dstportstart='53'/></rule>"
             "<rule action='drop' direction='in' priority='200'>"
             "<udp/></rule>",
    "vlan": "<rule action='drop' direction='in'>"
            "<vlan vlanid='7'/></rule>",
}
PORTS = 6


def document(name, rules=None):
    return f"<filter name='{name}'>{rules or FILTERS[name]}</filter>"


def lab(sandbox, name, tags=False):
    """Guests v1 ... v6, and the network."""
    sandbox.define(document(name))
    for n in range(1, PORTS + 1):
        tag = ["tag=7"] if tags and n != 2 else []
        sandbox.add_port(f"v{n}", mac=frames.mac(n), filter=name, port=tag,
                         params={"IP": f"10.0.0.{n}"})
    sandbox.add_port("net")
    sandbox.wait_installed(*(f"v{n}" for n in range(1, PORTS + 1)))
    sandbox.sync()
    return sandbox.ports


def shares(sandbox):
    """Numbers of ports that frames leave through together."""
    text = sandbox.ofctl("dump-flows", "br-int", "--no-stats", "table=60")
    return sorted(line.count("output:") for line in text.splitlines()
                  if "output:" in line)


def request(sport=68, dport=67, src=frames.mac(1), vlan=None):
    return frames.udp(sport, dport, bytes(60), saddr="10.0.0.9",
                      daddr="255.255.255.255", src=src, dst=frames.BROADCAST,
                      vlan=vlan)


def guests(*numbers):
    return sorted(f"v{n}" for n in numbers)


def test_rules_alike(sandbox):
    ports = lab(sandbox, "plain")
    assert shares(sandbox) == [PORTS]
    for sender in ("v1", "v4", "net"):
        others = sorted(set(ports) - {sender})
        assert sandbox.reaches(ports[sender], request()) == ["net"] * (
            sender != "net"), sender
        assert sandbox.reaches(ports[sender], request(dport=69)) == others


def test_own_mac_address(sandbox):
    """A frame for many is for nobody's own address."""
    ports = lab(sandbox, "mac")
    assert sandbox.reaches(ports["net"], request()) == []
    assert sandbox.reaches(ports["net"], request(dport=69)) == guests(
        *range(1, PORTS + 1))

    def looked_up(priority):
        sandbox.vswitchd("revalidator/wait")
        return re.search(rf"n_packets=[1-9].*priority={priority},",
                         sandbox.ofctl("dump-flows", "br-int", "table=120"))

    wait_until(lambda: looked_up(210), "the lookup is counted")
    assert not looked_up(200)


def test_own_ip_address(sandbox):
    """The ports are asked one by one where their addresses count."""
    ports = lab(sandbox, "arp")
    assert shares(sandbox) == [PORTS]
    for n in range(1, PORTS + 1):
        ask = frames.arp(sha=frames.mac(1), spa="10.0.0.1",
                         tpa=f"10.0.0.{n}")
        expected = (guests(n) if n != 1 else [])
        assert sandbox.reaches(ports["v1"], ask) == sorted(
            expected + ["net"]), n


def test_connections(sandbox):
    """...and where connections do: each port has its own."""
    ports = lab(sandbox, "state")
    everybody = guests(*range(1, PORTS + 1))
    assert sandbox.reaches(ports["net"], request(dport=53)) == everybody
    assert sandbox.reaches(ports["net"], request(dport=54)) == []
    zones = sandbox.vswitchd("dpctl/dump-conntrack")
    assert len(re.findall(r"dport=53.*zone=", zones)) == PORTS, zones


def test_tags(sandbox):
    """Ports that tag in different ways are not in one share, and rules see
    the tag that is on the port's wire."""
    ports = lab(sandbox, "vlan", tags=True)
    sandbox.add_port("v7", mac=frames.mac(7), filter="vlan",
                     port=["trunks=7"])
    sandbox.wait_installed("v7")
    sandbox.sync()
    assert shares(sandbox) == [PORTS - 1]
    tagged = request(vlan=7)
    got = sandbox.arrivals(ports["net"], tagged)
    assert got == {f"v{n}": [request()] for n in (1, 3, 4, 5, 6)}, got
    got = sandbox.arrivals(ports["v1"], request())
    assert got == {"net": [tagged], **{f"v{n}": [request()]
                                       for n in (3, 4, 5, 6)}}, got


def test_changes(sandbox):
    """Who gets other rules, is logged, or goes, leaves the share."""
    ports = lab(sandbox, "plain")
    sandbox.define(document("deny", "<rule action='drop' direction='in'/>"))
    sandbox.vsctl("set", "Interface", "v2", "external_ids:nwfilter=deny")
    sandbox.sync()
    sandbox.revalidate()
    assert shares(sandbox) == [PORTS - 1]
    assert sandbox.reaches(ports["v1"], request(dport=69)) == sorted(
        guests(3, 4, 5, 6) + ["net"])
    sandbox.vsctl("set", "Interface", "v3", "external_ids:nwfilter-log=drop")
    sandbox.sync()
    assert shares(sandbox) == [PORTS - 2]
    sandbox.del_port("v4")
    sandbox.sync()
    assert shares(sandbox) == []
    assert sandbox.reaches(ports["v1"], request(dport=69)) == sorted(
        guests(3, 5, 6) + ["net"])
    sandbox.define(document("plain", "<rule action='drop' direction='in'>"
                                     "<ip protocol='udp'/></rule>"))
    sandbox.sync()
    sandbox.revalidate()
    assert sandbox.reaches(ports["v1"], request(dport=69)) == ["net"]


def test_trace(sandbox):
    """A trace shows each port's rules."""
    lab(sandbox, "plain")
    flow = ("udp,dl_dst=ff:ff:ff:ff:ff:ff,nw_src=0.0.0.0,"
            "nw_dst=255.255.255.255,tp_src=68,tp_dst=")
    text = sandbox.nwfctl("trace", "--between", "v1", "v5", flow + "67")
    assert text.startswith("v1 to v5: drop\n"), text
    assert "\n  v5 in: drop, by filter plain:1: drop in ip" in text, text
    assert "metadata" not in text.split("\npacket: ")[1].split("\n")[0], text
    text = sandbox.nwfctl("trace", "--between", "v1", "v5", flow + "69")
    assert text.startswith("v1 to v5: accept\n"), text


def test_counts(sandbox):
    """What leaves through all ports of a share has come in to each."""
    ports = lab(sandbox, "plain")
    for _ in range(3):
        sandbox.reaches(ports["net"], request(dport=69))

    def counted():
        sandbox.vswitchd("revalidator/wait")
        return "\nin:          3 packets" in sandbox.nwfctl("port", "v6")

    wait_until(counted, "three packets are counted")


def test_dhcp_of_many(sandbox):
    """Clients' broadcasts are nothing to guests that wait for a lease; the
    server's is copied to the daemon and reaches its client."""
    for n in range(1, PORTS + 1):
        sandbox.add_port(f"v{n}", mac=frames.mac(n), filter="clean-traffic",
                         params={"CTRL_IP_LEARNING": "dhcp"})
    net = sandbox.add_port("net")
    for n in range(1, PORTS + 1):
        sandbox.wait_status(f"v{n}", "learning")
    sandbox.sync()
    assert shares(sandbox) == [PORTS]
    ports = sandbox.ports
    for n in range(1, PORTS + 1):
        ask = dhcp.client(dhcp.REQUEST, frames.mac(n), n)
        assert "net" in sandbox.reaches(ports[f"v{n}"], ask)
        net.send(dhcp.server(dhcp.ACK, frames.mac(n), f"10.0.0.{n}", n,
                             broadcast=n % 2 == 0))
        sandbox.wait_status(f"v{n}", "installed")
    assert shares(sandbox) == [PORTS]
