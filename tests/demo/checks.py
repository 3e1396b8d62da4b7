# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""What the demonstration tries, and what has to come of it."""
import collections
import os
import socket
import subprocess

import frames

PASS, DROP = "pass", "drop"
HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = "Hello from the guest.\n"
PYTHON = "/usr/bin/python3"     # The one that Debian's packages belong to.
NAME, NAME_ADDRESS = "web.demo.example", "192.0.2.7"

# test(patience) says whether the traffic came through; it waits that many
# seconds for it.  'open' is what to expect on ports without a filter, 'policy'
# with the demonstration's filters.  'trace' is the packet that the policy
# drops: port, direction, flow as nwfctl's trace takes it.
Check = collections.namedtuple("Check", "area text test open policy trace",
                               defaults=[None])


def start_services(lab):
    """The servers: of the guest, and of the peer."""
    guest, peer = lab.hosts["guest"].ip, lab.hosts["peer"].ip
    files = f"{lab.dir}/files"
    os.mkdir(files)
    with open(f"{files}/index.html", "w") as f:
        f.write(PAGE)
    for host, ip, port in (("guest", guest, 80), ("guest", guest, 8080),
                           ("peer", peer, 80)):
        lab.serve(f"web-{host}-{port}", host, port, PYTHON, "-m",
                  "http.server", str(port), "--bind", ip,
                  "--directory", files)
    lab.serve("echo", "guest", 22, PYTHON, f"{HERE}/echo.py", guest, "22", "7")
    lab.serve("ftp", "guest", 21, PYTHON, f"{HERE}/ftpd.py", guest, files)
    lab.serve("dns", "peer", 53, "dnsmasq", "--keep-in-foreground",
              "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
              "--user=root", "--pid-file", f"--listen-address={peer}",
              "--bind-interfaces", f"--address=/{NAME}/{NAME_ADDRESS}")


class Clients:
    """Real clients.  Each method makes a test for a Check."""

    def __init__(self, lab):
        self.lab = lab

    def run(self, host, patience, *argv, input=None):
        """The output of a program at HOST, None if it failed or hung."""
        try:
            r = subprocess.run(["ip", "netns", "exec", host, *argv],
                               env=self.lab.env, cwd=self.lab.dir, input=input,
                               capture_output=True, text=True,
                               timeout=patience + 1)
        except subprocess.TimeoutExpired:
            return None
        return None if r.returncode else r.stdout

    def ip(self, host):
        return self.lab.hosts[host].ip

    def ping(self, host, to):
        return lambda patience: self.run(
            host, patience, "ping", "-c1", f"-W{patience}", to) is not None

    def curl(self, host, url, *options, expect=PAGE):
        return lambda patience: self.run(
            host, patience, "curl", "--silent", "--noproxy", "*", "--max-time",
            str(patience), *options, url) == expect

    def dig(self, host, *options):
        return lambda patience: self.run(
            host, patience, "dig", "+short", "+tries=1",
            f"+time={int(patience)}", *options, f"@{self.ip('peer')}",
            NAME) == NAME_ADDRESS + "\n"

    def ftp(self, host):
        """Active mode: the server connects to the client for the file."""
        def test(patience):
            file = f"{self.lab.dir}/ftp-{host}"
            if os.path.exists(file):
                os.unlink(file)
            self.run(host, patience, "tnftp", "-n", "-i", "-A",
                     input="epsv4 off\n"
                     f"open {self.ip('guest')}\n"
                     "user anonymous demo@demo.example\n"
                     f"get index.html {file}\nquit\n")
            if not os.path.exists(file):
                return False
            with open(file) as f:
                return f.read() == PAGE
        return test

    def echo(self, host, to, port, kind=socket.SOCK_STREAM, source=0):
        """A few bytes there and back, over TCP or UDP."""
        def test(patience):
            def open_socket():
                s = socket.socket(socket.AF_INET, kind)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind((self.ip(host), source))
                return s
            with self.lab.inside(host, open_socket) as s:
                s.settimeout(patience)
                try:
                    s.connect((self.ip(to), port))
                    s.sendall(b"hello\r\n\r\n")
                    return len(s.recv(100)) > 0
                except OSError:
                    return False
        return test


