# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The policy as filters: nothing forged, ten services in, names and ping out,
nothing else; and frames that it has to pass or to stop."""

import frames
from style import SERVICES, service

ROUTER = frames.mac(1)
OUTSIDE = "198.51.100.1"

ADDRESSES = """<filter name='bench-addresses' chain='mac' priority='-800'>
  <rule action='return' direction='out'><mac srcmacaddr='$MAC'/></rule>
  <rule action='drop' direction='out'><mac/></rule>
</filter>"""

IPV4 = """<filter name='bench-ipv4' chain='ipv4' priority='-700'>
  <rule action='accept' direction='out'><ip srcipaddr='$IP'/></rule>
  <rule action='drop' direction='out'/>
</filter>"""

ARP = """<filter name='bench-arp' chain='arp' priority='-500'>
  <rule action='accept' direction='out'>
    <arp arpsrcmacaddr='$MAC' arpsrcipaddr='$IP'/>
  </rule>
  <rule action='drop' direction='out'/>
</filter>"""


def filters(services=SERVICES):
    """The documents, the one that guests name last."""
    accepts = "".join(
        f"<rule action='accept' direction='in'><tcp dstportstart='{number}'/>"
        "</rule>\n  " for number in services)
    return [ADDRESSES, IPV4, ARP, f"""<filter name='bench-web' chain='root'>
  <filterref filter='bench-addresses'/>
  <filterref filter='bench-ipv4'/>
  <filterref filter='bench-arp'/>
  <rule action='accept' direction='inout'><mac protocolid='arp'/></rule>
  <rule action='accept' direction='inout'><mac protocolid='ipv4'/></rule>
  <rule action='drop' direction='inout' priority='1000'/>
  {accepts}
  <rule action='accept' direction='out'><udp dstportstart='53'/></rule>
  <rule action='accept' direction='out'><icmp/></rule>
  <rule action='drop' direction='inout'><all/></rule>
</filter>"""]


def inward(make, guest, source=OUTSIDE, **fields):
    return make(saddr=source, daddr=guest.ip, src=ROUTER, dst=guest.mac,
                **fields)


def outward(make, guest, target=OUTSIDE, **fields):
    return make(**{"saddr": guest.ip, "daddr": target, "src": guest.mac,
                   "dst": ROUTER, **fields})


def name_lookup(guest, sport, resolver):
    """A question from the guest and its answer: (goes in, frame)."""
    return [(False, outward(frames.udp, guest, resolver, sport=sport,
                            dport=53)),
            (True, inward(frames.udp, guest, resolver, sport=53,
                          dport=sport))]


def web_connection(guest, sport, client, number):
    """A connection to one of the guest's services: (goes in, frame)."""
    to = dict(source=client, sport=sport, dport=service(number))
    back = dict(target=client, sport=service(number), dport=sport)
    ack = frames.ACK
    return [(True, inward(frames.tcp, guest, **to, seq=1)),
            (False, outward(frames.tcp, guest, **back, seq=1, ack=2,
                            flags=frames.SYN | ack)),
            (True, inward(frames.tcp, guest, **to, seq=2, ack=2, flags=ack)),
            (True, inward(frames.tcp, guest, **to, seq=2, ack=2,
                          flags=ack | frames.PSH, data=b"question")),
            (False, outward(frames.tcp, guest, **back, seq=2, ack=10,
                            flags=ack | frames.PSH, data=b"answer"))]


def probes(guest, other):
    """[(what, goes in, frame, passes)], in this order."""
    arp = dict(op=1, dst=ROUTER, tpa=OUTSIDE)
    echo = dict(ident=7)
    return [
        ("service", True, inward(frames.tcp, guest, dport=service(0)), True),
        ("no service", True, inward(frames.tcp, guest, dport=999), False),
        ("udp in", True, inward(frames.udp, guest, dport=53), False),
        ("ping in", True, inward(frames.icmp, guest, ident=6), False),
        ("ping out", False, outward(frames.icmp, guest, **echo), True),
        ("pong in", True, inward(frames.icmp, guest, kind=0, **echo), True),
        ("name out", False, outward(frames.udp, guest, dport=53), True),
        ("tcp out", False, outward(frames.tcp, guest, dport=80), False),
        ("udp out", False, outward(frames.udp, guest, dport=54), False),
        ("other's MAC", False, outward(frames.udp, guest, dport=53,
                                       sport=2, src=other.mac), False),
        ("other's IP", False, outward(frames.udp, guest, dport=53, sport=3,
                                      saddr=other.ip), False),
        ("ARP", False, frames.arp(sha=guest.mac, spa=guest.ip, **arp), True),
        ("ARP, other's IP", False,
         frames.arp(sha=guest.mac, spa=other.ip, **arp), False),
        ("ARP in", True, frames.arp(op=2, sha=ROUTER, spa=OUTSIDE,
                                    tha=guest.mac, tpa=guest.ip,
                                    dst=guest.mac), True),
        ("IPv6", False, frames.udp(saddr="fe80::1", daddr="fe80::2",
                                   src=guest.mac, dst=ROUTER), False),
    ]
