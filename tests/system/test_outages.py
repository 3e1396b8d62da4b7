# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The databases, Open vSwitch and the daemon are killed and started again, in
any order, while the policy changes and frames are sent."""

import contextlib
import itertools
import random
import re
import threading
import time

import frames
from policies import DENY, PASS, add_good_and_bad
from sandbox import Failure, Port, Sandbox, wait_until

NAMES = ("ovsdb-server", "policy-db", "ovs-vswitchd", "ovs-nwfilterd")


def frame(src, dst=frames.BROADCAST):
    return frames.udp(data=bytes(60), src=src, dst=dst)


def check(sandbox):
    ports = sandbox.ports
    for source, sent, targets in (
            ("net", frame(frames.mac(9)), ["good"]),
            ("good", frame(frames.mac(1)), ["net"]),
            ("bad", frame(frames.mac(2)), []),
            ("net", frame(frames.mac(9), frames.mac(2)), [])):
        got = sandbox.reaches(ports[source], sent)
        assert got == targets, (source, sent, got)


def start(sandbox, name):
    """As sandbox.restart(), but does not wait for ports, which need the
    database."""
    if name == "ovs-vswitchd":
        ports, sandbox.ports = sandbox.ports, {}
        sandbox.start_vswitchd()
        sandbox.ports = ports
    else:
        {"ovsdb-server": sandbox.start_ovsdb,
         "policy-db": sandbox.start_policy_db,
         "ovs-nwfilterd": sandbox.start_daemon}[name]()


def reconnect(sandbox):
    for port in sandbox.ports.values():
        port.close()
        port.pending = b""
        wait_until(port._connect, f"port {port.name} is back")
    sandbox.settle()                    # What was on its way.
    for port in sandbox.ports.values():
        port.receive()


class Intruder(threading.Thread):
    """Sends from the port that may not send, and to it, all the time; has
    ends of its own on the ports, which must be the only ones meanwhile."""

    def __init__(self, sandbox):
        super().__init__(daemon=True)
        self.sandbox = sandbox
        self.leaks = []
        self.n_sent = 0
        self.done = False

    def run(self):
        ends = {}
        while not self.done:
            for name, port in self.sandbox.ports.items():
                try:
                    self.serve(ends, name, port.path)
                except OSError:
                    ends.pop(name).close()
            time.sleep(0.002)
        for end in ends.values():
            with contextlib.suppress(OSError):
                wait_until(end.is_read, "the intruder's frames are read")
            end.close()

    def serve(self, ends, name, path):
        if name not in ends:
            end = object.__new__(Port)
            end.name, end.path, end.pending = name, path, b""
            if not end._connect():
                return
            ends[name] = end
        source = frames.mac({"net": 9, "good": 1, "bad": 2}[name])
        for target in (frames.BROADCAST, frames.mac(2)):
            ends[name].send(frame(source, target))
            self.n_sent += 1
        for got in ends[name].receive():
            if (got[6:12] == frames.mac_bytes(frames.mac(2))
                    or name == "bad"):
                self.leaks.append((name, got))


def test_any_order():
    """Whichever order they come back in, everything is as it should be."""
    random.seed(2)
    orders = random.sample(list(itertools.permutations(NAMES)), 7)
    with Sandbox() as sandbox:
        add_good_and_bad(sandbox)
        for n, order in enumerate(orders):
            gone = list(order[:random.choice((2, 3, 4))])
            for port in sandbox.ports.values():
                port.close()
            intruder = Intruder(sandbox)
            intruder.start()
            for name in random.sample(gone, len(gone)):
                sandbox.kill(name)
            for name in gone:
                start(sandbox, name)
                time.sleep(random.choice((0, 0.1)))
            sandbox.sync()
            wait_until(lambda: intruder.n_sent > 20, "frames were sent")
            intruder.done = True
            intruder.join()
            assert not intruder.leaks, (gone, intruder.leaks[:5])
            sandbox.wait_installed("good", "bad")
            reconnect(sandbox)
            check(sandbox)
            # And changes are taken.
            sandbox.vsctl("set", "Interface", "bad",
                          "external_ids:nwfilter=pass")
            sandbox.sync()
            sandbox.revalidate()
            got = sandbox.reaches(sandbox.ports["bad"],
                                  frame(frames.mac(2)))
            assert got == ["good", "net"], (n, gone, got)
            sandbox.vsctl("set", "Interface", "bad",
                          "external_ids:nwfilter=deny")
            sandbox.sync()
            sandbox.revalidate()


def test_changes_during_an_outage(sandbox):
    """What changes in one database while the other is away is taken at
    once or when it is back."""
    add_good_and_bad(sandbox)
    # Without the policy database, ports still come, go and change.
    sandbox.kill("policy-db")
    new = sandbox.add_port("new", mac=frames.mac(3), filter="deny")
    other = sandbox.add_port("other", mac=frames.mac(4), filter="pass")
    sandbox.wait_installed("new", "other")
    sandbox.settle()
    assert sandbox.reaches(new, frame(frames.mac(3))) == []
    assert sandbox.reaches(other, frame(frames.mac(4))) == ["good", "net"]
    sandbox.add_port("lost", mac=frames.mac(5), filter="later")
    sandbox.wait_status("lost", "error: ")
    sandbox.start_policy_db()
    sandbox.define("<filter name='later'><rule action='accept' "
                   "direction='inout'/></filter>")
    sandbox.wait_installed("lost")

    # Without the local database, nothing is heard of ports; the switch's
    # OpenFlow is asleep, too.  What was decided meanwhile comes afterwards.
    sandbox.kill("ovsdb-server")
    sandbox.define("<filter name='deny'><rule action='accept' "
                   "direction='inout'/></filter>")
    sandbox.start_ovsdb()
    sandbox.sync()
    sandbox.revalidate()
    assert sandbox.reaches(new, frame(frames.mac(3))) == ["bad", "good",
                                                          "lost", "net",
                                                          "other"]
    for name in ("new", "other", "lost", "good", "bad"):
        assert sandbox.status(name) == "installed"


def test_status_survives_outages(sandbox):
    """A status that could not be written is written later."""
    add_good_and_bad(sandbox)
    sandbox.kill("ovsdb-server")
    sandbox.nwfctl("define", sandbox.file(
        "deny.xml", DENY.replace("/></filter>", "><tcp dstportstart='$P'/>"
                                 "</rule></filter>")))
    time.sleep(0.3)
    sandbox.start_ovsdb()
    text = sandbox.wait_status("bad", "error: ")
    assert "P" in text and "last good" in text, text
    sandbox.define(DENY)
    sandbox.wait_installed("bad")
    # ovs-vswitchd moves no packets before it is connected, too.
    sandbox.vsctl("set", "Bridge", "br-int", "external_ids:x=y")
    check(sandbox)


def test_database_made_anew(sandbox):
    """The local database is lost, and filled again; so is the policy."""
    add_good_and_bad(sandbox)
    sandbox.kill("ovs-vswitchd")
    sandbox.kill("ovsdb-server")
    for port in sandbox.ports.values():
        port.close()
    sandbox.ports.clear()
    sandbox.run("rm", f"{sandbox.dir}/conf.db")
    sandbox.start_ovsdb()
    sandbox.vsctl("--no-wait", "init", "--", "set", "Open_vSwitch", ".",
                  f'external_ids:nwfilter-remote="{sandbox.policy_db}"')
    sandbox.start_vswitchd()
    sandbox.add_bridge("br-int")
    names = {"bad": "deny", "net": None, "good": "pass"}
    for name, policy in names.items():
        mac = {"good": frames.mac(1), "bad": frames.mac(2)}.get(name)
        sandbox.add_port(name, mac=mac, filter=policy)
    sandbox.wait_installed("good", "bad")
    sandbox.sync()
    check(sandbox)

    sandbox.kill("policy-db")
    sandbox.run("rm", f"{sandbox.dir}/nwfilter.db")
    sandbox.start_policy_db()
    wait_until(lambda: "clean-traffic" in sandbox.nwfctl("list"),
               "the shipped filters are in the new database")
    for line in sandbox.nwfctl("list").splitlines()[2:]:
        assert re.match(r" [0-9a-f-]{36}   \S+$", line), line
    for name in ("good", "bad"):
        text = sandbox.wait_status(name, "error: ")
        assert "not defined" in text and "last good" in text, text
    sandbox.sync()
    check(sandbox)
    sandbox.define(PASS, DENY)
    sandbox.wait_installed("good", "bad")
    sandbox.sync()
    check(sandbox)


def test_switch_that_was_wiped(sandbox):
    """What throws away all flows of a bridge."""
    add_good_and_bad(sandbox)
    flows = sandbox.flows()
    for wipe in (["set-controller", "br-int", "unix:nobody"],
                 ["del-controller", "br-int"],
                 ["set-fail-mode", "br-int", "standalone"],
                 ["set-fail-mode", "br-int", "secure"]):
        sandbox.vsctl(*wipe)
        wait_until(lambda: [flow for flow in sandbox.flows()
                            if "=0x4e57f" not in flow]
                   == [flow for flow in flows if "=0x4e57f" not in flow],
                   f"flows are back after {wipe[0]}")
        sandbox.sync()
        sandbox.revalidate()
        check(sandbox)
    if not flows:
        raise Failure("there were no flows")


def test_sync_says_what_is_away(sandbox):
    """`nwfctl sync' that runs out of time says for whom it waited."""
    add_good_and_bad(sandbox)
    last = None

    def says(who):
        nonlocal last
        done = sandbox.nwfctl("sync", "--timeout=1", check=False)
        last = done.stderr
        return done.returncode == 1 and f"it waits for {who}" in last

    def wait_says(who):
        try:
            wait_until(lambda: says(who), who)
        except Failure as failure:
            raise Failure(f"{failure}; the last one said: {last}") from None

    sandbox.stop("policy-db")
    wait_says("the policy database,")
    sandbox.start_policy_db()
    sandbox.sync()

    # Without ovs-vswitchd, ovs-vsctl would wait for it, too.
    sandbox.stop("ovs-vswitchd")
    sandbox.vsctl("--timeout=1", "set", "Interface", "good",
                  "external_ids:nwfilter=deny", check=False)
    wait_says("ovs-vswitchd, which has not applied")
    sandbox.start_vswitchd()
    sandbox.sync()
