# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""A guest whose port learns its addresses, and the network around it."""

import time

import dhcp
import frames
from sandbox import Failure, wait_until

GUEST, PEER = frames.mac(1), frames.mac(2)
ADDRESS, OTHER = "10.0.0.1", "10.0.0.9"

# What the guest may be: itself.  ($MAC and $IP in one rule would go side by
# side, and need as many values.)
CLEAN = """<filter name='clean'>
<rule action='drop' direction='out' priority='1'>
 <mac match='no' srcmacaddr='$MAC'/></rule>
<rule action='accept' direction='out'><ip srcipaddr='$IP'/></rule>
<rule action='accept' direction='out'>
 <ip srcipaddr='0.0.0.0' protocol='udp'/></rule>
<rule action='accept' direction='in'><ip/></rule>
<rule action='drop' direction='inout' priority='1000'/>
</filter>"""

# The same for IPv6.
CLEAN_6 = """<filter name='clean6'>
<rule action='drop' direction='out' priority='1'>
 <mac match='no' srcmacaddr='$MAC'/></rule>
<rule action='accept' direction='out'><ipv6 srcipaddr='$IPV6'/></rule>
<rule action='accept' direction='out'>
 <ipv6 srcipaddr='::' protocol='icmpv6'/></rule>
<rule action='accept' direction='out'>
 <ipv6 protocol='udp' srcportstart='546'/></rule>
<rule action='accept' direction='in'><ipv6/></rule>
<rule action='drop' direction='inout' priority='1000'/>
</filter>"""


class Lab:
    """A guest whose port learns, and an unfiltered port that is the network,
    known to the switch as PEER and as the servers' address."""

    def __init__(self, sandbox, mode=None, filter="clean", wait="learning",
                 **params):
        self.s = sandbox
        if mode:
            params["CTRL_IP_LEARNING"] = mode
        sandbox.define(CLEAN, CLEAN_6)
        self.net = sandbox.add_port("net")
        self.guest = sandbox.add_port(
            "guest", filter=filter, mac=GUEST, params=params,
            ids={"vm-id": "vm-1"})
        sandbox.wait_status("guest", wait)
        sandbox.sync()
        self.teach()

    def teach(self):
        for mac in (PEER, dhcp.SERVER_MAC):
            self.net.send(frames.ethernet(0x88b5, bytes(46), src=mac,
                                          dst=mac))
        self.s.settle()

    def out(self, frame):
        return self.s.crosses(self.guest, self.net, frame)

    def into(self, frame):
        return self.s.crosses(self.net, self.guest, frame)

    def served(self, frame):
        """Sends to the guest what a DHCP server does, and returns when it has
        it: first the daemon may have to learn from it."""
        self.guest.receive()
        self.net.send(frame)
        self.guest.receive_until(frame)

    def not_served(self, frame):
        """Fails if the guest gets it, now or from the daemon."""
        assert not self.into(frame)
        self.s.sync()
        self.s.settle()
        assert frame not in self.guest.receive()

    def sends_from(self, address):
        return self.out(frames.udp(saddr=address, daddr="10.0.0.2",
                                   src=GUEST, dst=PEER))

    def asks(self):
        """Whether the guest may ask for an address."""
        return self.out(dhcp.client(dhcp.DISCOVER, GUEST))

    def lease(self, address=ADDRESS, xid=1, **options):
        """The guest asks for an address and gets it."""
        assert self.out(dhcp.client(dhcp.DISCOVER, GUEST, xid))
        self.served(dhcp.server(dhcp.OFFER, GUEST, address, xid, **options))
        assert self.out(dhcp.client(dhcp.REQUEST, GUEST, xid,
                                    requested=address))
        self.served(dhcp.server(dhcp.ACK, GUEST, address, xid, **options))

    def addresses(self):
        """What `nwfctl ports' says of the guest, without its MAC address."""
        for line in self.s.nwfctl("ports").splitlines():
            words = line.split()
            if words[:1] == ["guest"]:
                return sorted(words[3].split(",")[1:])
        raise Failure("no guest among the ports")

    def wait_addresses(self, *addresses, seconds=60):
        wait_until(lambda: self.addresses() == sorted(addresses),
                   f"the guest has {addresses}", seconds)
        self.s.sync()


def in_time(check):
    """Calls check(SECONDS), which gives the guest something for so long and
    looks whether it has it; again with more, if the machine was too slow."""
    for seconds in (2, 8, 32, 128):
        begin = time.monotonic()
        try:
            return check(seconds)
        except (AssertionError, Failure):
            if time.monotonic() - begin < seconds:
                raise
    raise Failure("there was no time to see it")


def arp(address, src=GUEST):
    return frames.arp(sha=src, spa=address, src=src)
