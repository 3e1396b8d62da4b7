# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The hosts' servers and clients: programs that people use."""
import os
import socket
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"     # The one that Debian's packages belong to.
PAGE = "Hello from the guest.\n"
NAME, NAME_ADDRESS = "web.demo.example", "192.0.2.7"


def start(lab):
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
              "--bind-interfaces", f"--address=/{NAME}/{NAME_ADDRESS}",
              "--dhcp-range=10.0.0.100,10.0.0.109,120", "--no-ping",
              "--dhcp-authoritative",
              f"--dhcp-leasefile={lab.dir}/dnsmasq.leases")


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
