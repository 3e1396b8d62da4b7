# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""A guest whose address nobody wrote down: it gets leases from real servers,
by a real client."""
import os
import re
import subprocess
import time

from checks import DROP, PASS, ipv4
from lab import Host, wait_until
from services import Clients

HERE = os.path.dirname(os.path.abspath(__file__))
NEWCOMER = Host("newcomer", "52:54:00:00:00:40", None, None)
FOREIGN = "10.0.0.66"
SECONDS = 4                     # A short lease; dnsmasq's are of 120 s.
PATIENCE = 10                   # For a ping that should come through.

UDHCPD = """start 10.0.0.120
end 10.0.0.129
interface eth0
option subnet 255.255.255.0
option lease %d
min_lease 1
"""


class Leases:
    def __init__(self, show, lab):
        self.show, self.lab = show, lab
        self.clients = Clients(lab)
        self.peer = lab.hosts["peer"].ip
        self.pace = 0           # Seconds until a lease has been tried out.

    def client(self, *options):
        """Starts udhcpc at the newcomer."""
        return subprocess.Popen(
            ["ip", "netns", "exec", NEWCOMER.name, "udhcpc", "-f", "-i",
             "eth0", "-t20", "-T1", "-s", f"{HERE}/lease-script", *options],
            env=self.lab.env, cwd=self.lab.dir, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def address(self):
        """The address that the newcomer's client has taken."""
        def taken():
            output = self.lab.run("ip", "-n", NEWCOMER.name, "-4", "-o",
                                  "addr", "show", "dev", "eth0")
            return set(re.findall(r"inet ([0-9.]+)", output)) - {FOREIGN}

        return wait_until(taken, "the newcomer has an address").pop()

    def ping(self, text, address, expected):
        came = self.clients.run(
            NEWCOMER.name, PATIENCE, "ping", "-c1", f"-W{PATIENCE}"
            if expected == PASS else "-W1", "-I", address,
            self.peer) is not None
        self.show.result("dhcp", f"newcomer pings from {text}", expected,
                         "passed" if came else "dropped",
                         came == (expected == PASS))
        if not came:
            me = NEWCOMER._replace(ip=address)
            self.show.decided(ipv4("icmp", me, self.lab.hosts["peer"],
                                   icmp_type=8))

    def wait_status(self, expected):
        self.lab.wait_status(NEWCOMER.name, expected)
        self.show.status(NEWCOMER.name, expected)

    def arrive(self):
        self.lab.add_host(NEWCOMER)
        self.lab.set_port(NEWCOMER.name, {
            "nwfilter": "clean-traffic", "nwfilter.CTRL_IP_LEARNING": "dhcp"})
        self.wait_status("learning")
        self.lab.run("ip", "-n", NEWCOMER.name, "addr", "add",
                     f"{FOREIGN}/24", "dev", "eth0")
        self.ping("an address of its own making", FOREIGN, DROP)

    def given_back(self):
        """A lease of dnsmasq's, which the client gives back when it ends."""
        begin = time.monotonic()
        client = self.client("-R")
        self.wait_status("installed")
        address = self.address()
        self.show.say(f"      udhcpc has {address} from dnsmasq.")
        self.ping("its lease", address, PASS)
        self.pace = time.monotonic() - begin
        self.ping("another address", FOREIGN, DROP)
        client.terminate()
        client.communicate(timeout=60)
        self.wait_status("learning")
        self.ping("the address that it gave back", address, DROP)
        self.lab.run("ip", "-n", NEWCOMER.name, "addr", "del",
                     f"{address}/24", "dev", "eth0")

    def runs_out(self):
        """A short one, which nobody renews."""
        self.lab.stop("dns")
        seconds = max(SECONDS, round(3 * self.pace))
        with open(f"{self.lab.dir}/udhcpd.conf", "w") as f:
            f.write(UDHCPD % seconds
                    + f"lease_file {self.lab.dir}/udhcpd.leases\n"
                    f"pidfile {self.lab.dir}/udhcpd.pid\n")
        open(f"{self.lab.dir}/udhcpd.leases", "w").close()
        self.lab.start("udhcpd", "peer", "udhcpd", "-f", "-a1",
                       f"{self.lab.dir}/udhcpd.conf")
        client = self.client("-q", "-n")
        self.wait_status("installed")
        address = self.address()
        self.show.say(f"      udhcpc has {address} from udhcpd, for "
                      f"{seconds} s, and ends.")
        self.ping("its lease", address, PASS)
        client.communicate(timeout=60)
        self.wait_status("learning")
        self.ping("the address whose lease has run out", address, DROP)


def perform(show, lab):
    show.say("\nA newcomer, without an address that anybody knows: "
             "'clean-traffic',\nCTRL_IP_LEARNING=dhcp.")
    leases = Leases(show, lab)
    leases.arrive()
    leases.given_back()
    leases.runs_out()
