# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""A private Open vSwitch with ovs-nwfilterd, for tests.

Everything is below one temporary folder and talks over Unix sockets: the local
database, a switch with the userspace datapath and ports without devices, the
policy database, the daemon.  Nothing outside is touched, and the processes die
with the one that started them.

A file in tests/system defines functions named test_*.  One that has a
parameter is given a new, running Sandbox:

    def test_drop_all(sandbox):
        sandbox.define("<filter name='none'><rule action='drop'"
                       " direction='inout'/></filter>")
        guest = sandbox.add_port("guest", filter="none", mac=frames.mac(1))
        net = sandbox.add_port("net")
        sandbox.wait_installed("guest")
        assert not sandbox.crosses(guest, net, frames.udp())

One without parameters makes its own: "with Sandbox(daemon=False) as s: ...".
Run a file with: tests/run-tests --build DIR -k system/FILE
"""

import contextlib
import ctypes
import fcntl
import inspect
import json
import os
import re
import resource
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import traceback

OVS_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COOKIE_MASK = "cookie=0x4e57000000000000/0xffff000000000000"

# A sanitizer's last words.
SANITIZER_REPORT = re.compile(r"^.*(ERROR: \w+Sanitizer|runtime error: ).*$",
                              re.M)

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """The test fails; the text says why."""


def find_program(build, name):
    """The program 'name' of the build tree 'build'."""
    for folder in ("daemon", "utilities", "."):
        path = os.path.join(build, folder, name)
        if os.access(path, os.X_OK):
            return path
    raise Failure(f"no program '{name}' in {build}")


def wait_until(condition, what, seconds=60.0):
    """Returns the condition's first true value; fails after 'seconds'."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"after {seconds:g} s still not so: {what}")
        time.sleep(0.01)


def loopback():
    """An IPv4 address of this host that no other process of the tests uses, so
    that a port that was free here stays so."""
    pid = os.getpid()
    return f"127.{1 + (pid >> 16) % 254}.{pid >> 8 & 255}.{pid & 255}"


def free_port(family=socket.AF_INET, host=None):
    """A TCP port that nobody has, of loopback() by default."""
    with socket.socket(family) as sock:
        sock.bind((host or loopback(), 0))
        return sock.getsockname()[1]


