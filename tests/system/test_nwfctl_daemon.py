# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""How nwfctl talks to the daemon: what it asks, what it prints, how long it
waits.  The daemon here is a stand-in; the real one has tests of its own."""

import json
import os
import socket
import subprocess
import threading
import time

import policy_sandbox
from sandbox import wait_until

Policy = policy_sandbox.Policy


class Daemon:
    """Answers each request with answers[method](params), which may raise
    ValueError for an error, or never if there is none."""

    def __init__(self, path, answers):
        self.answers = answers
        self.requests = []
        self.open = []
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        self.sock.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                client, _ = self.sock.accept()
            except OSError:
                return
            self.open.append(client)
            self._answer(client)

    def _answer(self, client):
        text = b""
        while True:
            data = client.recv(65536)
            if not data:
                return
            text += data
            try:
                request = json.loads(text)
                break
            except ValueError:
                continue
        method, params = request["method"], request["params"]
        self.requests.append((method, params))
        reply = {"id": request["id"], "result": None, "error": None}
        if method not in self.answers:
            return
        try:
            reply["result"] = self.answers[method](params)
        except ValueError as error:
            reply["error"] = str(error)
        client.sendall(json.dumps(reply).encode())

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        for sock in [self.sock, *self.open]:
            sock.close()


def test_relayed_commands():
    with Policy() as p:
        def answer(text):
            return lambda params: text

        def failure(params):
            raise ValueError("no port 'x'\n")

        with Daemon(p.daemon_ctl, {
                "nwfilter/ports": answer("port table\nvnet0\n"),
                "nwfilter/flows": answer("a flow"),
                "nwfilter/explain": answer("a rule\n"),
                "nwfilter/trace": failure,
                "nwfilter/sync": answer("")}) as daemon:
            p.expect("port table\nvnet0\n", "ports")
            p.expect("a flow\n", "flows")
            p.expect("a flow\n", "flows", "vnet0")
            p.expect("a rule\n", "explain", "0x1", "0x2")
            p.refuse("nwfctl: no port 'x'\n", "trace", "x", "in",
                     "tcp,tp_dst=22")
            p.expect("", "sync")
            p.expect("", "sync", "--timeout=50")
            p.expect("", "sync", "--timeout", "50")
            p.expect("", "--timeout=50", "sync")
            p.refuse("nwfctl: no port 'x'\n", "trace", "x", "y", "icmp",
                     "--between", "--state=est,rpl")
            asked = list(daemon.requests)
            for args in (["trace", "x", "in"],
                         ["flows", "a", "b"], ["ports", "a"],
                         ["sync", "--timeout=0"], ["sync", "now"]):
                p.refuse("", *args)
            assert daemon.requests == asked
        assert asked == [
            ("nwfilter/ports", []),
            ("nwfilter/flows", []),
            ("nwfilter/flows", ["vnet0"]),
            ("nwfilter/explain", ["0x1", "0x2"]),
            ("nwfilter/trace", ["x", "in", "tcp,tp_dst=22"]),
        ] + 4 * [("nwfilter/sync", [])] + [
            ("nwfilter/trace", asked[-1][1])], asked
        assert asked[-1][1][:3] == ["x", "y", "icmp"], asked[-1]
        assert sorted(asked[-1][1][3:]) == ["--between", "--state=est,rpl"]


def test_sync_timeout():
    with Policy() as p, Daemon(p.daemon_ctl, {}) as daemon:
        for args in (["sync", "--timeout=1"], ["-t1", "sync"]):
            start = time.monotonic()
            p.refuse("no answer from ovs-nwfilterd in time", *args)
            assert 0.9 < time.monotonic() - start < 60
        # (A slow client may not have come so far as to ask.)
        assert {r[0] for r in daemon.requests} <= {"nwfilter/sync",
                                                   "nwfilter/sync-waits"}


def test_sync_says_what_it_waits_for():
    with Policy() as p, Daemon(p.daemon_ctl, {
            "nwfilter/sync-waits": lambda params: "the thaw\n"}) as daemon:
        wait_until(lambda: p.nwfctl(
            "sync", "--timeout=1", check=False).stderr.endswith(
                "in time: it waits for the thaw\n"), "nwfctl says so")
        assert daemon.requests[-1] == ("nwfilter/sync-waits", [])


def test_no_daemon():
    with Policy() as p:
        p.refuse("can not connect to ovs-nwfilterd", "ports")
        p.refuse(f"{p.dir}/other.ctl", f"--ctl={p.dir}/other.ctl", "sync")
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(p.daemon_ctl)         # Nobody listens.
        p.refuse("can not connect to ovs-nwfilterd", "sync")
        sock.listen()

        def hang_up():
            client, _ = sock.accept()
            client.recv(1)
            client.close()

        threading.Thread(target=hang_up).start()
        p.refuse("lost the connection to ovs-nwfilterd", "sync")
        sock.close()


def test_together_with_database_commands():
    with Policy() as p:
        path = p.file("f.xml", policy_sandbox.document("f"))
        seen = []

        def sync(params):
            seen.append(p.names())
            return ""

        with Daemon(p.daemon_ctl, {"nwfilter/sync": sync}):
            p.nwfctl("define", path, "--", "sync")
            assert seen == [["f"]]
            p.nwfctl("--wait", "undefine", "f")
            assert seen == [["f"], []]
            p.nwfctl("--no-wait", "define", path)
            assert seen == [["f"], []]
            p.refuse("'undefine' has to stand before 'sync'", "sync", "--",
                     "undefine", "f")
            p.refuse("'list' has to stand before 'sync'", "sync", "--", "--",
                     "list")
            p.refuse("'filter-list' has to stand before 'sync'", "sync", "--",
                     "filter-list")
            p.refuse("no network filter named 'x'", "undefine", "x", "--",
                     "sync")
        assert len(seen) == 2
        assert p.names() == ["f"]


def test_explain_annotates_a_dump():
    ours = [f"0x4e57{i:012x}" for i in range(1200)]
    dump = ["OFPST_FLOW reply (OF1.5) (xid=0x2):"]
    dump += [f" cookie=0x{int(cookie, 16):x}, table=1, priority={i % 7} "
             f"actions=drop" for i, cookie in enumerate(ours)]
    dump += [" cookie=0x4e57000000000001, table=2, actions=drop",
             " cookie=0x1234, table=0, actions=drop",
             " table=0, actions=drop"]

    def explain(params):
        assert len(params) <= 500
        return "".join(f"rule {int(cookie, 16) & 0xffff}\n"
                       for cookie in params)

    with Policy() as p, Daemon(p.daemon_ctl,
                               {"nwfilter/explain": explain}) as daemon:
        lines = p.nwfctl("explain",
                         text="\n".join(dump)).splitlines()
        asked = [cookie for _, params in daemon.requests for cookie in params]
    assert sorted(asked) == sorted(ours)
    assert len(lines) == len(dump)
    for line, plain in zip(lines, dump):
        number = plain.split("cookie=0x4e57")[1:]
        expected = (f"  # rule {int(number[0].split(',')[0], 16)}"
                    if number else "")
        assert line == plain + expected, line


def test_explain_leaves_the_rest_alone():
    """Ends of lines, bytes that are no text, and size."""
    ours = b"cookie=0x4e57000000000001, actions=drop"
    cases = [(ours + b"\r\n", ours + b"  # rule\r\n"),
             (b"a\0\xff " + ours + b"\n", b"a\0\xff " + ours + b"  # rule\n"),
             (b"cookie=0x\n", b"cookie=0x\n"),
             (b"4e57000000000001 \0\n", b"4e57000000000001 \0\n"),
             (b" 0. ip, priority 7, cookie 0x4e57000000000001\n",
              b" 0. ip, priority 7, cookie 0x4e57000000000001  # rule\n")]
    cases += 70 * [(b"x" * (1 << 20) + b"\n",) * 2]
    cases += [(ours, ours + b"  # rule")]
    with Policy() as p, Daemon(p.daemon_ctl, {
            "nwfilter/explain": lambda params: "rule\n" * len(params)}):
        done = subprocess.run(p.command("explain"), check=True,
                              stdout=subprocess.PIPE,
                              input=b"".join(given for given, _ in cases))
        assert done.stdout == b"".join(expected for _, expected in cases)
        p.expect("rule\nrule\n", "explain", "cookie=0x4e57000000000001,",
                 "0x1")


def test_nobody_reads():
    """As in `nwfctl ports | head -1': no message.  A full disk has one."""
    with Policy() as p, Daemon(p.daemon_ctl, {
            "nwfilter/ports": lambda params: "vnet0\n" * 100000,
            "nwfilter/drops": lambda params: "1.1\n" + "drop\n" * 100000}):
        for args in (["ports"], ["drops", "--follow"]):
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run(p.command(*args), stdout=writer,
                                  stderr=subprocess.PIPE, text=True,
                                  timeout=60)
            os.close(writer)
            assert (done.returncode, done.stderr) == (1, ""), (args, done)
        with open("/dev/full", "w") as full:
            done = subprocess.run(p.command("ports"), stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and "No space left" in done.stderr, done


def test_follow_survives_the_daemon():
    """What is printed goes on behind the mark of the last answer, when a
    daemon is there again."""
    marks = []

    def answer(text):
        def drops(params):
            marks.append(params)
            return text if len(marks) == 1 or params[0] != "9.1" else "9.1\n"
        return drops

    with Policy() as p:
        with Daemon(p.daemon_ctl, {"nwfilter/drops": answer("8.5\none\n")}):
            follow = subprocess.Popen(
                p.command("drops", "--follow", "vnet0"), text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert follow.stdout.readline() == "one\n"
        os.unlink(p.daemon_ctl)
        try:
            while "can not connect" not in follow.stderr.readline():
                assert follow.poll() is None
            with Daemon(p.daemon_ctl,
                        {"nwfilter/drops": answer("9.1\ntwo\n")}):
                while follow.stdout.readline() != "two\n":
                    assert follow.poll() is None
                while "answers again" not in follow.stderr.readline():
                    assert follow.poll() is None
        finally:
            follow.kill()
            _, rest = follow.communicate()
    assert "Unreasonably" not in rest, rest
    assert marks[0] == ["", "vnet0"] and ["8.5", "vnet0"] in marks, marks


def test_control_socket_in_the_run_directory():
    with Policy() as p:
        with Daemon(p.daemon_ctl, {"nwfilter/ports": lambda params: "x"}):
            program = p.command()[0]
            assert p.run(program, "ports") == "x\n"
