# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The demonstration's machine room: the tests' sandbox, but with real devices
in place of dummy ones, and with hosts in network namespaces on veth pairs.
Only for use inside isolate.run()."""
import collections
import contextlib
import os
import socket
import subprocess
import sys
import threading

import isolate

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from sandbox import Failure, Sandbox, wait_until    # noqa: E402

BRIDGE = "br-int"

Host = collections.namedtuple("Host", "name mac ip ip6")


class Lab(Sandbox):
    """The switch and the hosts, without the daemon.  A plain one needs no
    daemon: the bridge learns and floods by itself."""

    def __init__(self, build, hosts, plain):
        self.hosts = {h.name: h for h in hosts}
        self.fail_mode = "standalone" if plain else "secure"
        super().__init__(bridges=[BRIDGE], daemon=False, build=build)

    def start_vswitchd(self):
        self.spawn("ovs-vswitchd", "ovs-vswitchd", "-vconsole:off",
                   f"--log-file={self.dir}/ovs-vswitchd.log",
                   f"--unixctl={self.vswitchd_ctl}", self.db)

    def add_bridge(self, name):
        self.vsctl("add-br", name, "--", "set", "Bridge", name,
                   "datapath_type=netdev", f"fail_mode={self.fail_mode}")
        for h in self.hosts.values():
            self.add_host(h)

    def add_host(self, h):
        """A namespace, a veth pair, and the port as libvirt would make it."""
        for line in (f"netns add {h.name}",
                     f"link add {h.name} type veth peer name eth0 "
                     f"address {h.mac} netns {h.name}",
                     f"-n {h.name} link set lo up",
                     f"-n {h.name} link set eth0 up",
                     *([f"-n {h.name} addr add {h.ip}/24 dev eth0",
                        f"-n {h.name} addr add {h.ip6}/64 dev eth0 nodad"]
                       if h.ip else []),
                     f"link set {h.name} up"):
            self.run("ip", *line.split())
        # The veth driver leaves checksums to hardware that is not there.
        self.run("ip", "netns", "exec", h.name, "ethtool", "-K", "eth0",
                 "tx", "off")
        self.vsctl("add-port", BRIDGE, h.name, "--",
                   "set", "Interface", h.name,
                   f'external_ids:attached-mac="{h.mac}"',
                   f"external_ids:iface-id=demo-{h.name}")

    def close(self):
        """Tap devices outlive ovs-vswitchd: the bridge has to go first."""
        with contextlib.suppress(Failure, subprocess.TimeoutExpired):
            self.vsctl("--if-exists", "del-br", BRIDGE)
        super().close()

    def set_port(self, host, external_ids):
        """Sets external_ids of HOST's port, and waits for the switch."""
        self.vsctl("set", "Interface", host, *(
            f'external_ids:{k}="{v}"' for k, v in external_ids.items()))
        self.sync()

    # At the hosts.

    def start(self, name, host, *argv):
        """Starts a server at HOST."""
        with open(f"{self.dir}/{name}.out", "ab") as output:
            server = self.processes[name] = subprocess.Popen(
                ["ip", "netns", "exec", host, *argv], env=self.env,
                cwd=self.dir, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output)
        return server

    def serve(self, name, host, port, *argv):
        """Starts a server at HOST and waits until its TCP PORT is open."""
        server = self.start(name, host, *argv)

        def answers():
            if server.poll() is not None:
                raise Failure(f"{name} has died:\n{self.output(name)}")
            with contextlib.suppress(OSError):
                return self.inside(host, lambda: socket.create_connection(
                    (self.hosts[host].ip, port), 1))

        wait_until(answers, f"{name} answers").close()

    def inside(self, host, function):
        """FUNCTION's result, called in a thread inside HOST's namespace:
        sockets that it makes stay there."""
        result = []

        def body():
            try:
                isolate.setns(f"/run/netns/{host}")
                result.append(function())
            except BaseException as e:
                result.append(e)

        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        thread.join()
        if isinstance(result[0], BaseException):
            raise result[0]
        return result[0]
