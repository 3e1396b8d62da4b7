# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The README is true: what it shows is run, in its order, in one sandbox.

A block "xml" without a file's name is an <interface> of libvirt: the port
vnet0 appears, as libvirt would make it.  tests/documents.py has the other
kinds.
"""

import os
import re
import xml.etree.ElementTree

import documents
import sandbox as s


def plug_in(sandbox, text):
    """What libvirt does for an <interface>: a port with the guest's address
    and the port profile, if there is one, in its external_ids."""
    interface = xml.etree.ElementTree.fromstring(text)
    bridge = interface.find("source").get("bridge")
    profile = interface.find("virtualport/parameters").get("profileid")
    sandbox.add_port("vnet0", bridge, mac="52:54:00:00:00:05",
                     ids={"iface-id": "d3a3b9d4-a70e-4e8b-8b9d-5a5c2cbf0001",
                          "vm-id": "d3a3b9d4-a70e-4e8b-8b9d-5a5c2cbf0002",
                          "iface-status": "active", "port-profile": profile})


def test_readme(sandbox):
    os.symlink(f"{s.SOURCE}/filters", f"{sandbox.dir}/filters")

    def other(words, text):
        if words == ["xml"]:
            plug_in(sandbox, text)
            return True
        return False

    done = documents.run(sandbox, "README.md", other)
    assert done > 5, "the README shows hardly any command"


def test_readme_host_commands():
    """What can not be run here exists at least."""
    scripts = [text for words, text in documents.blocks("README.md")
               if words == ["sh", "host"]]
    names = re.findall(r"^(\./\S+)", "".join(scripts), re.M)
    assert names
    for name in names:
        path = os.path.join(s.SOURCE, name)
        assert os.access(path, os.X_OK), f"README.md names {name}"
