# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""What the demonstration tries, and what has to come of it."""
import collections
import socket

import frames
from services import Clients

PASS, DROP = "pass", "drop"

# test(patience) says whether the traffic came through; it waits that many
# seconds for it.  'open' is what to expect on ports without a filter, 'policy'
# with the demonstration's filters.  'packet', as ofproto/trace takes it, is
# what the policy drops: the demonstration asks which rule does.
Check = collections.namedtuple("Check", "area text test open policy packet",
                               defaults=[None])


def ethernet(kind, a, b, **fields):
    """A frame from A to B, as ofproto/trace takes it."""
    fields = {"in_port": a.name, "dl_src": a.mac, "dl_dst": b.mac, **fields}
    return ",".join([kind, *(f"{k}={v}" for k, v in fields.items())])


def ipv4(kind, a, b, **fields):
    return ethernet(kind, a, b, **{"nw_src": a.ip, "nw_dst": b.ip,
                                   "nw_ttl": 64, **fields})


def first(protocol, a, b, port):
    """The first packet of a connection."""
    fields = {f"{protocol}_src": 50000, f"{protocol}_dst": port}
    if protocol == "tcp":
        fields["tcp_flags"] = "syn"
    return ipv4(protocol, a, b, **fields)


def service_checks(lab):
    """Programs that people use, between the hosts."""
    hosts = [lab.hosts[name] for name in ("guest", "peer", "tenant")]
    return (ping_checks(Clients(lab), *hosts)
            + stream_checks(Clients(lab), *hosts)
            + lookup_checks(Clients(lab), *hosts)
            + ftp_checks(Clients(lab), *hosts))


def ping_checks(clients, guest, peer, tenant):
    ping = clients.ping
    return [
        Check("ping", "guest pings peer",
              ping("guest", peer.ip), PASS, PASS),
        Check("ping", "guest pings tenant",
              ping("guest", tenant.ip), PASS, PASS),
        Check("ping", "peer pings guest",
              ping("peer", guest.ip), PASS, DROP,
              ipv4("icmp", peer, guest, icmp_type=8)),
        Check("ping", "tenant pings guest",
              ping("tenant", guest.ip), PASS, DROP),
        Check("ping", "tenant pings peer",
              ping("tenant", peer.ip), PASS, PASS),
        Check("ping", "peer pings guest over IPv6",
              ping("peer", guest.ip6), PASS, DROP),
    ]


def stream_checks(clients, guest, peer, tenant):
    echo, curl = clients.echo, clients.curl
    return [
        Check("ssh", "peer talks to guest:22 and hears the echo",
              echo("peer", "guest", 22), PASS, PASS),
        Check("ssh", "tenant talks to guest:22 and hears the echo",
              echo("tenant", "guest", 22), PASS, PASS),
        Check("web", "curl from peer to guest:80",
              curl("peer", f"http://{guest.ip}/"), PASS, PASS),
        Check("web", "curl from tenant to guest:80",
              curl("tenant", f"http://{guest.ip}/"), PASS, PASS),
        Check("web", "curl from peer to guest:8080",
              curl("peer", f"http://{guest.ip}:8080/"), PASS, DROP,
              first("tcp", peer, guest, 8080)),
        Check("web", "curl from guest to peer:80",
              curl("guest", f"http://{peer.ip}/"), PASS, DROP,
              first("tcp", guest, peer, 80)),
    ]


def lookup_checks(clients, guest, peer, tenant):
    dig, echo = clients.dig, clients.echo
    return [
        Check("dns", "dig from guest to peer",
              dig("guest"), PASS, PASS),
        Check("dns", "dig from guest to peer, over TCP",
              dig("guest", "+tcp"), PASS, DROP,
              first("tcp", guest, peer, 53)),
        Check("udp", "peer sends to guest:7 and hears the echo",
              echo("peer", "guest", 7, socket.SOCK_DGRAM), PASS, DROP,
              first("udp", peer, guest, 7)),
    ]


def ftp_checks(clients, guest, peer, tenant):
    return [
        Check("ftp", "peer gets a file from guest in active mode",
              clients.ftp("peer"), PASS, PASS),
        Check("ftp", "tenant gets a file from guest in active mode",
              clients.ftp("tenant"), PASS, PASS),
        Check("ftp", "peer gets a file from guest in passive mode",
              clients.curl("peer", f"ftp://{guest.ip}/index.html",
                           "--disable-epsv"), PASS, DROP),
        Check("ftp", "guest connects from port 20 though nobody asked",
              clients.echo("guest", "peer", 80, source=20), PASS, DROP),
    ]


