# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Learning and the filters that it is for: below references, and with the
filters that come with the program."""

import dhcp
import frames
from guest_lab import ADDRESS, CLEAN, GUEST, OTHER, PEER, Lab, arp

# The same meaning, another text.
CLEAN_EDITED = CLEAN.replace("priority='1000'", "priority='999'")

# $IP below a reference.
NESTED = """<filter name='nested'><filterref filter='clean'/></filter>"""


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


def check_waiting(lab):
    """DHCP's rules and no others."""
    assert not lab.sends_from(ADDRESS)
    assert not lab.out(arp(ADDRESS))
    assert not lab.into(frames.udp(saddr="10.0.0.2", daddr=ADDRESS, src=PEER,
                                   dst=GUEST))
    assert lab.out(dhcp.client(dhcp.DISCOVER, GUEST))
    assert lab.s.status("guest") == "learning"


def test_nested_filter_redefined(sandbox):
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


def test_claims_past_the_filter(sandbox):
    """A claim counts also where the filter in force drops it: a guest with
    no-ipv6-spoofing has a link-local address, then others."""
    link, own, other = dhcp.link_local(GUEST), "fd00::1", "fd00::9"
    lab = Lab(sandbox)
    sandbox.vsctl("set", "interface", "guest", "external_ids:nwfilter=spoof6",
                  "external_ids:nwfilter.CTRL_IPV6_LEARNING=any")
    sandbox.define("""<filter name='spoof6' chain='root'>
<filterref filter='no-ipv6-spoofing'/></filter>""")
    sandbox.sync()
    sandbox.wait_status("guest", "learning")

    def sends_from(address):
        return lab.out(frames.tcp(saddr=address, daddr="fd00::2", src=GUEST,
                                  dst=PEER))

    lab.out(dhcp.dad(GUEST, link))
    lab.wait_addresses(link)
    sandbox.wait_installed("guest")
    assert sends_from(link) and not sends_from(own)
    assert not lab.out(dhcp.dad(GUEST, own))
    lab.wait_addresses(link, own)
    assert sends_from(link) and sends_from(own) and not sends_from(other)
