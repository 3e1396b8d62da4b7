# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Addresses that nobody wrote down: which rules hold while a port waits, what
is learned, and what becomes of it."""

import datetime
import re
import time

import dhcp
import frames
from guest_lab import (ADDRESS, CLEAN, CLEAN_6, GUEST, OTHER, PEER, Lab, arp,
                       in_time)
from sandbox import wait_until


def test_basic_rules(sandbox):
    """N94: IPv4 and ARP from the guest's MAC address, everything to it."""
    lab = Lab(sandbox)
    assert not lab.out(frames.ethernet(0x88b5, bytes(46), src=GUEST, dst=PEER))
    assert not lab.out(arp(ADDRESS, src=frames.mac(7)))
    assert not lab.out(frames.udp(saddr="fd00::1", daddr="fd00::2", src=GUEST,
                                  dst=PEER))
    assert lab.out(arp(ADDRESS))
    assert lab.into(frames.ethernet(0x88b5, bytes(46), src=PEER, dst=GUEST))
    assert lab.into(frames.udp(saddr="10.0.0.2", daddr=ADDRESS, src=PEER,
                               dst=GUEST))
    assert sandbox.status("guest") == "learning"


def test_learned_from_traffic(sandbox):
    """N96: the first address that the guest sends from; not 0.0.0.0, not a
    multicast address, not ARP."""
    lab = Lab(sandbox, mode="ANY")
    assert lab.sends_from("0.0.0.0")
    assert lab.sends_from("224.0.0.9")
    assert lab.out(arp(OTHER))
    assert lab.sends_from(ADDRESS)
    lab.wait_addresses(ADDRESS)
    sandbox.wait_installed("guest")
    assert lab.sends_from(ADDRESS)
    assert not lab.sends_from(OTHER)
    lab.wait_addresses(ADDRESS)


def test_learned_from_offer(sandbox):
    """N96: an offer or acknowledgement for the guest."""
    lab = Lab(sandbox)
    lab.served(dhcp.server(dhcp.OFFER, frames.mac(7), OTHER,
                           broadcast=True))
    lab.served(dhcp.server(dhcp.OFFER, GUEST, ADDRESS))
    lab.wait_addresses(ADDRESS)
    assert lab.sends_from(ADDRESS)
    assert not lab.sends_from(OTHER)


def test_dhcp_rules(sandbox):
    """N95: DHCP and nothing else, from any server."""
    lab = Lab(sandbox, mode="dhcp")
    assert not lab.out(arp(ADDRESS))
    assert not lab.sends_from(ADDRESS)
    assert not lab.into(frames.udp(saddr="10.0.0.2", daddr=ADDRESS, src=PEER,
                                   dst=GUEST))
    assert not lab.into(frames.arp(sha=PEER, spa="10.0.0.2", src=PEER))
    for broadcast in (False, True):
        lab.served(dhcp.server(dhcp.OFFER, GUEST, ADDRESS,
                               broadcast=broadcast))
    assert lab.out(dhcp.client(dhcp.DISCOVER, GUEST))
    assert not lab.out(dhcp.client(dhcp.DISCOVER, frames.mac(7)))


def test_dhcp_servers(sandbox):
    """N95: with DHCPSERVER, from those only."""
    lab = Lab(sandbox, mode="dhcp", DHCPSERVER=f"10.0.0.253,{dhcp.SERVER}")
    lab.not_served(dhcp.server(dhcp.OFFER, GUEST, ADDRESS,
                               saddr="10.0.0.77"))
    lab.lease()
    lab.wait_addresses(ADDRESS)
    # The filter is in force now, and lets another server's answer in.
    lab.served(dhcp.server(dhcp.ACK, GUEST, OTHER, saddr="10.0.0.77"))
    lab.wait_addresses(ADDRESS)


def test_lease(sandbox):
    """N98, N99: an acknowledgement counts, an offer does not."""
    lab = Lab(sandbox, mode="dhcp")
    lab.served(dhcp.server(dhcp.OFFER, GUEST, OTHER))
    lab.lease()
    lab.wait_addresses(ADDRESS)
    sandbox.wait_installed("guest")
    assert lab.sends_from(ADDRESS)
    assert not lab.sends_from(OTHER)