def spoofing_checks(lab, wire, name):
    """Frames of host NAME with addresses that are not its own."""
    me, peer = lab.hosts[name], lab.hosts["peer"]
    nobody_mac, nobody_ip = "02:00:00:00:66:66", "10.0.0.66"

    def ping(tag, src_mac=me.mac, src_ip=me.ip):
        return frames.ethernet(peer.mac, src_mac, 0x0800,
                               frames.echo_request(src_ip, peer.ip, tag), tag)

    def arp(tag, sha=me.mac, spa=me.ip):
        return frames.ethernet(frames.BROADCAST, me.mac, 0x0806,
                               frames.arp(sha, spa, peer.ip), tag)

    def other(eth_type, data):
        return lambda tag: frames.ethernet(peer.mac, me.mac, eth_type, data,
                                           tag)

    def check(text, make, policy, packet=None):
        return Check("spoof", f"{name} sends {text}",
                     lambda patience: wire.reaches("peer", name, make),
                     PASS, policy, packet)

    def arp_packet(**fields):
        return ethernet("arp", me, peer, **{
            "dl_dst": frames.BROADCAST, "arp_op": 1, "arp_sha": me.mac,
            "arp_spa": me.ip, "arp_tpa": peer.ip, **fields})

    return [
        check("an honest echo request to peer", ping, PASS),
        check("it from another MAC address",
              lambda tag: ping(tag, src_mac=nobody_mac), DROP,
              ipv4("icmp", me, peer, dl_src=nobody_mac, icmp_type=8)),
        check("it from another IP address",
              lambda tag: ping(tag, src_ip=nobody_ip), DROP,
              ipv4("icmp", me, peer, nw_src=nobody_ip, icmp_type=8)),
        check("an honest ARP request", arp, PASS),
        check("ARP that claims another's IP address",
              lambda tag: arp(tag, spa=nobody_ip), DROP,
              arp_packet(arp_spa=nobody_ip)),
        check("ARP that claims another MAC address",
              lambda tag: arp(tag, sha=nobody_mac), DROP,
              arp_packet(arp_sha=nobody_mac)),
        check("a frame of an unknown protocol",
              other(0x88b5, b""), DROP,
              ethernet("dl_type=0x88b5", me, peer)),
        check("a VLAN-tagged packet",
              other(0x8100, b"\0\x07\x08\0"), DROP,
              ipv4("ip", me, peer, dl_vlan=7)),
    ]


def switching_checks(lab, wire, unknown):
    """Broadcast, and addresses that the switch knows or does not know.
    UNKNOWN is a MAC address that nobody has used yet."""
    guest, peer, tenant = (lab.hosts[n] for n in ("guest", "peer", "tenant"))

    def datagram(src, dst_mac):
        return lambda tag: frames.ethernet(
            dst_mac, src.mac, 0x0800,
            frames.udp(src.ip, "10.0.0.255", 4242, tag), tag)

    def arp(mac, ip):
        return lambda tag: frames.ethernet(
            frames.BROADCAST, mac, 0x0806, frames.arp(mac, ip, "10.0.0.99"),
            tag)

    def reaches(*args):
        return lambda patience: wire.reaches(*args)

    def peer_speaks_from(mac, ip):
        wire.reaches("tenant", "peer", arp(mac, ip))
        # The datapath's cache follows within half a second; this is faster.
        lab.vswitchd("revalidator/purge")

    def learned(watched):
        def test(patience):
            peer_speaks_from(unknown, "10.0.0.98")
            return wire.reaches(watched, "tenant", to_unknown, "peer")
        return test

    def survives_takeover(patience):
        # The guest may speak in between and have its address back: where it
        # can be taken, one of a few attempts shows it.
        try:
            for _ in range(5):
                peer_speaks_from(guest.mac, guest.ip)
                if not wire.reaches("guest", "tenant", to_guest, "peer"):
                    return False
            return True
        finally:
            wire.reaches("peer", "guest", arp(guest.mac, guest.ip))

    def to_guest(tag):
        return wire.honest("tenant", "guest", tag)

    to_unknown = datagram(tenant, unknown)
    broadcast = datagram(peer, frames.BROADCAST)
    return [
        Check("switch", "broadcast from peer reaches tenant",
              reaches("tenant", "peer", broadcast), PASS, PASS),
        Check("switch", "broadcast from peer reaches guest",
              reaches("guest", "peer", broadcast), PASS, DROP),
        Check("switch", "ARP broadcast from peer reaches guest",
              reaches("guest", "peer", arp(peer.mac, peer.ip)), PASS, PASS),
        Check("switch", "broadcast from guest comes back to guest",
              reaches("guest", "guest", arp(guest.mac, guest.ip), "peer"),
              DROP, DROP),
        Check("learn", "tenant to an unknown address reaches peer",
              reaches("peer", "tenant", to_unknown), PASS, PASS),
        Check("learn", "tenant to an unknown address reaches guest",
              reaches("guest", "tenant", to_unknown), PASS, DROP),
        Check("learn", "the same, once peer has used it, reaches peer",
              learned("peer"), PASS, PASS),
        Check("learn", "the same, once peer has used it, reaches guest",
              learned("guest"), DROP, DROP),
        Check("learn", "tenant reaches guest after peer took its address",
              survives_takeover, DROP, PASS),
    ]
