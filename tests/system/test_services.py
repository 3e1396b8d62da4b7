# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""ovs-nwfilter-ctl: the policy database and the daemon as services."""

import glob
import json
import os
import re
import signal
import socket

import frames
import sandbox as s

FILTER = """<filter name='no-udp'>
  <rule action='drop' direction='out'><udp/></rule>
</filter>"""


class Services(s.Sandbox):
    """A switch; the services live in its folder."""

    def __init__(self):
        super().__init__(daemon=False)
        self.script = s.find_program(self.build, "ovs-nwfilter-ctl")
        self.env.update(
            NWFILTERD=s.find_program(self.build, "ovs-nwfilterd"),
            NWFILTER_PKGDATADIR=f"{s.SOURCE}/ovsdb",
            NWFILTER_LOGDIR=self.dir, NWFILTER_DBDIR=self.dir)

    def close(self):
        self.ctl("stop")
        super().close()

    def ctl(self, *args):
        return self.run(self.script, *args, check=False).returncode

    def pids(self):
        pids = {}
        for name in ("policy-db", "ovs-nwfilterd"):
            try:
                with open(f"{self.dir}/{name}.pid") as stream:
                    pids[name] = int(stream.read())
            except FileNotFoundError:
                pass
        return pids


def test_start_and_stop():
    with Services() as box:
        assert box.ctl("status") == 3
        assert box.ctl("start") == 0
        assert box.ctl("status") == 0
        pids = box.pids()
        assert len(pids) == 2, pids
        assert box.ctl("start") == 0
        assert box.pids() == pids

        box.define(FILTER)
        guest = box.add_port("guest", filter="no-udp", mac=frames.mac(1))
        net = box.add_port("net")
        box.wait_installed("guest")
        box.sync()
        assert not box.crosses(guest, net, frames.udp())
        assert box.crosses(guest, net, frames.icmp())
        flows = box.flows()

        assert box.ctl("stop") == 0
        assert box.ctl("status") == 3
        assert not box.pids()
        assert box.flows() == flows
        assert not box.crosses(guest, net, frames.udp())

        assert box.ctl("restart") == 0
        assert box.ctl("status") == 0
        assert "no-udp" in box.nwfctl("list")
        assert set(box.pids().values()).isdisjoint(pids.values())


def test_one_service():
    """One without the other, and without the process that watches it."""
    with Services() as box:
        assert box.ctl("--no-daemon", "--no-monitor", "start") == 0
        assert list(box.pids()) == ["policy-db"]
        assert box.ctl("--no-daemon", "status") == 0
        assert box.ctl("status") == 3
        assert box.ctl("--no-policy-db", "--no-monitor", "start") == 0
        pids = box.pids()
        assert len(pids) == 2
        for pid in pids.values():
            with open(f"/proc/{pid}/stat") as stream:
                parent = stream.read().rsplit(")", 1)[1].split()[1]
            with open(f"/proc/{parent}/comm") as stream:
                assert stream.read().strip() not in ("ovs-nwfilterd",
                                                     "ovsdb-server")
        assert box.ctl("--no-policy-db", "stop") == 0
        assert list(box.pids()) == ["policy-db"]
        assert box.ctl("--no-daemon", "stop") == 0
        assert not box.pids()


def test_appctl():
    """`ovs-appctl -t ovs-nwfilterd', and nwfctl without options, with run
    directories as they are on a host."""
    with Services() as box:
        rundir = box.env["NWFILTER_RUNDIR"] = f"{box.dir}/nwfilter"
        box.vsctl("remove", "Open_vSwitch", ".", "external_ids",
                  "nwfilter-remote")
        assert box.ctl("start") == 0
        appctl = ("ovs-appctl", "-t", "ovs-nwfilterd")
        assert "ovs-nwfilterd" in box.run(*appctl, "version")
        assert "nwfilter/ports" in box.run(*appctl, "list-commands")
        box.run(*appctl, "vlog/set", "info")
        nwfctl = s.find_program(box.build, "nwfctl")
        box.run(nwfctl, "sync")
        assert "br-int" in box.run(nwfctl, "ports")
        assert os.path.exists(f"{rundir}/ovs-nwfilterd.ctl")
        box.run(*appctl, "exit")
        s.wait_until(lambda: box.ctl("status") == 3, "it has ended")
        assert not glob.glob(f"{box.dir}/ovs-nwfilterd.*.ctl")
        assert not os.path.exists(f"{rundir}/ovs-nwfilterd.ctl")
        assert box.ctl("start") == 0
        assert box.ctl("stop") == 0


def run_unit(box, name, what):
    """What systemd runs to start or stop a unit, with the build's script."""
    with open(f"{s.SOURCE}/service/{name}.service.in") as stream:
        command = re.search(rf"^Exec{what}=\S+ (.*)$", stream.read(),
                            re.M)[1]
    box.run("sh", "-c", f"{box.script} {command}")


def test_units():
    with Services() as box:
        run_unit(box, "ovs-nwfilter-db", "Start")
        assert list(box.pids()) == ["policy-db"]
        box.env["OVS_NWFILTERD_OPTIONS"] = "--daemon-options=-vdbg"
        run_unit(box, "ovs-nwfilterd", "Start")
        assert len(box.pids()) == 2
        assert "|DBG|" in box.log()
        run_unit(box, "ovs-nwfilterd", "Stop")
        assert list(box.pids()) == ["policy-db"]
        run_unit(box, "ovs-nwfilter-db", "Stop")
        assert not box.pids()