def test_modes(sandbox):
    """N93: none is an error that names the variable, anything else an error;
    both only where an address is missing."""
    lab = Lab(sandbox, mode="none", wait="error: ")
    assert "variable 'IP' has no value" in sandbox.status("guest")
    assert not lab.sends_from(ADDRESS)

    def control(value):
        sandbox.vsctl("set", "Interface", "guest",
                      f"external_ids:nwfilter.CTRL_IP_LEARNING={value}")
        sandbox.sync()
        return sandbox.status("guest")

    assert "learning value 'sometimes' invalid" in control("sometimes")
    assert not lab.sends_from(ADDRESS)
    assert control("Dhcp") == "learning"
    sandbox.vsctl("set", "Interface", "guest",
                  f"external_ids:nwfilter.IP={ADDRESS}")
    assert control("sometimes") == "installed"
    assert lab.sends_from(ADDRESS)

    # A filter's reference does not set it.
    sandbox.define("<filter name='set-inside'><filterref "
                   "filter='clean-traffic'><parameter name='CTRL_IP_LEARNING' "
                   "value='none'/></filterref></filter>")
    sandbox.add_port("inside", filter="set-inside", mac=frames.mac(8))
    sandbox.wait_status("inside", "learning")


def test_only_plain_address(sandbox):
    """Reference 4.3: with anything else missing, nothing is learned; nor is
    an element of $IP, or its values by an iterator of their own."""
    sandbox.define(
        "<filter name='two'><rule action='accept' direction='out'>"
        "<ip srcipaddr='$IP' dstipaddr='$GATEWAY'/></rule></filter>",
        *(f"<filter name='{name}'><rule action='accept' direction='out'>"
          f"<ip srcipaddr='$IP[{index}]'/></rule></filter>"
          for name, index in (("first", 0), ("second", 1), ("turn", "@1"))))
    for name in ("two", "first", "second", "turn"):
        sandbox.add_port(name, filter=name, mac=GUEST)
        assert "has no value" in sandbox.wait_status(name, "error: ")


def test_refresh(sandbox):
    """N98: a shorter time does not take back what was promised."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease(lease=3600)
    lab.wait_addresses(ADDRESS)
    lab.lease(lease=1)
    time.sleep(2)
    lab.wait_addresses(ADDRESS)
    assert lab.sends_from(ADDRESS)


def test_answer_waits(sandbox):
    """The guest gets its first lease when the switch lets it use it, and none
    without the daemon; what it has it can renew."""
    lab = Lab(sandbox, mode="dhcp")
    ack = dhcp.server(dhcp.ACK, GUEST, ADDRESS)
    assert lab.asks()
    with sandbox.paused("ovs-nwfilterd"):
        assert not lab.into(ack)
    lab.guest.receive_until(ack)
    assert lab.sends_from(ADDRESS)
    sandbox.wait_installed("guest")
    sandbox.sync()
    sandbox.stop("ovs-nwfilterd")
    assert lab.into(ack)
    assert lab.sends_from(ADDRESS)


def test_others_do_not_wait(sandbox):
    """Only what is for the guest's own address waits: other ports get what is
    flooded, whether the daemon lives or not."""
    lab = Lab(sandbox)
    other = sandbox.add_port("other")
    sandbox.vsctl("set", "Interface", "guest",
                  "external_ids:nwfilter-flood-unknown=true")
    sandbox.sync()
    answers = [dhcp.server(dhcp.OFFER, frames.mac(7), ADDRESS, i)
               for i in range(600)]     # The meter's burst is 500.
    with sandbox.paused("ovs-nwfilterd"):
        for first in range(0, len(answers), 60):
            sandbox.all_cross(lab.net, other, answers[first:first + 60])
            assert lab.guest.receive()


def test_answers_wait_in_turn(sandbox):
    """Each of many guests may use its address as soon as it has it."""
    net = sandbox.add_port("net")
    sandbox.define(CLEAN)
    guests = range(1, 41)
    for i in guests:
        sandbox.add_port(f"v{i}", filter="clean", mac=frames.mac(i),
                         params={"CTRL_IP_LEARNING": "any"})
    for i in guests:
        sandbox.wait_status(f"v{i}", "learning")
    sandbox.sync()
    answers = {i: dhcp.server(dhcp.ACK, frames.mac(i), f"10.0.0.{i}", i)
               for i in guests}
    for answer in answers.values():
        net.send(answer)
    for i, answer in answers.items():
        port = sandbox.ports[f"v{i}"]
        port.receive_until(answer)
        assert sandbox.crosses(port, net, frames.udp(
            saddr=f"10.0.0.{i}", daddr="10.0.0.253", src=frames.mac(i),
            dst=dhcp.SERVER_MAC))


def test_refused_request(sandbox):
    """N99: a NAK is for who asked, and takes away what is asked for."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease()
    lab.wait_addresses(ADDRESS)
    lab.served(dhcp.server(dhcp.NAK, frames.mac(7), "0.0.0.0",
                           lease=None))
    lab.wait_addresses(ADDRESS)


