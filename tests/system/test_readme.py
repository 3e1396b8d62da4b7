# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The README is true: what it shows is run, in its order, in one sandbox.

Fenced blocks of README.md, by the words behind the fence:
  sh             run by bash; stops at the first command that fails
  sh host        not run (installs things, or changes the host)
  text           what the sh block before it prints; "..." stands for anything
  xml file=NAME  written to a file of that name
  xml            an <interface> of libvirt: the port vnet0 appears, as libvirt
                 would make it
"""

import os
import re
import xml.etree.ElementTree

import sandbox as s

FENCE = re.compile(r"^```([^\n]+)\n(.*?)^```$", re.M | re.S)


def blocks():
    """(Words behind the fence, contents) of each block."""
    with open(f"{s.SOURCE}/README.md") as stream:
        return [(match[1].split(), match[2])
                for match in FENCE.finditer(stream.read())]


def run_shell(sandbox, script):
    """Runs a block as a user of an installed ovs-nwfilter would."""
    programs = os.path.dirname(s.find_program(sandbox.build, "nwfctl"))
    return sandbox.run("env", f"PATH={programs}:{os.environ['PATH']}", "bash",
                       "-e", "-u", "-o", "pipefail", "-c", script)


def compare_output(actual, expected):
    pattern = re.escape(expected).replace(re.escape("..."), ".*")
    if not re.fullmatch(pattern, actual, re.S):
        raise s.Failure(f"README.md shows:\n{expected}printed is:\n{actual}")


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
    output, done = "", 0
    for words, text in blocks():
        if words == ["sh"]:
            output, done = run_shell(sandbox, text), done + 1
        elif words == ["text"]:
            compare_output(output, text)
        elif words[0] == "xml" and len(words) == 2:
            sandbox.file(words[1].removeprefix("file="), text)
        elif words == ["xml"]:
            plug_in(sandbox, text)
        elif words != ["sh", "host"]:
            raise s.Failure(f"README.md: a block of unknown kind: {words}")
    assert done > 5, "the README shows hardly any command"


def test_readme_host_commands():
    """What can not be run here exists at least."""
    scripts = [text for words, text in blocks() if words == ["sh", "host"]]
    names = re.findall(r"^(\./\S+)", "".join(scripts), re.M)
    assert names
    for name in names:
        path = os.path.join(s.SOURCE, name)
        assert os.access(path, os.X_OK), f"README.md names {name}"
