# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Learning through the switch: when it starts, how leases end, filters that
change while a port waits, forged servers, and IPv6."""

import time

import dhcp
import frames
from guest_lab import ADDRESS, CLEAN, GUEST, OTHER, PEER, Lab, arp
from sandbox import Failure

THIRD = "10.0.0.5"

# The same meaning, another text.
CLEAN_EDITED = CLEAN.replace("priority='1000'", "priority='999'")

# $IP below a reference.
NESTED = """<filter name='nested'><filterref filter='clean'/></filter>"""

# The variable as an element of a list, and another one.
ELEMENT = """<filter name='element'>
<rule action='accept' direction='out'><ip srcipaddr='$IP[0]'/></rule>
</filter>"""
OTHER_VARIABLE = """<filter name='other'>
<rule action='accept' direction='out'><ip srcipaddr='$IP'/></rule>
<rule action='accept' direction='out'><ip dstipaddr='$GATEWAY'/></rule>
</filter>"""


def refuses(sandbox, filter, text, mac=GUEST, **params):
    """A port with that filter does not learn, but has an error."""
    guest = sandbox.add_port("refused", filter=filter, mac=mac, params=params)
    status = sandbox.wait_status("refused", "error")
    sandbox.del_port("refused")
    guest.close()
    if text not in status:
        raise Failure(f"'{text}' is not in '{status}'")
    return True


def test_when_learning_starts(sandbox):
    """N93: not with `none' or another word, nor if more is missing than $IP;
    for $IPV6 only if asked."""
    sandbox.define(CLEAN, ELEMENT, OTHER_VARIABLE,
                   CLEAN.replace("'clean'", "'clean6'")
                   .replace("$IP'", "$IPV6'").replace("<ip ", "<ipv6 ")
                   .replace("0.0.0.0", "::"))
    assert refuses(sandbox, "clean", "IP", CTRL_IP_LEARNING="none")
    assert refuses(sandbox, "clean", "learning value 'arp' invalid",
                   CTRL_IP_LEARNING="arp")
    assert refuses(sandbox, "element", "IP")
    assert refuses(sandbox, "other", "has no value")
    assert refuses(sandbox, "clean6", "IPV6")
    assert refuses(sandbox, "clean6", "IPV6", CTRL_IP_LEARNING="any")
    # What is not needed is not looked at.
    sandbox.add_port("given", filter="clean", mac=GUEST,
                     params={"IP": ADDRESS, "CTRL_IP_LEARNING": "arp"})
    sandbox.wait_installed("given")


def test_no_mac(sandbox):
    """N97: a port whose guest can not be told from others is closed."""
    sandbox.define(CLEAN)
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", filter="clean")
    sandbox.wait_status("guest", "error")
    sandbox.sync()
    assert not sandbox.crosses(guest, net, arp(ADDRESS))
    assert not sandbox.crosses(net, guest,
                               frames.arp(sha=PEER, spa="10.0.0.2", src=PEER))


def test_lease_ends(sandbox):
    """N101: the lease is over, and the port waits again."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease(lease=4)
    lab.wait_addresses(ADDRESS)
    assert lab.sends_from(ADDRESS)
    assert lab.out(dhcp.client(dhcp.REQUEST, GUEST, 2, requested=ADDRESS))
    assert lab.into(dhcp.server(dhcp.ACK, GUEST, ADDRESS, 2, lease=7))
    time.sleep(4)
    assert lab.sends_from(ADDRESS)
    sandbox.wait_status("guest", "learning")
    lab.wait_addresses()
    assert not lab.sends_from(ADDRESS)
    assert lab.out(dhcp.client(dhcp.DISCOVER, GUEST))


def test_given_back(sandbox):
    """N99, N100: NAK does not end a lease, RELEASE and DECLINE do."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease()
    lab.wait_addresses(ADDRESS)
    assert lab.into(dhcp.server(dhcp.NAK, GUEST, "0.0.0.0"))
    lab.lease(OTHER, 2)
    lab.wait_addresses(ADDRESS, OTHER)
    assert lab.out(dhcp.client(dhcp.RELEASE, GUEST, ciaddr=ADDRESS))
    lab.wait_addresses(OTHER)
    assert not lab.sends_from(ADDRESS)
    assert lab.sends_from(OTHER)
    assert lab.out(dhcp.client(dhcp.DECLINE, GUEST, requested=OTHER))
    lab.wait_addresses()
    sandbox.wait_status("guest", "learning")
    assert not lab.sends_from(OTHER)


def test_lease_for_ever(sandbox):
    """N102, with a short one beside it."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease(lease=dhcp.FOREVER)
    lab.lease(OTHER, 2, lease=3)
    lab.wait_addresses(ADDRESS, OTHER)
    lab.wait_addresses(ADDRESS)
    assert lab.sends_from(ADDRESS)
    assert not lab.sends_from(OTHER)


def test_several_leases(sandbox):
    """N103: $IP is the list; a change of it compiles nothing and leaves
    connections of other addresses alone."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease()
    lab.wait_addresses(ADDRESS)
    before = set(sandbox.flows())
    lab.lease(OTHER, 2)
    lab.wait_addresses(ADDRESS, OTHER)
    assert lab.sends_from(ADDRESS) and lab.sends_from(OTHER)
    assert not lab.sends_from(THIRD)
    added = set(sandbox.flows()) - before
    assert len(added) < 10, added


def test_unasked(sandbox):
    """An answer to nobody's question, or to another guest's, is none."""
    lab = Lab(sandbox, mode="dhcp")
    assert lab.into(dhcp.server(dhcp.ACK, GUEST, ADDRESS, 7))
    assert lab.out(dhcp.client(dhcp.REQUEST, GUEST, 8, requested=OTHER))
    assert lab.into(dhcp.server(dhcp.ACK, frames.mac(7), ADDRESS, 8,
                                broadcast=True))
    assert lab.into(dhcp.server(dhcp.ACK, GUEST, OTHER, 8))
    lab.wait_addresses(OTHER)


def test_forged_server(sandbox):
    """What another guest sends as a server is no server's word, though it
    arrives; nor is what the guest sends itself."""
    lab = Lab(sandbox, mode="dhcp")
    sandbox.define("<filter name='open'/>")
    forger = sandbox.add_port("forger", filter="open", mac=dhcp.SERVER_MAC)
    sandbox.wait_installed("forger")
    assert lab.out(dhcp.client(dhcp.REQUEST, GUEST, requested=ADDRESS))
    for broadcast in (False, True):
        assert sandbox.crosses(forger, lab.guest, dhcp.server(
            dhcp.ACK, GUEST, OTHER, broadcast=broadcast))
    lab.out(dhcp.server(dhcp.ACK, GUEST, OTHER, src=GUEST))
    sandbox.del_port("forger")
    sandbox.sync()
    lab.teach()
    assert lab.into(dhcp.server(dhcp.ACK, GUEST, ADDRESS))
    lab.wait_addresses(ADDRESS)


def check_waiting(lab):
    """DHCP's rules and no others."""
    assert not lab.sends_from(ADDRESS)
    assert not lab.out(arp(ADDRESS))
    assert not lab.into(frames.udp(saddr="10.0.0.2", daddr=ADDRESS, src=PEER,
                                   dst=GUEST))
    assert lab.out(dhcp.client(dhcp.DISCOVER, GUEST))
    assert lab.s.status("guest") == "learning"


def test_redefined_while_waiting(sandbox):
    """N107: a filter that is defined again, itself or below a reference, does
    not open a port that waits."""
    lab = Lab(sandbox, mode="dhcp")
    for document in (CLEAN_EDITED, CLEAN, CLEAN_EDITED):
        sandbox.define(document)
        sandbox.sync()
        check_waiting(lab)
    sandbox.define(NESTED)
    sandbox.vsctl("set", "interface", "guest", "external_ids:nwfilter=nested")
    sandbox.sync()
    check_waiting(lab)
    sandbox.define(CLEAN)
    sandbox.sync()
    check_waiting(lab)
    lab.lease()
    lab.wait_addresses(ADDRESS)
    sandbox.wait_installed("guest")
    assert lab.sends_from(ADDRESS)
    sandbox.define(CLEAN_EDITED)
    sandbox.sync()
    assert lab.sends_from(ADDRESS) and not lab.sends_from(OTHER)


def test_redefined_any(sandbox):
    """The same with the rules of `any'."""
    lab = Lab(sandbox)
    for document in (CLEAN_EDITED, CLEAN):
        sandbox.define(document)
        sandbox.sync()
        assert not lab.out(frames.ethernet(0x88b5, bytes(46), src=GUEST,
                                           dst=PEER))
        assert lab.out(arp(ADDRESS))
        assert sandbox.status("guest") == "learning"