def test_release(sandbox):
    """N100: by the guest, by the address that it has."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease()
    lab.wait_addresses(ADDRESS)
    lab.out(dhcp.client(dhcp.RELEASE, GUEST, ciaddr=OTHER,
                        server=dhcp.SERVER))
    lab.wait_addresses(ADDRESS)
    assert lab.out(dhcp.client(dhcp.RELEASE, GUEST, ciaddr=ADDRESS,
                               server=dhcp.SERVER))
    lab.wait_addresses()
    sandbox.wait_status("guest", "learning")
    assert not lab.sends_from(ADDRESS)
    assert lab.out(dhcp.client(dhcp.DISCOVER, GUEST))


def test_decline(sandbox):
    """N100: the guest does not want it."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease()
    lab.wait_addresses(ADDRESS)
    assert lab.out(dhcp.client(dhcp.DECLINE, GUEST, requested=ADDRESS,
                               server=dhcp.SERVER))
    lab.wait_addresses()
    assert not lab.sends_from(ADDRESS)


def test_expiry(sandbox):
    """N101: within ten seconds, and then the rules for those who wait."""
    lab = Lab(sandbox, mode="dhcp")

    def lives(seconds):
        lab.lease(lease=seconds)
        end = time.time() + seconds
        lab.wait_addresses(ADDRESS, seconds=seconds)
        assert lab.sends_from(ADDRESS)
        return end

    end = in_time(lives)
    lab.wait_addresses()
    said = re.findall(r"^(\S+)Z\|.*: expired", sandbox.log(), re.M)[-1]
    said = datetime.datetime.fromisoformat(said + "+00:00").timestamp()
    assert said < end + 10
    sandbox.wait_status("guest", "learning")
    assert not lab.sends_from(ADDRESS)
    lab.lease()
    lab.wait_addresses(ADDRESS)
    assert lab.sends_from(ADDRESS)


def test_infinite(sandbox):
    """N102."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease(lease=dhcp.FOREVER)
    lab.wait_addresses(ADDRESS)
    time.sleep(1)
    assert lab.addresses() == [ADDRESS]
    assert "expires=never" in sandbox.nwfctl("list", "Lease")


def test_several(sandbox):
    """N103: all live leases; the others' connections do not notice."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease(xid=1)

    def both(seconds):
        lab.lease(OTHER, xid=2, lease=seconds)
        lab.wait_addresses(ADDRESS, OTHER, seconds=seconds)
        assert lab.sends_from(ADDRESS) and lab.sends_from(OTHER)

    in_time(both)
    programs = [f for f in sandbox.flows() if "reg11=" in f]
    lab.wait_addresses(ADDRESS)
    assert lab.sends_from(ADDRESS) and not lab.sends_from(OTHER)
    assert programs == [f for f in sandbox.flows() if "reg11=" in f]


