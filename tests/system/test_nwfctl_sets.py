# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""nwfctl set-*."""

import subprocess

import policy_sandbox

Policy = policy_sandbox.Policy
document = policy_sandbox.document

SAVED = """\
create blocked hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12 \
initval 0x5d2cc3a5
add blocked 10.0.0.0/8
add blocked 10.1.0.0/16 nomatch
create web hash:ip,port family inet hashsize 1024 maxelem 65536 counters \
comment
add web 192.168.0.1,tcp:80 packets 0 bytes 0 comment "the web server"
add web 192.168.0.2,icmp:echo-request packets 0 bytes 0
create six hash:ip family inet6 hashsize 1024 maxelem 65536
add six 2001:db8::1
"""


def entries(p, name):
    return p.nwfctl("set-list", name).splitlines()


def test_life_of_a_set():
    with Policy() as p:
        p.expect("", "set-create", "s", "hash:ip", "10.0.0.1", "10.0.0.1/32")
        assert entries(p, "s") == ["10.0.0.1"]
        p.expect("", "set-add", "s", "10.0.0.4/31", "2001:DB8::1")
        assert entries(p, "s") == ["10.0.0.1", "10.0.0.4", "10.0.0.5",
                                   "2001:db8::1"]
        p.expect("", "set-del", "s", "10.0.0.4")
        p.expect(" Name   Type      Entries\n"
                 "---------------------------\n"
                 " s      hash:ip   3\n", "set-list")
        p.expect("", "set-destroy", "s")
        p.refuse("no set named 's'", "set-list", "s")


def test_present_and_missing_entries():
    with Policy() as p:
        p.nwfctl("set-create", "s", "hash:net", "10.0.0.0/8")
        p.refuse("set 's' already has '10.0.0.0/8'", "set-add", "s",
                 "11.0.0.0/8", "10.0.0.0/8")
        p.refuse("set 's' does not have '11.0.0.0/8'", "set-del", "s",
                 "10.0.0.0/8", "11.0.0.0/8")
        assert entries(p, "s") == ["10.0.0.0/8"]
        p.nwfctl("set-add", "--exist", "s", "11.0.0.0/8", "10.0.0.0/8")
        p.nwfctl("set-del", "s", "--exist", "10.0.0.0/8", "12.0.0.0/8")
        assert entries(p, "s") == ["11.0.0.0/8"]
        p.refuse("set 's' already exists", "set-create", "s", "hash:net")
        p.refuse("set 's' already exists, with type hash:net", "set-create",
                 "--exist", "s", "hash:ip")
        p.nwfctl("set-create", "--exist", "s", "hash:net", "10.0.0.0/8")
        assert entries(p, "s") == ["10.0.0.0/8", "11.0.0.0/8"]
        for command in ("set-add", "set-del"):
            p.refuse("no set named 't'", command, "t", "10.0.0.1")
        p.refuse("no set named 't'", "set-destroy", "t")
        p.nwfctl("set-destroy", "--if-exists", "t")


def test_validation():
    with Policy() as p:
        for kind, entry, message in (
                ("hash:ip", "10.0.0", "is no IP address"),
                ("hash:net", "10.0.0.0/40", "is no prefix length"),
                ("hash:ip,port", "10.0.0.1", "an entry of type hash:ip,port"),
                ("hash:mac", "1:2", "MAC"),
                ("hash:ip", "0.0.0.0/0", "would be more than 65536 entries"),
                ("hash:ip", "10.0.0.1 timeout 5", "timeout"),
                ("list:set", "a", "can not be used"),
                ("hash:nonsense", "a", "is no type of set")):
            p.refuse(message, "set-create", "s", kind, "--", "set-add", "s",
                     entry)
            p.refuse(message, "set-create", "s", kind, entry)
        p.refuse("", "set-create", "no/name", "hash:ip")
        p.refuse("", "set-create", "n" * 32, "hash:ip")
        p.expect(" Name   Type   Entries\n"
                 "------------------------\n", "set-list")


def test_several_commands():
    with Policy() as p:
        p.nwfctl("set-create", "s", "hash:ip,port", "--", "set-add", "s",
                 "10.0.0.1,80", "--", "set-add", "s", "10.0.0.1,81", "--",
                 "set-del", "s", "10.0.0.1,80")
        assert entries(p, "s") == ["10.0.0.1,tcp:81"]
        p.refuse("already has", "set-add", "s", "10.0.0.1,82", "--",
                 "set-add", "s", "10.0.0.1,81")
        assert entries(p, "s") == ["10.0.0.1,tcp:81"]


