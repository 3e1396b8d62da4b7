# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""nwfctl binding-*."""

import xml.etree.ElementTree

import policy_sandbox

Policy = policy_sandbox.Policy
document = policy_sandbox.document
binding = policy_sandbox.binding


def canonical(text):
    return xml.etree.ElementTree.canonicalize(text, strip_text=True)


def test_create_list_dump_delete():
    with Policy() as p:
        p.define(document("f"), document("g"))
        text = binding("vnet0", "f", IP=["10.0.0.2", "10.0.0.1"], X=["1"])
        path = p.file("b.xml", text)
        p.expect(f"Network filter binding on vnet0 created from {path}\n",
                 "binding-create", path)
        p.refuse("binding 'vnet0' already exists", "binding-create", path)
        p.bind("vnet1", "g")
        p.expect(" Port Dev   Filter\n"
                 "--------------------\n"
                 " vnet0      f\n"
                 " vnet1      g\n", "binding-list")
        dump = p.nwfctl("binding-dumpxml", "vnet0")
        assert canonical(dump) == canonical(text), dump
        again = p.file("again.xml", dump)
        p.nwfctl("binding-delete", "vnet0", "--", "binding-create", again)
        assert p.nwfctl("binding-dumpxml", "vnet0") == dump
        p.expect("Network filter binding on vnet0 deleted\n"
                 "Network filter binding on vnet1 deleted\n",
                 "binding-delete", "vnet0", "vnet1")
        p.refuse("no network filter binding for port 'vnet0'",
                 "binding-delete", "vnet0")
        p.expect("", "binding-delete", "--if-exists", "vnet0")
        p.refuse("no network filter binding for port 'vnet0'",
                 "binding-dumpxml", "vnet0")


def test_create_from_stdin():
    with Policy() as p:
        p.define(document("f"))
        out = p.nwfctl("binding-create", "-", text=binding("vnet0", "f"))
        assert out == "Network filter binding on vnet0 created from -\n", out


def test_errors():
    with Policy() as p:
        p.refuse("binding 'vnet0' refers to filter 'none', which does not "
                 "exist", "binding-create",
                 p.file("none.xml", binding("vnet0", "none")))
        path = p.file("bad.xml", binding("vnet0", "f", mac="nonsense"))
        p.refuse(f"{path}:1: error: ", "binding-create", path)
        path = p.file("bad.xml", "<filter name='f'/>")
        p.refuse(f"{path}:1: error: ", "binding-create", path)
        p.refuse("No such file", "binding-create", f"{p.dir}/missing.xml")
        p.refuse("takes at most 1", "binding-create", path, path)
        assert p.nwfctl("binding-list").count("\n") == 2


def test_replace():
    with Policy() as p:
        p.define(document("f"), document("g"))
        p.bind("vnet0", "f", IP=["10.0.0.1"])
        path = p.file("b.xml", binding("vnet0", "g"))
        p.nwfctl("binding-create", "--replace", path)
        dump = p.nwfctl("binding-dumpxml", "vnet0")
        assert "filter='g'" in dump and "10.0.0.1" not in dump, dump


def test_hosts():
    with Policy() as p:
        p.define(document("f"), document("g"), document("h"))
        for host, name in (("h1", "f"), ("h2", "g")):
            path = p.file("b.xml", binding("vnet0", name))
            p.nwfctl("binding-create", f"--host={host}", path)
        p.refuse("has a binding on each of 2 hosts", "binding-dumpxml",
                 "vnet0")
        p.refuse("has a binding on each of 2 hosts", "binding-delete",
                 "vnet0")
        assert "filter='g'" in p.nwfctl("binding-dumpxml", "--host", "h2",
                                        "vnet0")
        p.bind("vnet0", "h")
        assert "filter='h'" in p.nwfctl("binding-dumpxml", "vnet0")
        p.expect(" Port Dev   Filter   Host\n"
                 "---------------------------\n"
                 " vnet0      h\n"
                 " vnet0      f        h1\n"
                 " vnet0      g        h2\n", "binding-list")
        p.refuse("no network filter binding for port 'vnet0' on host h3",
                 "binding-delete", "vnet0", "--host=h3")
        p.nwfctl("binding-delete", "vnet0", "--host=h1")
        p.nwfctl("binding-delete", "vnet0")
        assert "filter='g'" in p.nwfctl("binding-dumpxml", "vnet0")