def test_only_rows_change(sandbox):
    """Another address costs its rows, whatever the filter's size."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease(xid=1)
    lab.wait_addresses(ADDRESS)
    before = set(sandbox.flows())
    lab.lease(OTHER, xid=2)
    lab.wait_addresses(ADDRESS, OTHER)
    after = set(sandbox.flows())
    assert not before - after
    assert len(after - before) == 1, after - before


def test_connections_of_other_addresses(sandbox):
    """Addresses come and go; connections of those that stay go on."""
    sandbox.define(CLEAN.replace("'clean'", "'tracked'").replace(
        "</filter>", "<rule action='accept' direction='out'><all/></rule>"
        "<rule action='accept' direction='in'><udp srcportstart='67'/></rule>"
        "<rule action='drop' direction='inout' priority='900'><all/></rule>"
        "</filter>"))
    lab = Lab(sandbox, mode="dhcp", filter="tracked")
    lab.lease(xid=1)
    lab.wait_addresses(ADDRESS)
    sandbox.wait_installed("guest")

    def answer(port):
        return lab.into(frames.udp(53, port, saddr="10.0.0.2", daddr=ADDRESS,
                                   src=PEER, dst=GUEST))

    assert lab.out(frames.udp(5000, 53, saddr=ADDRESS, daddr="10.0.0.2",
                              src=GUEST, dst=PEER))
    assert answer(5000) and not answer(5001)

    def both(seconds):
        lab.lease(OTHER, xid=2, lease=seconds)
        lab.wait_addresses(ADDRESS, OTHER, seconds=seconds)
        assert answer(5000) and not answer(5001)

    in_time(both)
    lab.wait_addresses(ADDRESS)
    assert answer(5000) and not answer(5001)


def test_redefined_while_waiting(sandbox):
    """N107: the rules of those who wait stay."""
    for mode in ("dhcp", "any"):
        if mode == "dhcp":
            lab = Lab(sandbox, mode=mode)
        else:
            sandbox.vsctl("set", "Interface", "guest",
                          "external_ids:nwfilter.CTRL_IP_LEARNING=any")
        before = [f for f in sandbox.flows()]
        for comment in ("", "<!-- a -->", "<rule action='accept'"
                        " direction='out'><arp/></rule>"):
            sandbox.define(CLEAN.replace("</filter>", comment + "</filter>"))
            sandbox.sync()
            assert sandbox.status("guest") == "learning"
            if mode == "dhcp":
                assert sandbox.flows() == before
                assert not lab.sends_from(ADDRESS)
                assert not lab.into(frames.arp(sha=PEER, src=PEER))
            assert not lab.out(frames.ethernet(0x88b5, bytes(46), src=GUEST,
                                               dst=PEER))
    sandbox.nwfctl("set", "Filter", "clean", 'xml="<filter name="')
    sandbox.sync()
    assert "keeps its last good policy" in sandbox.status("guest")
    assert not lab.out(frames.ethernet(0x88b5, bytes(46), src=GUEST,
                                       dst=PEER))


def test_forged(sandbox):
    """What another guest says as if it were a server is not believed."""
    lab = Lab(sandbox, mode="dhcp")
    sandbox.define("<filter name='open'/>")
    rogue = sandbox.add_port("rogue", filter="open", mac=frames.mac(3))
    sandbox.wait_installed("rogue")
    assert lab.out(dhcp.client(dhcp.DISCOVER, GUEST))
    assert lab.out(dhcp.client(dhcp.REQUEST, GUEST, requested=OTHER))
    for broadcast in (False, True):
        assert sandbox.crosses(rogue, lab.guest,
                               dhcp.server(dhcp.ACK, GUEST, OTHER,
                                           broadcast=broadcast,
                                           src=frames.mac(3)))
    sandbox.crosses(lab.guest, rogue, dhcp.server(dhcp.ACK, GUEST, OTHER))
    lab.lease()
    lab.wait_addresses(ADDRESS)


def test_unasked(sandbox):
    """A server's answer to nobody's question."""
    lab = Lab(sandbox, mode="dhcp")
    lab.served(dhcp.server(dhcp.ACK, GUEST, OTHER, xid=99))
    lab.lease()
    lab.wait_addresses(ADDRESS)


def test_counted(sandbox):
    """What teaches nothing is counted by reason."""
    lab = Lab(sandbox, mode="dhcp")
    broken = bytearray(dhcp.server(dhcp.ACK, GUEST, OTHER))
    broken[-1] ^= 1     # The checksum is wrong now.
    lab.served(bytes(broken))
    lab.served(dhcp.server(dhcp.ACK, GUEST, OTHER, xid=99))
    for text in ("malformed: 1",
                 "answers nothing that the guest asked: 1"):
        wait_until(lambda: f"  {text}\n" in sandbox.daemon("nwfilter/status"),
                   text)
    assert lab.addresses() == []


def test_not_delivered(sandbox):
    """What the guest's rules drop teaches nothing."""
    sandbox.define("<filter name='deaf'><rule action='drop' direction='in'>"
                   "<ip protocol='udp' dstportstart='68'/></rule>"
                   "<rule action='accept' direction='out'>"
                   "<ip srcipaddr='$IP'/></rule>"
                   "<rule action='accept' direction='out'>"
                   "<ip protocol='udp' srcportstart='68'/></rule></filter>")
    lab = Lab(sandbox, mode="dhcp", filter="deaf")
    lab.lease()
    lab.wait_addresses(ADDRESS)
    assert lab.out(dhcp.client(dhcp.REQUEST, GUEST, 2, requested=OTHER))
    lab.not_served(dhcp.server(dhcp.ACK, GUEST, OTHER, 2))
    lab.wait_addresses(ADDRESS)