def test_clients_do_not_lose_changes():
    with Policy() as p:
        p.nwfctl("set-create", "s", "hash:ip", "10.0.1.1")
        clients = [subprocess.Popen(p.command("set-add", "s", f"10.0.0.{i}"),
                                    env=p.env) for i in range(12)]
        clients += [subprocess.Popen(
            p.command("set-add", "s", f"10.0.2.{i}", "--", "set-add", "s",
                      f"10.0.3.{i}"), env=p.env) for i in range(6)]
        clients.append(subprocess.Popen(p.command("set-del", "s", "10.0.1.1"),
                                        env=p.env))
        assert not any(client.wait() for client in clients)
        expected = ([f"10.0.0.{i}" for i in range(12)]
                    + [f"10.0.{n}.{i}" for n in (2, 3) for i in range(6)])
        assert sorted(entries(p, "s")) == sorted(expected)


def test_destroy_in_use():
    with Policy() as p:
        p.nwfctl("set-create", "s", "hash:ip", "--", "set-create", "t",
                 "hash:ip")
        p.define(document(
            "f", "<rule action='drop' direction='in'>"
                 "<all ipset='s' ipsetflags='src'/></rule>"))
        p.refuse("set 's' is in use: filter 'f' tests it", "set-destroy", "s")
        p.nwfctl("set-destroy", "t")
        p.nwfctl("undefine", "f", "--", "set-destroy", "s")
        assert p.nwfctl("set-list").count("\n") == 2


def test_import():
    with Policy() as p:
        path = p.file("saved", SAVED)
        p.expect("Set blocked imported: 2 entries\n"
                 "Set six imported: 1 entries\n"
                 "Set web imported: 2 entries\n", "set-import", path)
        assert entries(p, "blocked") == ["10.0.0.0/8", "10.1.0.0/16 nomatch"]
        assert entries(p, "web") == ["192.168.0.1,tcp:80",
                                     "192.168.0.2,icmp:echo-request"]
        assert entries(p, "six") == ["2001:db8::1"]
        p.refuse("set 'blocked' already exists", "set-import", path)
        p.nwfctl("set-add", "six", "2001:db8::2")
        p.nwfctl("set-import", "--exist", path)
        assert entries(p, "six") == ["2001:db8::1", "2001:db8::2"]
        p.nwfctl("set-import", "--replace", "-", text=SAVED)
        assert entries(p, "six") == ["2001:db8::1"]
        p.nwfctl("set-import", "--replace",
                 text="create six hash:ip family inet6\n")
        assert entries(p, "six") == []
        p.refuse("already exists, with type hash:ip", "set-import",
                 "--replace", text="create six hash:net\n")


def test_import_errors():
    with Policy() as p:
        for line, message in (
                ("add s 10.0.0.1", "no line before this one creates set 's'"),
                ("create s", "expected 'create NAME TYPE'"),
                ("create s hash:bad", "is no type of set"),
                ("create s hash:ip netmask 24", "netmask"),
                ("create s hash:ip timeout 300", "timeout"),
                ("create ok hash:net", "created twice"),
                ("add ok nonsense", "is no IP address"),
                ("add ok", "expected 'add NAME ENTRY'"),
                ("add ok 10.0.0.1\0", "a byte that is 0"),
                ("swap a b", "'swap' is not understood")):
            text = f"# comment\ncreate ok hash:net timeout 0\n{line}\nCOMMIT\n"
            p.refuse("<stdin>:3: error: ", "set-import", text=text)
            p.refuse(message, "set-import", text=text)
        p.refuse("No such file", "set-import", f"{p.dir}/missing")
        assert p.nwfctl("set-list").count("\n") == 2


def test_large_set():
    with Policy() as p:
        lines = ["create big hash:ip"]
        lines += [f"add big 10.{i >> 8}.{i & 255}.1" for i in range(20000)]
        p.nwfctl("set-import", text="\n".join(lines) + "\n")
        p.nwfctl("set-add", "big", "11.0.0.0/20")
        p.nwfctl("set-del", "big", "11.0.0.0/21")
        assert len(entries(p, "big")) == 20000 + 2048