def service_checks(lab):
    c = Clients(lab)
    guest, peer, tenant = (lab.hosts[n] for n in ("guest", "peer", "tenant"))

    def ports(a, b, protocol, port):
        return (f"{protocol},dl_src={a.mac},dl_dst={b.mac},nw_src={a.ip},"
                f"nw_dst={b.ip},nw_ttl=64,tp_src=50000,tp_dst={port}")

    def echo(a, b):
        return (f"icmp,dl_src={a.mac},dl_dst={b.mac},nw_src={a.ip},"
                f"nw_dst={b.ip},nw_ttl=64,icmp_type=8,icmp_code=0")

    return [
        Check("ping", "guest pings peer",
              c.ping("guest", peer.ip), PASS, PASS),
        Check("ping", "guest pings tenant",
              c.ping("guest", tenant.ip), PASS, PASS),
        Check("ping", "peer pings guest",
              c.ping("peer", guest.ip), PASS, DROP,
              ("guest", "in", echo(peer, guest))),
        Check("ping", "tenant pings guest",
              c.ping("tenant", guest.ip), PASS, DROP),
        Check("ping", "tenant pings peer",
              c.ping("tenant", peer.ip), PASS, PASS),
        Check("ping", "peer pings guest over IPv6",
              c.ping("peer", guest.ip6), PASS, DROP),
        Check("ssh", "peer talks to guest:22 and hears the echo",
              c.echo("peer", "guest", 22), PASS, PASS),
        Check("ssh", "tenant talks to guest:22 and hears the echo",
              c.echo("tenant", "guest", 22), PASS, PASS),
        Check("web", "curl from peer to guest:80",
              c.curl("peer", f"http://{guest.ip}/"), PASS, PASS),
        Check("web", "curl from tenant to guest:80",
              c.curl("tenant", f"http://{guest.ip}/"), PASS, PASS),
        Check("web", "curl from peer to guest:8080",
              c.curl("peer", f"http://{guest.ip}:8080/"), PASS, DROP,
              ("guest", "in", ports(peer, guest, "tcp", 8080))),
        Check("web", "curl from guest to peer:80",
              c.curl("guest", f"http://{peer.ip}/"), PASS, DROP,
              ("guest", "out", ports(guest, peer, "tcp", 80))),
        Check("dns", "dig from guest to peer",
              c.dig("guest"), PASS, PASS),
        Check("dns", "dig from guest to peer, over TCP",
              c.dig("guest", "+tcp"), PASS, DROP),
        Check("udp", "peer sends to guest:7 and hears the echo",
              c.echo("peer", "guest", 7, socket.SOCK_DGRAM), PASS, DROP,
              ("guest", "in", ports(peer, guest, "udp", 7))),
        Check("ftp", "peer gets a file from guest in active mode",
              c.ftp("peer"), PASS, PASS),
        Check("ftp", "tenant gets a file from guest in active mode",
              c.ftp("tenant"), PASS, PASS),
        Check("ftp", "peer gets a file from guest in passive mode",
              c.curl("peer", f"ftp://{guest.ip}/index.html",
                     "--disable-epsv"), PASS, DROP),
        Check("ftp", "guest connects from port 20 though nobody asked",
              c.echo("guest", "peer", 80, source=20), PASS, DROP),
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

    def check(text, make, policy, trace=None):
        return Check("spoof", f"{name} sends {text}",
                     lambda patience: wire.reaches("peer", name, make),
                     PASS, policy, trace and (name, "out", trace))

    return [
        check("an honest echo request to peer", ping, PASS),
        check("it from another MAC address",
              lambda tag: ping(tag, src_mac=nobody_mac), DROP,
              f"icmp,dl_src={nobody_mac},dl_dst={peer.mac},nw_src={me.ip},"
              f"nw_dst={peer.ip},icmp_type=8"),
        check("it from another IP address",
              lambda tag: ping(tag, src_ip=nobody_ip), DROP,
              f"icmp,dl_src={me.mac},dl_dst={peer.mac},nw_src={nobody_ip},"
              f"nw_dst={peer.ip},icmp_type=8"),
        check("an honest ARP request", arp, PASS),
        check("ARP that claims another's IP address",
              lambda tag: arp(tag, spa=nobody_ip), DROP,
              f"arp,dl_src={me.mac},dl_dst={frames.BROADCAST},arp_op=1,"
              f"arp_sha={me.mac},arp_spa={nobody_ip},arp_tpa={peer.ip}"),
        check("ARP that claims another MAC address",
              lambda tag: arp(tag, sha=nobody_mac), DROP),
        check("a frame of an unknown protocol",
              other(0x88b5, b""), DROP),
        check("a VLAN-tagged packet",
              other(0x8100, b"\0\x07\x08\0"), DROP),
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

    def learned(watched):
        def test(patience):
            wire.reaches("tenant", "peer", arp(unknown, "10.0.0.98"))
            return wire.reaches(watched, "tenant", to_unknown, "peer")
        return test

    def survives_takeover(patience):
        wire.reaches("tenant", "peer", arp(guest.mac, guest.ip))
        try:
            return wire.reaches("guest", "tenant", to_guest, "peer")
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