def test_conflict(sandbox):
    """Another port's address is refused, and comes when it is free."""
    sandbox.define("<filter name='open'/>")
    sandbox.add_port("owner", filter="open", mac=frames.mac(3),
                     params={"IP": ADDRESS})
    sandbox.add_port("elsewhere", filter="open", mac=frames.mac(4),
                     params={"IP": OTHER}, port=("tag=5",))
    lab = Lab(sandbox, mode="dhcp")
    lab.lease()
    wait_until(lambda: "another port" in sandbox.log(), "the log says so")
    assert not lab.sends_from(ADDRESS)
    assert lab.addresses() == []
    assert f"conflict: {ADDRESS}" in sandbox.nwfctl("ports")
    lab.lease(OTHER, xid=2)
    lab.wait_addresses(OTHER)
    sandbox.del_port("owner")
    lab.wait_addresses(ADDRESS, OTHER)
    assert "conflict" not in sandbox.nwfctl("ports")


def test_restarts(sandbox):
    """What was learned outlives each process and costs no change; while a
    port waits, no restart opens it."""
    lab = Lab(sandbox, mode="dhcp")
    for name in ("ovs-nwfilterd", "ovs-vswitchd", "policy-db",
                 "ovsdb-server"):
        sandbox.restart(name)
        sandbox.sync()
        lab.teach()
        # Open vSwitch sleeps for a while when it loses its database.
        wait_until(lab.asks, "the guest may ask")
        assert sandbox.status("guest") == "learning"
        assert not lab.sends_from(ADDRESS)
        assert not lab.into(frames.arp(sha=PEER, src=PEER))
    lab.lease()
    lab.wait_addresses(ADDRESS)
    before = sandbox.flows()
    for name in ("ovs-nwfilterd", "ovs-vswitchd", "policy-db",
                 "ovsdb-server"):
        sandbox.restart(name)
        sandbox.sync()
        lab.teach()
        wait_until(lab.asks, "the guest may ask")
        assert lab.addresses() == [ADDRESS]
        assert sandbox.status("guest") == "installed"
        assert sandbox.flows() == before
        assert lab.sends_from(ADDRESS) and not lab.sends_from(OTHER)


def test_traffic_outlives_daemon(sandbox):
    """What a guest with `any' was seen to use is not asked for again."""
    lab = Lab(sandbox)
    assert lab.sends_from(ADDRESS)
    lab.wait_addresses(ADDRESS)
    sandbox.restart("ovs-nwfilterd")
    sandbox.sync()
    assert sandbox.status("guest") == "installed"
    assert not lab.sends_from(OTHER)


def test_policy_database_away(sandbox):
    """A lease counts at once, and is kept when the database is back."""
    lab = Lab(sandbox, mode="dhcp")
    sandbox.stop("policy-db")
    lab.lease()
    wait_until(lambda: lab.addresses() == [ADDRESS], "the lease counts")
    wait_until(lambda: lab.sends_from(ADDRESS), "the guest sends")
    sandbox.start_policy_db()
    wait_until(lambda: ADDRESS in sandbox.nwfctl("list", "Lease"),
               "the lease is kept")


