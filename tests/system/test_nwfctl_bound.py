# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""What nwfctl says of ports and bindings when it defines something: D17 and
D19."""

import re

import policy_sandbox
import sandbox

document = policy_sandbox.document
binding = policy_sandbox.binding
DROP = "<rule action='drop' direction='in'>"
TAIL = ("; the last good policy stays in force, and nwfilter-status says so; "
        "libvirt keeps the old definition")


def warnings(p, *args):
    """What a command that succeeds says, without folders."""
    done = p.nwfctl(*args, check=False)
    assert done.returncode == 0, done.stderr
    return [re.sub(r"\S*/", "", line, count=1)
            for line in done.stderr.splitlines()]


def define(p, name, *children):
    """What is said of bound ports by a new definition, which is in force."""
    text = document(name, *children)
    path = p.file(f"{name}.xml", text)
    said = warnings(p, "define", "--no-lint", path)
    assert p.nwfctl("dumpxml", name) == text
    return [line for line in said if "[D19]" in line]


def fails(where, ports, top, why):
    return [f"{where}: warning: [D19] {ports}, bound to filter '{top}', can "
            f"not use this: {why}{TAIL}"]


def test_define():
    with policy_sandbox.Policy() as p:
        assert define(p, "web", DROP + "<tcp dstportstart='$P'/></rule>") == []
        assert define(p, "top", "<filterref filter='web'/>") == []
        p.bind("vnet1", "web", P=["80"])
        p.bind("vnet0", "web", P=["81"], Q=["x"])
        p.bind("vnet2", "top", P=["80"], Q=["80"])
        assert define(p, "unbound", "<rule action='drop' direction='in'>"
                      "<tcp dstportstart='$NONE'/></rule>") == []
        # Of those that fail alike the first is named.
        assert define(p, "web", DROP + "\n<tcp dstportstart='$R'/></rule>") \
            == (fails("web.xml:3", "port 'vnet2'", "top",
                      "variable 'R' has no value")
                + fails("web.xml:3", "port 'vnet0' and 1 more", "web",
                        "variable 'R' has no value"))
        # Only some: one has no value, one has a wrong one.
        said = define(p, "web", DROP + "<tcp dstportstart='$Q'/></rule>")
        assert len(said) == 2, said
        assert said[0].startswith(
            "web.xml:2: warning: [D19] port 'vnet0', bound to filter 'web', "
            "can not use this: [D16] dstportstart: value 'x' of"), said
        assert said[1:] == fails("web.xml:2", "port 'vnet1'", "web",
                                 "variable 'Q' has no value")
        # The rule that fails is another filter's.
        assert define(p, "web", DROP + "<tcp dstportstart='80'/></rule>") == []
        assert define(p, "part", DROP
                      + "<tcp dstportstart='$NONE'/></rule>") == []
        assert define(p, "top", "<filterref filter='part'/>") == fails(
            "top.xml:1", "port 'vnet2'", "top",
            "part:2: variable 'NONE' has no value")
        said = define(p, "top", "<filterref filter='missing'/>")
        assert len(said) == 1 and "'missing'" in said[0], said
        assert said[0].startswith("top.xml:2: warning: [D19] port 'vnet2'")


def test_define_addresses():
    """Addresses that will be learned are no failure; a port's own values are
    looked at one by one."""
    with policy_sandbox.Policy() as p:
        define(p, "f")
        p.bind("vnet0", "f", A=["10.0.0.1", "10.0.0.2"])
        p.bind("vnet1", "f", A=["10.0.0.1", "x"])
        p.bind("vnet2", "f", A=["10.0.0.1"], CTRL_IP_LEARNING=["none"])
        text = DROP + "<ip {}/></rule>"
        assert define(p, "f", text.format("srcipaddr='$MAC'")) != []
        assert define(p, "f", text.format("srcmacaddr='$MAC'")) == []
        assert define(p, "f", text.format("srcipaddr='$IP'")) == fails(
            "f.xml:2", "port 'vnet2'", "f", "variable 'IP' has no value")
        said = define(p, "f", text.format("srcipaddr='$A'"))
        assert len(said) == 1 and "port 'vnet1'," in said[0], said
        assert define(p, "f", text.format("srcipaddr='$A[1]'"))[1:] == fails(
            "f.xml:2", "port 'vnet2'", "f", "variable 'A' has no element 1")
        six = DROP + "<ipv6 srcipaddr='$IPV6'/></rule>"
        assert define(p, "f", six) == fails(
            "f.xml:2", "port 'vnet0' and 2 more", "f",
            "variable 'IPV6' has no value")
        for port in ("vnet0", "vnet1", "vnet2"):
            p.nwfctl("binding-create", "--replace", p.file("b.xml", binding(
                port, "f", CTRL_IPV6_LEARNING=["any"])))
        assert define(p, "f", six + " ") == []
        members = DROP + "<all ipset='bad' ipsetflags='src'/></rule>"
        assert define(p, "f", members) == fails(
            "f.xml:2", "port 'vnet0' and 2 more", "f",
            "address set 'bad' does not exist")
        p.nwfctl("set-create", "bad", "hash:ip")
        assert define(p, "f", members + " ") == []


def test_define_many_values():
    """Each value is another program: only some are tried."""
    with policy_sandbox.Policy() as p:
        define(p, "f")
        for i in range(60):
            p.bind(f"vnet{i}", "f", P=[str(i)], Q=["x"])
        assert define(p, "f", DROP + "<tcp dstportstart='$P'/></rule>") == []
        said = define(p, "f", DROP + "<tcp dstportstart='$P[1]'/></rule>")
        assert len(said) == 1 and " more, bound to filter 'f'" in said[0]


def test_edit():
    """As define does."""
    with policy_sandbox.Policy() as p:
        define(p, "f")
        p.bind("vnet0", "f")
        script = p.file("editor", "sed -i 's:^$:<rule action=\"drop\" "
                        "direction=\"in\"><tcp dstportstart=\"$P\"/></rule>:' "
                        '"$1"\n')
        p.env["EDITOR"] = f"sh {script}"
        done = p.nwfctl("edit", "f", check=False)
        assert done.returncode == 0, done.stderr
        assert "[D19] port 'vnet0', bound to filter 'f'" in done.stderr


def test_binding():
    with policy_sandbox.Policy() as p:
        define(p, "f", DROP + "<tcp dstportstart='$P'/></rule>")
        good = p.file("good.xml", binding("vnet0", "f", P=["80"]))
        bad = p.file("bad.xml", binding("vnet0", "f"))
        why = ("port 'vnet0' can not use filter 'f' with these parameters: "
               "f:2: variable 'P' has no value; its last good policy "
               "stays in force, or it is closed, and nwfilter-status says so")
        assert warnings(p, "binding-create", bad) == [
            f"bad.xml:1: warning: {why}"]
        assert warnings(p, "binding-create", "--replace", good) == []
        assert warnings(p, "binding-create", "--replace", bad) == [
            f"bad.xml:1: warning: [D19] {why}"]
        assert "name='P'" not in p.nwfctl("binding-dumpxml", "vnet0")


def test_port_that_is_not_there():
    with sandbox.Sandbox() as s:
        s.define(document("f"))
        s.add_port("vnet0")
        s.add_port("tap7", ids={"iface-id": "net1"})
        s.sync()
        said = ["b.xml:2: warning: [D17] no port of this host has the name or "
                "iface-id '{}': a host gets the rules when it has the port, "
                "where in libvirt it never would"]

        def create(port, *args):
            path = s.file("b.xml", binding(port, "f").replace("<portdev",
                                                              "\n<portdev"))
            return warnings(s, "binding-create", *args, path)

        assert create("vnet0") == []
        assert create("net1") == []
        assert create("vnet8") == [said[0].format("vnet8")]
        assert create("vnet9", "--host=elsewhere") == []
        assert create("vnet9", "--host=sandbox") == [said[0].format("vnet9")]
        # Nobody can be asked.
        s.stop("ovs-nwfilterd")
        assert create("vnet7") == []