def unixctl(path, method, *args, seconds=120):
    """One command to a daemon's control socket, as ovs-appctl does it."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(seconds)
        sock.connect(path)
        sock.sendall(json.dumps({"id": 0, "method": method,
                                 "params": list(args)}).encode())
        text = b""
        while True:
            data = sock.recv(65536)
            if not data:
                raise Failure(f"{method}: the daemon hung up")
            text += data
            try:
                reply = json.loads(text)
            except ValueError:
                continue
            break
    if reply.get("error") is not None:
        raise Failure(f"{method}: {reply['error']}")
    return reply.get("result") or ""


class Port:
    """The outer end of a switch port: what a guest or the network would be.

    netdev-dummy's stream puts each frame behind its length in two bytes."""

    def __init__(self, name, path):
        self.name = name
        self.path = path
        self.sock = None
        self.pending = b""
        wait_until(self._connect, f"port {name} can be connected to")

    def _connect(self):
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(self.path)
        except OSError:
            sock.close()
            return False
        self.sock = sock
        return True

    def send(self, frame):
        self.sock.sendall(len(frame).to_bytes(2, "big") + frame)

    def is_read(self):
        """Whether the switch has read all that was sent (SIOCOUTQ)."""
        left = bytearray(4)
        fcntl.ioctl(self.sock, termios.TIOCOUTQ, left)
        return not any(left)

    def receive(self):
        """The frames that have arrived since the last call."""
        while True:
            try:
                data = self.sock.recv(1 << 18, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            if not data:
                break
            self.pending += data
        frames = []
        while len(self.pending) >= 2:
            end = 2 + int.from_bytes(self.pending[:2], "big")
            if len(self.pending) < end:
                break
            frames.append(self.pending[2:end])
            self.pending = self.pending[end:]
        return frames

    def receive_until(self, last):
        """The frames that arrive until 'last' is among them."""
        got = []
        wait_until(lambda: got.extend(self.receive()) or last in got,
                   f"the last frame has come out of {self.name}")
        return got

    def close(self):
        self.sock.close()


class Sandbox:
    """See above.  'bridges' are made at the start; without 'daemon' there is
    neither the policy database nor the daemon until they are started."""

    # When the switch looks at its cached flows though nothing has changed, at
    # the latest.  Open vSwitch's own default; tests do not wait so long.
    revalidator_ms = 500

    def __init__(self, bridges=("br-int",), daemon=True, build=None,
                 config=()):
        self.build = os.path.abspath(build or os.environ["NWF_BUILD"])
        # The names of sockets in it have a limit, 108 bytes (unix(7)).
        long = len(os.fsencode(tempfile.gettempdir())) > 60
        self.dir = tempfile.mkdtemp(prefix="nwf-test-",
                                    dir="/tmp" if long else None)
        self.processes = {}
        self.ports = {}
        self.failures = []
        self.env = dict(os.environ)
        for name in ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR",
                     "OVS_SYSCONFDIR", "NWFILTER_RUNDIR"):
            self.env[name] = self.dir
        self.db = f"unix:{self.dir}/db.sock"
        self.policy_db = f"unix:{self.dir}/nwfilter.sock"
        self.daemon_ctl = f"{self.dir}/ovs-nwfilterd.ctl"
        self.vswitchd_ctl = f"{self.dir}/ovs-vswitchd.ctl"
        try:
            self._start(bridges, daemon, config)
        except BaseException:
            self.close()
            raise

    def _start(self, bridges, daemon, config):
        self.start_ovsdb()
        self.vsctl("--no-wait", "init", "--", "set", "Open_vSwitch", ".",
                   f"other_config:max-revalidator={self.revalidator_ms}",
                   f'external_ids:nwfilter-remote="{self.policy_db}"',
                   'external_ids:nwfilter-bridge="%s"' % ",".join(bridges),
                   "external_ids:hostname=sandbox", *config)
        self.start_vswitchd()
        for bridge in bridges:
            self.add_bridge(bridge)
        if daemon:
            self.start_policy_db()
            self.start_daemon()
            # They come into a database that has no filters, and no other.
            wait_until(lambda: re.search(r"\bfilters:[1-9]",
                                         self.daemon("memory/show")),
                       "the filters that come with the daemon are there")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()
        if kind is None and self.failures:
            raise Failure("\n".join(self.failures))

    def close(self):
        """Stops everything.  What a sanitizer had to say, and a daemon that
        ended by itself, is in 'failures' afterwards."""
        for port in self.ports.values():
            port.close()
        for name in list(self.processes)[::-1]:
            self.stop(name)
        if os.environ.get("NWF_KEEP"):
            print(f"# kept: {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    # Processes.

    def spawn(self, name, *argv):
        control = f"{self.dir}/{name}.ctl"
        if os.path.exists(control):     # Of a predecessor that was killed.
            os.unlink(control)
        parent = os.getpid()

        def die_with_parent():
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

        with open(f"{self.dir}/{name}.out", "ab") as output:
            self.processes[name] = subprocess.Popen(
                argv, env=self.env, cwd=self.dir, stdout=output,
                stderr=output, stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent)

        def answers():
            if self.processes[name].poll() is not None:
                raise Failure(f"{name} ended with status "
                              f"{self.processes[name].returncode}:\n"
                              + self.output(name))
            try:
                return unixctl(control, "version")
            except OSError:
                return None

        wait_until(answers, f"{name} answers", 60)

    @contextlib.contextmanager
    def paused(self, name):
        """While this lasts, the process is there and does nothing."""
        process = self.processes[name]
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def stop(self, name, sig=signal.SIGTERM):
        process = self.processes.pop(name)
        died = process.poll() is not None
        if not died:
            process.send_signal(sig)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self.failures.append(f"{name} did not stop")
        output = self.output(name)
        report = SANITIZER_REPORT.search(output)
        if report:
            self.failures.append(f"{name}: {output[report.start():]}")
        elif died:
            self.failures.append(f"{name} ended by itself with status "
                                 f"{process.returncode}:\n{output[-3000:]}")

    def kill(self, name):
        self.stop(name, signal.SIGKILL)

    def restart(self, name, sig=signal.SIGTERM):
        """Stops and starts 'ovsdb-server', 'ovs-vswitchd', 'policy-db' or
        'ovs-nwfilterd'."""
        self.stop(name, sig)
        {"ovsdb-server": self.start_ovsdb,
         "ovs-vswitchd": self.start_vswitchd,
         "policy-db": self.start_policy_db,
         "ovs-nwfilterd": self.start_daemon}[name]()

    def output(self, name):
        """What the process printed."""
        try:
            with open(f"{self.dir}/{name}.out", errors="replace") as stream:
                return stream.read()
        except FileNotFoundError:
            return ""

    def log(self, name="ovs-nwfilterd"):
        """The process's log file."""
        with open(f"{self.dir}/{name}.log", errors="replace") as stream:
            return stream.read()

    def _start_database(self, name, schema, database, sock):
        path = f"{self.dir}/{database}"
        if not os.path.exists(path):
            self.run("ovsdb-tool", "create", path, schema)
        self.spawn(name, "ovsdb-server", f"--remote=punix:{self.dir}/{sock}",
                   f"--unixctl={self.dir}/{name}.ctl", "-vconsole:off",
                   f"--log-file={self.dir}/{name}.log", path)

    def start_ovsdb(self):
        self._start_database("ovsdb-server", OVS_SCHEMA, "conf.db", "db.sock")

    def start_policy_db(self):
        self._start_database("policy-db",
                             f"{SOURCE}/ovsdb/nwfilter.ovsschema",
                             "nwfilter.db", "nwfilter.sock")

    def start_vswitchd(self):
        self.spawn("ovs-vswitchd", "ovs-vswitchd", "--enable-dummy=override",
                   "--disable-system", f"--unixctl={self.vswitchd_ctl}",
                   "-vconsole:off", f"--log-file={self.dir}/ovs-vswitchd.log",
                   self.db)
        for port in self.ports.values():
            port.close()
            wait_until(port._connect, f"port {port.name} is back")

    def start_daemon(self, *options):
        self.spawn("ovs-nwfilterd", find_program(self.build, "ovs-nwfilterd"),
                   "-vconsole:off", f"--unixctl={self.daemon_ctl}",
                   f"--log-file={self.dir}/ovs-nwfilterd.log", *options,
                   self.db)

    # Commands.

    def run(self, *argv, check=True, text=None, seconds=300):
        """Runs a command and returns its standard output, or without 'check'
        the CompletedProcess."""
        done = subprocess.run(argv, env=self.env, cwd=self.dir, input=text,
                              text=True, capture_output=True, timeout=seconds,
                              stdin=None if text else subprocess.DEVNULL)
        if SANITIZER_REPORT.search(done.stderr):
            raise Failure(f"{' '.join(argv)}:\n{done.stderr}")
        if check and done.returncode:
            raise Failure(f"{' '.join(argv)}: status {done.returncode}: "
                          f"{done.stderr.strip()}")
        return done.stdout if check else done

    def vsctl(self, *args, **options):
        return self.run("ovs-vsctl", f"--db={self.db}", "--timeout=120", *args,
                        **options)

    def ofctl(self, command, bridge, *args, **options):
        return self.run("ovs-ofctl", "-OOpenFlow15", command,
                        f"unix:{self.dir}/{bridge}.mgmt", *args, **options)

    def nwfctl(self, *args, **options):
        return self.run(find_program(self.build, "nwfctl"),
                        f"--db={self.policy_db}", f"--ctl={self.daemon_ctl}",
                        *args, **options)

    def vswitchd(self, method, *args):
        """A command to ovs-vswitchd, as ovs-appctl."""
        return unixctl(self.vswitchd_ctl, method, *args)

    @contextlib.contextmanager
    def posing_as_vswitchd(self):
        """A socket that the daemon takes for ovs-vswitchd's control socket,
        so that the test answers, or does not.  The daemon is started anew.
        (ovs-vswitchd itself can not be.)"""
        socket_name = self.vswitchd_ctl
        self.stop("ovs-nwfilterd")
        self.vswitchd_ctl += ".real"
        os.rename(socket_name, self.vswitchd_ctl)
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.settimeout(60)
                listener.bind(socket_name)
                listener.listen()
                self.start_daemon()
                yield listener
        finally:
            os.replace(self.vswitchd_ctl, socket_name)
            self.vswitchd_ctl = socket_name

    def daemon(self, method, *args):
        """A command to ovs-nwfilterd, as ovs-appctl."""
        return unixctl(self.daemon_ctl, method, *args)

    def file(self, name, text):
        """Writes a file below the sandbox's folder and returns its path."""
        path = os.path.join(self.dir, name)
        with open(path, "w") as stream:
            stream.write(text)
        return path

    def define(self, *documents, **options):
        """Defines filters, each given as XML text, in one transaction."""
        paths = [self.file(f"filter-{i}.xml", text)
                 for i, text in enumerate(documents)]
        return self.nwfctl("define", *paths, **options)

    # Bridges and ports.

    def add_bridge(self, name):
        self.vsctl("add-br", name, "--", "set", "Bridge", name,
                   "datapath_type=dummy", "fail_mode=secure",
                   "protocols=OpenFlow13,OpenFlow14,OpenFlow15")

    def add_port(self, name, bridge="br-int", mac=None, filter=None,
                 params=None, ids=None, port=()):
        """Adds a port and returns its outer end.  'params' are filter
        parameters, 'ids' further external_ids of the Interface, 'port' are
        settings of the Port such as "tag=5"."""
        ids = dict(ids or {})
        if mac is not None:
            ids["attached-mac"] = mac
        if filter is not None:
            ids["nwfilter"] = filter
        for key, value in (params or {}).items():
            ids[f"nwfilter.{key}"] = value
        settings = [f"external_ids:{key}={json.dumps(value)}"
                    for key, value in ids.items()]
        path = f"{self.dir}/{name}.port"
        self.vsctl("add-port", bridge, name, *port, "--", "set", "Interface",
                   name, "type=dummy", f"options:pstream=punix:{path}",
                   *settings)
        self.ports[name] = Port(name, path)
        return self.ports[name]

    def add_bond(self, name, members, *settings, bridge="br-int"):
        """A bond of ports; 'settings' are those of the Port."""
        self.vsctl("add-bond", bridge, name, *members, *settings,
                   *sum((self._member(m) for m in members), []))
        for member in members:
            self.ports[member] = Port(member, f"{self.dir}/{member}.port")

    def add_member(self, bond, member):
        self.vsctl("add-bond-iface", bond, member, *self._member(member))
        self.ports[member] = Port(member, f"{self.dir}/{member}.port")

    def del_member(self, bond, member):
        self.vsctl("del-bond-iface", bond, member)
        self.ports.pop(member).close()

    def _member(self, name):
        return ["--", "set", "Interface", name, "type=dummy",
                f"options:pstream=punix:{self.dir}/{name}.port"]

    def active_member(self, bond):
        """The name of the one that ovs-vswitchd has chosen, once the database
        says so too."""
        def find():
            mac, name = re.search(r"^active member mac: (\S+)\((\w+)\)",
                                  self.vswitchd("bond/show", bond),
                                  re.M).groups()
            told = self.vsctl("get", "Port", bond, "bond_active_slave")
            return name if mac in told else None

        return wait_until(find, f"{bond} has an active member")

    def del_port(self, name):
        self.vsctl("del-port", name)
        self.ports.pop(name).close()

    def status(self, name):
        """nwfilter-status of an interface, or "" if it has none."""
        text = self.vsctl("--if-exists", "get", "Interface", name,
                          "external_ids:nwfilter-status").strip()
        return json.loads(text) if text.startswith('"') else text

    def wait_status(self, name, prefix, seconds=60.0):
        """Waits until the status begins with 'prefix' and returns it."""
        last = None

        def reached():
            nonlocal last
            last = self.status(name)
            return last.startswith(prefix) if prefix else not last

        try:
            wait_until(reached, "", seconds)
        except Failure:
            raise Failure(f"{name}: status is {last!r}, "
                          f"expected {prefix!r}") from None
        return last

    def wait_installed(self, *names, seconds=60.0):
        for name in names:
            self.wait_status(name, "installed", seconds)

    def sync(self):
        """Returns when all that was committed so far is in the switch."""
        self.nwfctl("sync", "--timeout=120")

    def flows(self, bridge="br-int", ours=True):
        """The switch's flows, sorted; only those of the daemon if 'ours'."""
        text = self.ofctl("dump-flows", bridge, "--no-stats",
                          *([COOKIE_MASK] if ours else []))
        return sorted(line.strip() for line in text.splitlines()
                      if "actions=" in line)

    def trace(self, bridge, flow, *options):
        """ofproto/trace: what would happen to this packet."""
        return self.vswitchd("ofproto/trace", bridge, flow, *options)

    # Traffic.

    def settle(self):
        """Returns when the switch has handled every frame sent before: it has
        read them, which takes two rounds of its main thread for each, and that
        thread, which also is the datapath here, has been round since."""
        for port in self.ports.values():
            wait_until(port.is_read, f"{port.name}'s frames have been read")
        for _ in range(4):
            self.vswitchd("version")

    def crosses(self, source, target, frame):
        """True if 'frame', sent into port 'source', comes out of 'target'
        unchanged."""
        target.receive()
        source.send(frame)
        self.settle()
        return frame in target.receive()

    def all_cross(self, source, target, burst):
        """Fails unless all frames, sent into 'source', come out of 'target'
        unchanged and in order.  The last is like none before it."""
        for frame in burst:
            source.send(frame)
        assert target.receive_until(burst[-1]) == burst

    def arrivals(self, source, frame):
        """What comes out where when 'frame' is sent into port 'source':
        {port's name: [frame, ...]}, without ports where nothing does."""
        for port in self.ports.values():
            port.receive()
        source.send(frame)
        self.settle()
        got = {name: port.receive() for name, port in self.ports.items()}
        return {name: found for name, found in got.items() if found}

    def reaches(self, source, frame):
        """Names of the ports, sorted, where 'frame' comes out unchanged and
        once; fails if anything else comes out anywhere."""
        got = self.arrivals(source, frame)
        for name, found in got.items():
            if found != [frame]:
                raise Failure(f"from {source.name} to {name}: "
                              + " ".join(f.hex() for f in found))
        return sorted(got)

    def revalidate(self):
        """Returns when no packet is treated by flows of the past any more, and
        all packets are counted.  The switch needs some milliseconds for that;
        this takes longer, so call it only where a packet of the same kind went
        before a change."""
        for _ in range(2):      # The first pass may have been under way.
            self.vswitchd("revalidator/wait")

    def flush_conntrack(self):
        self.vswitchd("dpctl/flush-conntrack")

    # Change.

    def _aged(self, bridge):
        """For how many seconds each flow of the daemon has been there, learned
        ones left out."""
        found = {}
        for line in self.ofctl("dump-flows", bridge, COOKIE_MASK).splitlines():
            age = re.match(r" *cookie=0x4e57[^f][^ ]* duration=([\d.]+)s, ",
                           line)
            if age:
                found[re.sub(r"(duration|n_packets|n_bytes|idle_age|hard_age)"
                             r"=[^,]*, ", "", line).strip()] = float(age[1])
        return found

    def moment(self, bridge="br-int"):
        """The daemon's flows, without counters, and the time: for changed().
        """
        return frozenset(self._aged(bridge)), time.monotonic()

    def changed(self, moment, bridge="br-int"):
        """Flows that are not in both, or were made anew since then.  (It shows
        unless the switch takes longer to answer here than it took from
        moment() to the change.)"""
        before, since = moment
        age = time.monotonic() - since
        now = self._aged(bridge)
        return sorted(before ^ now.keys()
                      | {flow for flow in now if now[flow] < age - .002})


def run_test(name, function):
    """Runs one test function; prints its line, and why it failed."""
    sandbox = None
    try:
        if inspect.signature(function).parameters:
            sandbox = Sandbox()
            with sandbox:
                function(sandbox)
        else:
            function()
    except Exception as error:
        if isinstance(error, Failure):
            where = traceback.extract_tb(error.__traceback__)
            print("\n".join(f"# {f.filename}:{f.lineno}: {f.line}"
                            for f in where
                            if f.filename != os.path.abspath(__file__)))
            print(f"# {error}")
        else:
            print("# " + traceback.format_exc().replace("\n", "\n# "))
        print(f"not ok - {name}", flush=True)
        return False
    print(f"ok - {name}", flush=True)
    return True


def main():
    """sandbox.py FILE [FUNCTION...]: runs the tests of one file."""
    Sandbox.revalidator_ms = 50
    # A thousand ports are twice as many sockets in the switch.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    if 0 <= soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    names = runpy.run_path(sys.argv[1])
    tests = [name for name, value in names.items()
             if name.startswith("test_") and inspect.isfunction(value)]
    if sys.argv[2:]:
        tests = [name for name in tests if name in sys.argv[2:]]
    results = [run_test(name, names[name]) for name in tests]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    # The module that tests import is this one.
    sys.modules["sandbox"] = sys.modules["__main__"]
    sys.exit(main())
