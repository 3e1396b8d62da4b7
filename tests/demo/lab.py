# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The demonstration's machine room: a private Open vSwitch with the userspace
datapath, the policy database, ovs-nwfilterd, and hosts in network namespaces
on veth pairs.  Runs inside isolate.run(), so only /run is written to."""
import collections
import contextlib
import json
import os
import socket
import subprocess
import threading
import time

import isolate

DIR = "/run/demo"
BRIDGE = "br-int"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"

Host = collections.namedtuple("Host", "name mac ip ip6")


def find(build, name, good=os.path.isfile):
    """The file NAME in the build tree, the one nearest to its root."""
    found = []
    for root, dirs, files in os.walk(build):
        dirs[:] = [d for d in dirs if not d.startswith((".", "_"))]
        if name in files and good(os.path.join(root, name)):
            found.append(os.path.join(root, name))
    if not found:
        raise SystemExit(f"demo: no '{name}' below {build}: build first")
    return min(found, key=lambda path: (path.count(os.sep), path))


def program(build, name):
    return find(build, name, lambda path: os.access(path, os.X_OK))


class Lab:
    def __init__(self, build, hosts):
        self.build = build
        self.hosts = {h.name: h for h in hosts}
        self.processes = {}
        self.env = dict(os.environ, OVS_RUNDIR=DIR, OVS_LOGDIR=DIR,
                        OVS_DBDIR=DIR, OVS_SYSCONFDIR=DIR,
                        NWFILTER_RUNDIR=DIR)
        self.db = f"unix:{DIR}/db.sock"
        self.policy = f"unix:{DIR}/nwfilter.sock"
        self.nwfctl_program = None
        os.makedirs(f"{DIR}/www")

    # Processes.

    def run(self, *argv, ok=True, **kw):
        r = subprocess.run(argv, env=self.env, capture_output=True, text=True,
                           timeout=120, **kw)
        if ok and r.returncode:
            raise RuntimeError(f"{' '.join(argv)}: exit status "
                               f"{r.returncode}: {r.stderr.strip()}")
        return r.stdout if ok else r

    def spawn(self, name, *argv, host=None):
        """Starts a daemon, in the namespace of HOST if it has one."""
        if host:
            argv = ("ip", "netns", "exec", host, *argv)
        with open(f"{DIR}/{name}.out", "ab") as out:
            self.processes[name] = subprocess.Popen(
                argv, env=self.env, cwd=DIR, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out)

    def wait(self, what, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            for name, p in self.processes.items():
                if p.poll() is not None:
                    raise RuntimeError(f"{name} has died:\n"
                                       + self.tail(name))
            if time.monotonic() > end:
                raise RuntimeError(f"{what}: not within {seconds} s")
            time.sleep(0.01)

    def tail(self, name):
        with open(f"{DIR}/{name}.out", errors="replace") as f:
            return "".join(f.readlines()[-20:])

    def stop(self):
        """Orderly, last started first; what hangs dies with the namespace."""
        with contextlib.suppress(Exception):
            self.vsctl("--timeout=5", "--if-exists", "del-br", BRIDGE)
        for p in reversed(self.processes.values()):
            p.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                p.wait(5)

    # The switch and its controller.

    def vsctl(self, *args):
        return self.run("ovs-vsctl", f"--db={self.db}", *args)

    def nwfctl(self, *args, ok=True):
        return self.run(self.nwfctl_program, f"--db={self.policy}",
                        f"--ctl={DIR}/ovs-nwfilterd.ctl", *args, ok=ok)

    def database(self, name, file, socket_name, schema):
        self.run("ovsdb-tool", "create", f"{DIR}/{file}", schema)
        self.spawn(name, "ovsdb-server", "-vconsole:off", "-vfile:info",
                   f"--log-file={DIR}/{name}.log",
                   f"--unixctl={DIR}/{name}.ctl",
                   f"--remote=punix:{DIR}/{socket_name}", f"{DIR}/{file}")
        self.wait(name, lambda: os.path.exists(f"{DIR}/{socket_name}"))

    def start_switch(self, fail_mode):
        self.database("ovsdb-server", "conf.db", "db.sock", SCHEMA)
        self.vsctl("--no-wait", "init")
        self.spawn("ovs-vswitchd", "ovs-vswitchd", "-vconsole:off",
                   f"--log-file={DIR}/ovs-vswitchd.log",
                   f"--unixctl={DIR}/ovs-vswitchd.ctl", self.db)
        self.vsctl("--timeout=30", "add-br", BRIDGE, "--", "set", "bridge",
                   BRIDGE, "datapath_type=netdev", f"fail_mode={fail_mode}")
        for h in self.hosts.values():
            self.add_host(h)

    def add_host(self, h):
        """A namespace, a veth pair, and the port as libvirt would make it."""
        for line in (f"netns add {h.name}",
                     f"link add {h.name} type veth peer name eth0 "
                     f"address {h.mac} netns {h.name}",
                     f"-n {h.name} link set lo up",
                     f"-n {h.name} link set eth0 up",
                     f"-n {h.name} addr add {h.ip}/24 dev eth0",
                     f"-n {h.name} addr add {h.ip6}/64 dev eth0 nodad",
                     f"link set {h.name} up"):
            self.run("ip", *line.split())
        # The veth driver leaves checksums to hardware that is not there.
        self.run("ip", "netns", "exec", h.name, "ethtool", "-K", "eth0",
                 "tx", "off")
        self.vsctl("--timeout=30", "add-port", BRIDGE, h.name, "--",
                   "set", "interface", h.name,
                   f'external_ids:attached-mac="{h.mac}"',
                   f"external_ids:iface-id=demo-{h.name}")

    def start_controller(self):
        self.nwfctl_program = program(self.build, "nwfctl")
        self.database("policy-db", "nwfilter.db", "nwfilter.sock",
                      find(self.build, "nwfilter.ovsschema"))
        self.vsctl("set", "open", ".",
                   f"external_ids:nwfilter-bridge={BRIDGE}",
                   f'external_ids:nwfilter-remote="{self.policy}"',
                   "external_ids:hostname=demo")
        self.spawn("ovs-nwfilterd", program(self.build, "ovs-nwfilterd"),
                   "-vconsole:off", f"--log-file={DIR}/ovs-nwfilterd.log",
                   f"--unixctl={DIR}/ovs-nwfilterd.ctl", self.db)
        self.wait("ovs-nwfilterd",
                  lambda: os.path.exists(f"{DIR}/ovs-nwfilterd.ctl"))
        self.sync()

    def sync(self):
        """Everything that was asked for so far is in the switch."""
        self.nwfctl("sync", "--timeout=30")

    def status(self, host):
        out = self.vsctl("--if-exists", "get", "interface", host,
                         "external_ids:nwfilter-status").strip()
        return json.loads(out) if out.startswith('"') else out

    def set_port(self, host, **external_ids):
        """Sets external_ids of HOST's port ("_" in a key stands for "-")."""
        self.vsctl("set", "interface", host,
                   *(f'external_ids:{k.replace("_", "-")}="{v}"'
                     for k, v in external_ids.items()))
        self.sync()

    # Sockets in other namespaces.

    def inside(self, host, function):
        """FUNCTION's result, called in a thread inside HOST's namespace:
        sockets that it makes stay there."""
        box = []

        def body():
            try:
                isolate.setns(f"/run/netns/{host}")
                box.append(function())
            except BaseException as e:
                box.append(e)

        t = threading.Thread(target=body, daemon=True)
        t.start()
        t.join()
        if isinstance(box[0], BaseException):
            raise box[0]
        return box[0]

    def listening(self, host, port):
        """Does somebody listen on HOST's TCP PORT?  Asked inside HOST."""
        def attempt():
            try:
                socket.create_connection((self.hosts[host].ip, port),
                                         1).close()
                return True
            except OSError:
                return False
        return self.inside(host, attempt)