def test_logrotate():
    """Its script makes both services go on in new files, and is not disturbed
    by a socket that nobody listens to."""
    with open(f"{s.SOURCE}/service/ovs-nwfilter.logrotate") as stream:
        script = re.search(r"postrotate\n(.*)endscript", stream.read(),
                           re.S)[1]
    with Services() as box:
        assert box.ctl("start") == 0
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(f"{box.dir}/dead.ctl")
        logs = [f"{box.dir}/{name}.log"
                for name in ("policy-db", "ovs-nwfilterd")]
        for log in logs:
            os.rename(log, log + ".1")
        box.run("sh", "-e", "-c",
                script.replace("/var/run/ovs-nwfilter", box.dir))
        for log in logs:
            assert os.path.exists(log), log


def test_policy_elsewhere():
    """No local database where the configuration names another one."""
    with Services() as box:
        box.vsctl("set", "Open_vSwitch", ".",
                  'external_ids:nwfilter-remote="tcp:192.0.2.1:6640"')
        assert box.ctl("start") == 0
        assert list(box.pids()) == ["ovs-nwfilterd"]
        assert box.ctl("status") == 0


def test_nobody_to_ask():
    """While the local database is away, no policy database is made; one that
    is there is started."""
    with Services() as box:
        box.stop("ovsdb-server")
        database = f"{box.dir}/nwfilter.db"
        done = box.run(box.script, "start", check=False)
        assert done.returncode == 1 and "--policy-db" in done.stderr, done
        assert list(box.pids()) == ["ovs-nwfilterd"]
        assert not os.path.exists(database)
        assert box.ctl("status") == 0
        assert box.ctl("--policy-db", "start") == 0
        assert len(box.pids()) == 2 and os.path.exists(database)
        assert box.ctl("restart") == 0
        assert len(box.pids()) == 2
        box.start_ovsdb()
        box.vsctl("--no-wait", "set", "Open_vSwitch", ".",
                  'external_ids:nwfilter-remote="tcp:192.0.2.1:6640"')
        assert box.ctl("restart") == 0
        assert list(box.pids()) == ["ovs-nwfilterd"]


def test_cluster():
    """A cluster is made, and converted while it runs."""
    with Services() as box:
        remote = f"unix:{box.dir}/nwfilter.sock"
        first = (f"--db-file={box.dir}/one.db",
                 f"--cluster-local=unix:{box.dir}/raft1")
        assert box.ctl(*first, "start") == 0
        assert "ovs-nwfilterd" in box.run("ovsdb-client", "dump", remote,
                                          "RBAC_Role")
        box.define(FILTER)
        assert box.ctl("stop") == 0

        # As an older version would have made it.
        with open(f"{s.SOURCE}/ovsdb/nwfilter.ovsschema") as stream:
            schema = json.load(stream)
        version = schema["version"]
        del schema["tables"]["Host"]["columns"]["sync"]
        schema["version"] = "0.0.9"
        box.file("old.ovsschema", json.dumps(schema))
        assert box.ctl(*first, "start") == 0
        box.run("ovsdb-client", "convert", remote,
                f"{box.dir}/old.ovsschema")
        assert box.ctl(*first, "restart") == 0
        assert version in box.run("ovsdb-client", "get-schema-version",
                                  remote)
        assert "no-udp" in box.nwfctl("list")


def test_join_cluster():
    """A second host's server joins, and holds the same filters."""
    with Services() as one, Services() as two:
        address = f"unix:{one.dir}/raft"
        assert one.ctl(f"--cluster-local={address}", "start") == 0
        one.define(FILTER)
        assert two.ctl(f"--cluster-local=unix:{two.dir}/raft",
                       f"--cluster-remote={address}", "start") == 0
        assert "no-udp" in two.nwfctl("--no-leader-only", "list")
        two.nwfctl("--no-leader-only", "undefine", "no-udp")
        one.sync()
        assert "no-udp" not in one.nwfctl("list")


def test_schema_upgrade():
    """A file of an older version is converted, and a copy kept."""
    with Services() as box:
        with open(f"{s.SOURCE}/ovsdb/nwfilter.ovsschema") as stream:
            schema = json.load(stream)
        del schema["tables"]["Host"]["columns"]["sync"]
        schema["version"] = "0.0.9"
        box.run("ovsdb-tool", "create", f"{box.dir}/nwfilter.db",
                box.file("old.ovsschema", json.dumps(schema)))
        assert box.ctl("start") == 0
        assert glob.glob(f"{box.dir}/nwfilter.db.backup-*")
        box.define(FILTER)
        assert "no-udp" in box.nwfctl("list")


def test_stale_pidfile():
    """Another program's process is neither ours nor stopped."""
    with Services() as box:
        for name in ("policy-db", "ovs-nwfilterd"):
            path = box.file(f"{name}.pid", f"{os.getpid()}\n")
            assert box.ctl("status") == 1, name
            if name == "policy-db":
                os.unlink(path)
        assert box.ctl("stop") == 0
        assert box.ctl("status") == 3
        assert box.ctl("start") == 0
        assert box.pids()["ovs-nwfilterd"] != os.getpid()


def test_killed():
    """A service that was killed has died until somebody stops it: then it is
    stopped, and nothing of it is left for the next start."""
    with Services() as box:
        assert box.ctl("start") == 0
        for pid in box.pids().values():
            os.kill(pid, signal.SIGKILL)
        s.wait_until(lambda: box.ctl("status") == 1, "they have died")
        assert box.ctl("stop") == 0
        assert box.ctl("status") == 3
        assert not box.pids()
        assert box.ctl("start") == 0
        assert box.ctl("status") == 0


def test_wrong_use():
    with Services() as box:
        assert box.ctl() == 1
        assert box.ctl("start", "stop") == 1
        assert box.ctl("--nonsense") == 1
