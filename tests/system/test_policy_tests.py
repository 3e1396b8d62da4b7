# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""`nwfctl test': what doc/testing-policies.md shows, what is refused, and the
same tests put to the switch."""

import glob
import os
import re

import policy_sandbox
import sandbox as s

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
MAC = "52:54:00:00:00:05"
HEAD = f"filter clean-traffic\nmac {MAC}\nparam IP=10.0.0.5\nport guest\n"


def run_test(box, text, *options):
    """Status and output of a test file."""
    done = box.nwfctl("test", *options, box.file("a.fate", text), check=False)
    return done.returncode, done.stdout + done.stderr.replace(
        box.dir + "/", "")


def run_console(box, text):
    """Compares commands with what the document says that they print."""
    for part in text.split("$ nwfctl ")[1:]:
        command, expected = part.split("\n", 1)
        done = box.nwfctl(*command.split(), check=False)
        printed = done.stderr + done.stdout
        assert printed == expected, f"{command}: {printed}"
        assert done.returncode == (0 if " 0 failed" in expected else 1)


def test_document():
    shown = 0
    with policy_sandbox.Policy() as box:
        with open(f"{s.SOURCE}/doc/testing-policies.md") as stream:
            document = stream.read()
        for kind, text in FENCE.findall(document):
            name = re.match(r"(?:<!--|#) ([\w.]+)", text)
            if kind == "console":
                run_console(box, text)
                shown += 1
            else:
                box.file(name[1], text)
    assert shown >= 5, shown


def test_summary_and_status():
    accept = "out icmp 10.0.0.5 > 10.0.0.1 -> accept\n"
    with policy_sandbox.Policy() as box:
        for text, expected in (
                (accept, (0, "1 passed, 0 failed\n")),
                ("", (1, "0 passed, 0 failed\n"
                         "nwfctl: no packet is in these files\n"))):
            assert run_test(box, HEAD + text) == expected, (text, expected)
        first = box.file("one.fate", HEAD + accept)
        second = box.file("two.fate", HEAD + accept.replace(".5", ".6"))
        done = box.nwfctl("test", first, second, check=False)
        assert (done.returncode, done.stdout) == (1, "1 passed, 1 failed\n")
        assert f"{second}:5: error: expected accept, but it is drop, by" in (
            done.stderr), done.stderr


def test_what_is_refused():
    with policy_sandbox.Policy() as box:
        for text, message in (
                ("out icmp 10.0.0.5 > 10.0.0.1", "expected '-> accept'"),
                ("out icmp 10.0.0.5 > 10.0.0.1 -> pass", "is no verdict"),
                ("out icmp 10.0.0.5 10.0.0.1 -> drop",
                 "expected PROTOCOL SOURCE > TARGET"),
                ("out icmp 10.0.0 > 10.0.0.1 -> drop", "bad value for nw_src"),
                ("out icmp any > any typ=8 -> drop", "unknown field typ"),
                ("out -> drop", "expected '-> accept'"),
                ("out tcp any > any:22 flags=syn est -> drop",
                 "begins a connection"),
                ("up icmp any > any -> drop", "'up' is nothing that can be"),
                ("mac 52:54", "'52:54' is"),
                ("param IP", "is no parameter"),
                ("filter a b", "expected one name"),
                ("set s", "expected NAME TYPE"),
                ("set s hash:x 1", "hash:x"),
                ("set s hash:ip 10.0.0.300", "10.0.0.300"),
                ("filter none\nout icmp any > any -> drop",
                 "a.fate:6: error: filter 'none' is missing"),
                ("file none.xml\nout icmp any > any -> drop", "none.xml")):
            status, output = run_test(box, HEAD + text + "\n")
            assert status == 1 and "1 failed\n" in output, (text, output)
            assert message in output and ": error: " in output, output
        status, output = run_test(box, "out icmp any > any -> drop\n")
        assert status == 1 and "a.fate:1: error: there is no 'filter" in output
        done = box.nwfctl("test", "/nonexistent", check=False)
        assert done.returncode == 1 and "/nonexistent: error: " in done.stderr


def settings(path):
    """Yields each port of a test file, with its settings: those above its
    line.  Sets and files that have come so far are lists."""
    folder = os.path.dirname(path)
    now = {"param": {}, "set": [], "file": []}
    with open(path) as stream:
        lines = stream.readlines()
    for line in lines:
        word, *rest = line.split() or [""]
        if word == "file":
            now["file"] += [os.path.join(folder, name) for name in rest]
        elif word == "param":
            name, _, values = rest[0].partition("=")
            now["param"][name] = values
        elif word == "set":
            now["set"].append(re.findall(r"\S+(?: nomatch)?",
                                         " ".join(rest)))
        elif word in ("filter", "mac"):
            now[word] = rest[0]
        elif word == "port":
            yield rest[0], now


def put_to_the_switch(sandbox, path):
    """Makes the ports of a test file, runs it, and removes them."""
    names = []
    for name, now in settings(path):
        for entries in now["set"]:
            sandbox.nwfctl("set-create", *entries)
        if now["file"]:
            sandbox.nwfctl("define", "--no-lint", *now["file"])
        now["set"], now["file"] = [], []
        sandbox.add_port(name, mac=now["mac"], filter=now["filter"],
                         params=now["param"])
        names.append(name)
    assert names, f"{path}: no line 'port NAME'"
    sandbox.wait_installed(*names)
    done = sandbox.nwfctl("test", "--live", path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in names:
        sandbox.del_port(name)


def test_zero_byte():
    """What follows is not passed over in silence."""
    with policy_sandbox.Policy() as p:
        status, output = run_test(
            p, HEAD + "out arp any > any -> accept\n\0\nnonsense\n")
        assert status == 1 and ": error: a byte that is 0\n" in output, output


def test_live(sandbox):
    """The project's own tests, put to the switch, which otherwise would drop
    what is for bridges before any rule."""
    sandbox.vsctl("set", "Bridge", "br-int", "other_config:forward-bpdu=true")
    sandbox.sync()
    for path in sorted(glob.glob(f"{s.SOURCE}/tests/fate/*.fate")):
        put_to_the_switch(sandbox, path)


def test_live_failures(sandbox):
    sandbox.sync()
    sandbox.add_port("guest", mac=MAC, filter="clean-traffic",
                     params={"IP": "10.0.0.5"})
    sandbox.wait_installed("guest")
    status, output = run_test(sandbox, HEAD + "out icmp 10.0.0.9 > any -> "
                              "accept\nport other\n", "--live")
    assert status == 1, output
    assert "a.fate:5: error: expected accept, but it is drop, by filter " in (
        output), output
    status, output = run_test(sandbox, HEAD + "port nobody\nout icmp any > "
                              "any -> drop\nout arp any > any -> drop\n",
                              "--live")
    assert status == 1 and output.count(": error: no port 'nobody'") == 2, (
        output)
    assert "0 passed, 2 failed" in output, output
    status, output = run_test(sandbox, "out icmp any > any -> drop\n",
                              "--live")
    assert status == 1 and "there is no 'port NAME'" in output, output