# IPv6.

LINK, OWN, OTHER6 = dhcp.link_local(GUEST), "fd00::1", "fd00::9"


class Lab6(Lab):
    def __init__(self, sandbox, mode, **params):
        super().__init__(sandbox, filter="clean6", CTRL_IPV6_LEARNING=mode,
                         **params)

    def sends_from(self, address):
        return self.out(frames.udp(saddr=address, daddr="fd00::2", src=GUEST,
                                   dst=PEER))


def test_claimed(sandbox):
    """With `any' the guest has what it claims, link-local and not."""
    lab = Lab6(sandbox, "any")
    assert not lab.out(arp(ADDRESS))
    lab.out(dhcp.dad(frames.mac(7), OTHER6))
    lab.out(dhcp.dad(GUEST, LINK))
    lab.wait_addresses(LINK)
    sandbox.wait_installed("guest")
    assert lab.sends_from(LINK) and not lab.sends_from(OWN)
    lab.out(dhcp.dad(GUEST, OWN))
    lab.wait_addresses(LINK, OWN)
    assert lab.sends_from(LINK) and lab.sends_from(OWN)
    assert not lab.sends_from(OTHER6)


def test_dhcpv6(sandbox):
    """With `dhcp' it has what a server replies, and its link-local address
    with that."""
    lab = Lab6(sandbox, "dhcp")
    assert not lab.sends_from(OWN)
    assert lab.out(dhcp.dad(GUEST, LINK))
    assert lab.out(dhcp.client6(dhcp.SOLICIT, GUEST, 1))
    assert lab.into(dhcp.server6(dhcp.ADVERTISE, GUEST, OTHER6, 1))
    assert lab.out(dhcp.client6(dhcp.REQUEST6, GUEST, 2, OWN))
    assert lab.into(dhcp.server6(dhcp.REPLY, GUEST, OTHER6, 3))
    assert lab.into(dhcp.server6(dhcp.REPLY, GUEST, OWN, 2, lifetime=4))
    lab.wait_addresses(OWN, LINK)
    assert lab.sends_from(OWN) and lab.sends_from(LINK)
    assert not lab.sends_from(OTHER6)
    lab.wait_addresses()
    sandbox.wait_status("guest", "learning")
    assert not lab.sends_from(OWN) and not lab.sends_from(LINK)

    lab.out(dhcp.client6(dhcp.REQUEST6, GUEST, 5, OWN))
    lab.into(dhcp.server6(dhcp.REPLY, GUEST, OWN, 5))
    lab.wait_addresses(OWN, LINK)
    assert lab.out(dhcp.client6(dhcp.RELEASE6, GUEST, 6, OWN))
    lab.wait_addresses()