def test_guest_restarts(sandbox):
    """N106: leases follow the guest to another port; what it only sent from
    is forgotten."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease()
    lab.wait_addresses(ADDRESS)
    wait_until(lambda: ADDRESS in sandbox.nwfctl("list", "Lease"),
               "the lease is kept")

    def again(name, **params):
        sandbox.del_port(lab.guest.name)
        sandbox.sync()
        lab.guest = sandbox.add_port(name, filter="clean", mac=GUEST,
                                     params=params, ids={"vm-id": "vm-1"})

    again("renamed", CTRL_IP_LEARNING="dhcp")
    sandbox.wait_installed("renamed")
    lab.teach()
    assert lab.sends_from(ADDRESS) and not lab.sends_from(OTHER)
    again("guest")
    for _ in range(2):
        sandbox.wait_status("guest", "learning")
        lab.teach()
        assert lab.sends_from(OTHER)
        lab.wait_addresses(OTHER)
        again("guest")


def test_whose_leases(sandbox):
    """N105: they belong to the machine, else to the interface, else to the
    port of that name on this host; and to the MAC address."""
    lab = Lab(sandbox, mode="dhcp")

    def again(name, wait, **options):
        sandbox.del_port(lab.guest.name)
        sandbox.sync()
        lab.guest = sandbox.add_port(
            name, filter="clean", params={"CTRL_IP_LEARNING": "dhcp"},
            **options)
        sandbox.wait_status(name, wait)
        lab.teach()

    for ids, owner, follows in (
            ({"vm-id": "vm-7", "iface-id": "if-7"}, "vm-id vm-7", True),
            ({"iface-id": "if-8"}, "iface-id if-8", True),
            ({}, "port sandbox first", False)):
        again("first", "learning", mac=GUEST, ids=ids)
        lab.lease()
        wait_until(lambda: f"{owner} {GUEST}" in
                   sandbox.nwfctl("list", "Lease"), f"{owner} has the lease")
        again("second", "installed" if follows else "learning", mac=GUEST,
              ids=ids)
        again("first", "learning", mac=frames.mac(8), ids=ids)
        again("first", "installed", mac=GUEST, ids=ids)


def test_lease_removed_by_hand(sandbox):
    """An administrator takes a lease away."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease()
    lab.wait_addresses(ADDRESS)
    wait_until(lambda: ADDRESS in sandbox.nwfctl("list", "Lease"),
               "the lease is kept")
    sandbox.nwfctl("--all", "destroy", "Lease")
    lab.wait_addresses()
    assert not lab.sends_from(ADDRESS)


# IPv6.

ADDRESS6, OTHER6 = "fd00::1", "fd00::9"
LOCAL = dhcp.link_local(GUEST)


class Lab6(Lab):
    def __init__(self, sandbox, mode, **options):
        super().__init__(sandbox, filter="clean6", CTRL_IPV6_LEARNING=mode,
                         **options)

    def sends_from(self, address):
        return self.out(frames.udp(saddr=address, daddr="fd00::2", src=GUEST,
                                   dst=PEER))

    def lease(self, address=ADDRESS6, xid=1, lifetime=3600):
        assert self.out(dhcp.client6(dhcp.SOLICIT, GUEST, xid))
        assert self.into(dhcp.server6(dhcp.ADVERTISE, GUEST, address, xid))
        assert self.out(dhcp.client6(dhcp.REQUEST6, GUEST, xid, address))
        assert self.into(dhcp.server6(dhcp.REPLY, GUEST, address, xid,
                                      lifetime))


def test_ipv6_is_asked_for(sandbox):
    """Without CTRL_IPV6_LEARNING, $IPV6 is a variable like others."""
    sandbox.define(CLEAN_6)
    sandbox.add_port("guest", filter="clean6", mac=GUEST)
    status = sandbox.wait_status("guest", "error: ")
    assert "variable 'IPV6' has no value" in status


def test_dhcpv6(sandbox):
    lab = Lab6(sandbox, "dhcp")
    assert not lab.sends_from(ADDRESS6)
    assert not lab.into(frames.udp(saddr="fd00::2", daddr=ADDRESS6, src=PEER,
                                   dst=GUEST))
    assert lab.out(dhcp.dad(GUEST, LOCAL))
    lab.lease(OTHER6, xid=2)
    lab.wait_addresses(OTHER6, LOCAL)
    sandbox.wait_installed("guest")
    assert lab.sends_from(OTHER6) and not lab.sends_from(ADDRESS6)

    def both(seconds):
        lab.lease(lifetime=seconds)
        lab.wait_addresses(ADDRESS6, OTHER6, LOCAL, seconds=seconds)
        assert lab.sends_from(ADDRESS6) and lab.sends_from(OTHER6)

    in_time(both)
    lab.wait_addresses(OTHER6, LOCAL)
    assert not lab.sends_from(ADDRESS6)
    assert lab.out(dhcp.client6(dhcp.RELEASE6, GUEST, 3, OTHER6))
    assert lab.into(dhcp.server6(dhcp.REPLY, GUEST, None, 3))
    lab.wait_addresses()
    assert not lab.sends_from(OTHER6)


def test_duplicate_address_detection(sandbox):
    lab = Lab6(sandbox, "any")
    assert lab.out(dhcp.dad(GUEST, LOCAL))
    lab.wait_addresses(LOCAL)
    assert not lab.sends_from(ADDRESS6)
    assert lab.out(dhcp.dad(GUEST, ADDRESS6))
    lab.wait_addresses(LOCAL, ADDRESS6)
    assert lab.sends_from(ADDRESS6) and not lab.sends_from(OTHER6)
    sandbox.restart("ovs-nwfilterd")
    sandbox.sync()
    lab.wait_addresses(LOCAL, ADDRESS6)


