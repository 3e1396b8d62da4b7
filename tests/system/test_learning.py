# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Addresses that nobody wrote down: which rules hold while a port waits, what
is learned, and what becomes of it."""

import dhcp
import frames
from guest_lab import ADDRESS, GUEST, OTHER, PEER, Lab, arp


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
    assert lab.into(dhcp.server(dhcp.OFFER, frames.mac(7), OTHER,
                                broadcast=True))
    assert lab.into(dhcp.server(dhcp.OFFER, GUEST, ADDRESS))
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
        assert lab.into(dhcp.server(dhcp.OFFER, GUEST, ADDRESS,
                                    broadcast=broadcast))
    assert lab.out(dhcp.client(dhcp.DISCOVER, GUEST))
    assert not lab.out(dhcp.client(dhcp.DISCOVER, frames.mac(7)))


def test_dhcp_servers(sandbox):
    """N95: with DHCPSERVER, from those only."""
    lab = Lab(sandbox, mode="dhcp", DHCPSERVER=f"10.0.0.253,{dhcp.SERVER}")
    assert not lab.into(dhcp.server(dhcp.OFFER, GUEST, ADDRESS,
                                    saddr="10.0.0.77"))
    lab.lease()
    lab.wait_addresses(ADDRESS)
    # The filter is in force now, and lets another server's answer in.
    assert lab.into(dhcp.server(dhcp.ACK, GUEST, OTHER, saddr="10.0.0.77"))
    lab.wait_addresses(ADDRESS)


def test_lease(sandbox):
    """N98, N99: an acknowledgement counts, an offer does not."""
    lab = Lab(sandbox, mode="dhcp")
    assert lab.into(dhcp.server(dhcp.OFFER, GUEST, OTHER))
    lab.lease()
    lab.wait_addresses(ADDRESS)
    sandbox.wait_installed("guest")
    assert lab.sends_from(ADDRESS)
    assert not lab.sends_from(OTHER)