def test_both_families(sandbox):
    """IPv6 comes first, but does not close the port to what tells of IPv4;
    and new addresses are known from what the rules drop."""
    both = CLEAN.replace("'clean'", "'both'").replace(
        "</filter>", "<rule action='accept' direction='out'>"
        "<ipv6 srcipaddr='$IPV6'/></rule></filter>")
    sandbox.define(both)
    lab = Lab(sandbox, filter="both", CTRL_IPV6_LEARNING="any")
    assert lab.out(dhcp.dad(GUEST, LOCAL))
    lab.wait_addresses(LOCAL)
    assert sandbox.status("guest") == "learning"
    assert lab.out(arp(ADDRESS))
    assert lab.sends_from(ADDRESS)
    lab.wait_addresses(ADDRESS, LOCAL)
    assert not lab.sends_from(OTHER)
    assert not lab.out(dhcp.dad(GUEST, ADDRESS6))
    lab.wait_addresses(ADDRESS, ADDRESS6, LOCAL)


def test_one_family_is_enough(sandbox):
    """What is known is enforced before the other family's are known."""
    sandbox.define(CLEAN.replace("'clean'", "'both'").replace(
        "</filter>", "<rule action='accept' direction='out'>"
        "<ipv6 srcipaddr='$IPV6'/></rule></filter>"))
    lab = Lab(sandbox, filter="both", CTRL_IPV6_LEARNING="any")
    assert lab.sends_from(ADDRESS)
    lab.wait_addresses(ADDRESS, "ff00::")
    assert not lab.sends_from(OTHER)
    assert not lab.out(frames.udp(saddr=ADDRESS6, daddr="fd00::2", src=GUEST,
                                  dst=PEER))


def test_broadcast(sandbox):
    """A server that answers to all, with many ports that learn: each knows
    its own address, the daemon sees each answer twice at most, and all leases
    are kept, though not each by a transaction of its own."""
    n = 40
    sandbox.define(CLEAN)
    net = sandbox.add_port("net")
    macs = [frames.mac(100 + i) for i in range(n)]
    for i, mac in enumerate(macs):
        sandbox.add_port(f"g{i}", filter="clean", mac=mac, port=("tag=5",),
                         params={"CTRL_IP_LEARNING": "dhcp"})
    for i in range(n):
        sandbox.wait_status(f"g{i}", "learning")
    sandbox.sync()
    for i, mac in enumerate(macs):
        guest = sandbox.ports[f"g{i}"]
        for kind, reply in ((dhcp.DISCOVER, dhcp.OFFER),
                            (dhcp.REQUEST, dhcp.ACK)):
            guest.send(dhcp.client(kind, mac, requested=f"10.0.1.{i}"))
            sandbox.settle()
            net.send(dhcp.server(reply, mac, f"10.0.1.{i}", vlan=5,
                                 broadcast=True))
    for i in range(n):
        sandbox.wait_installed(f"g{i}")
    ports = sandbox.nwfctl("ports")
    assert all(f"{mac},10.0.1.{i} " in ports for i, mac in enumerate(macs))
    found = re.search(r"packets from the switch (\d+)",
                      sandbox.daemon("nwfilter/status"))
    assert int(found[1]) < 8 * n, found[0]

    def kept():
        leases = sandbox.nwfctl("list", "Lease")
        return all(mac in leases for mac in macs)

    wait_until(kept, "all leases are kept")
    assert "samples of drops 0," in sandbox.daemon("nwfilter/status")


def test_leases_of_gone_guests(sandbox):
    """What is over goes with the next start, or within the hour."""
    for guest, host, ends in (("over", "sandbox", 1000),
                              ("other", "elsewhere", 1000),
                              ("live", "sandbox", "never")):
        sandbox.nwfctl("create", "Lease", f"guest={guest}", f"host={host}",
                       f'addresses:"{ADDRESS}"="source=dhcp expires={ends}"')
    sandbox.restart("ovs-nwfilterd")
    wait_until(lambda: "over" not in sandbox.nwfctl("list", "Lease"),
               "the lease that is over is gone")
    left = sandbox.nwfctl("list", "Lease")
    assert "other" in left and "live" in left
