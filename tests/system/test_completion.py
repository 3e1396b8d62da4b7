# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""bash completes the command lines of nwfctl and ovs-nwfilter-ctl."""

import os
import pty
import re
import select
import subprocess
import time

import policy_sandbox
import sandbox as s

# No matter how slow the machine is.
os.environ["OVS_CTL_TIMEOUT"] = "100"

SCRIPT = """
source "$1"
shift
COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
set -- $(complete -p "${COMP_WORDS[0]##*/}")
"$3" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def complete(box, line, program=None):
    """What bash offers for the last word of the line, sorted."""
    program = program or line.split()[0]
    path = f"{box.dir}/{program}"       # Without letters that break words.
    if not os.path.exists(path):
        os.symlink(s.find_program(box.build, program), path)
    line = line.replace(program, path, 1)
    words = re.findall(r"[^\s=:]+|[=:]+", line)
    if line[-1] in " =:":
        words.append("")
    done = subprocess.run(
        ["bash", "--norc", "-c", SCRIPT, "bash",
         f"{s.SOURCE}/completion/{program}", line, *words], text=True,
        cwd=box.dir, env=box.env, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=True)
    return sorted(done.stdout.split())


def commands(box):
    return sorted(line.split(",")[1] for line
                  in box.nwfctl("--commands").splitlines())


def test_commands_and_options():
    with policy_sandbox.Policy() as p:
        assert complete(p, "nwfctl ") == commands(p)
        assert complete(p, "nwfctl dum") == ["dumpxml"]
        assert complete(p, "nwfctl -t 5 --retry dum") == ["dumpxml"]
        assert complete(p, "nwfctl list -- binding-l") == ["binding-list"]
        assert complete(p, "nwfctl nonsense ") == []
        options = {line.split()[0].replace("ARG", "") for line
                   in p.nwfctl("--options").splitlines()}
        offered = set(complete(p, "nwfctl --"))
        assert offered == {o for o in options if o.startswith("--")}
        assert complete(p, "nwfctl --no-l") == ["--no-leader-only"]
        assert complete(p, "nwfctl --format=h") == ["html"]
        assert complete(p, "nwfctl define --") == ["--compat", "--no-lint"]
        assert complete(p, "nwfctl binding-delete --h") == ["--host="]
        assert complete(p, "nwfctl compile --f") == ["--filter="]
        assert complete(p, "nwfctl sync --") == ["--timeout="]


def test_files():
    with policy_sandbox.Policy() as p:
        for name in ("one.xml", "one two.xml", "other"):
            p.file(f"xml-{name}", "")
        for line in ("nwfctl check xml-o", "nwfctl define a xml-o",
                     "nwfctl binding-create xml-o", "nwfctl --db=xml-o"):
            assert complete(p, line) == ["two.xml", "xml-one", "xml-one.xml",
                                         "xml-other"], line
        # The database commands' files are none of nwfctl's.
        assert complete(p, "nwfctl dumpxml xml-o") == []


def test_names():
    """Names come from the database and the daemon of the command line."""
    with s.Sandbox() as box:
        box.define("<filter name='my-one'/>", "<filter name='my-two'/>")
        box.nwfctl("set-create", "my-set", "hash:ip", "10.0.0.1")
        binding = policy_sandbox.binding("some-port", "my-one")
        box.nwfctl("binding-create", box.file("binding.xml", binding))
        box.add_port("vnet0", mac="52:54:00:00:00:01", filter="my-one")
        box.add_port("vnet1")
        box.wait_installed("vnet0")
        names = sorted(box.nwfctl("--bare", "--columns=name", "list",
                                  "Filter").split())
        assert complete(box, "nwfctl dumpxml ") == names and len(names) > 20
        assert complete(box, "nwfctl edit my-") == ["my-one", "my-two"]
        assert complete(box, "nwfctl dumpxml my-one ") == []
        assert complete(box, "nwfctl undefine my-one my-t") == ["my-two"]
        assert complete(box, "nwfctl compile --filter=my-t") == ["my-two"]
        assert complete(box, "nwfctl set-add ") == ["my-set"]
        assert complete(box, "nwfctl set-add my-set ") == []
        assert complete(box, "nwfctl set-list my-x") == []
        assert complete(box, "nwfctl binding-dumpxml ") == ["some-port"]
        ports = ["br-int", "vnet0", "vnet1"]
        assert complete(box, "nwfctl flows ") == ports
        assert complete(box, "nwfctl flows --all vnet1") == ["vnet1"]
        assert complete(box, "nwfctl trace v") == ["vnet0", "vnet1"]
        assert complete(box, "nwfctl trace vnet0 ") == sorted(
            ports + ["in", "out"])
        assert complete(box, "nwfctl trace vnet0 o") == ["out"]
        assert complete(box, "nwfctl trace --between vnet0 vnet1") == ["vnet1"]
        assert complete(box, "nwfctl trace vnet0 in ") == []
        assert complete(box, "nwfctl watch v") == ["vnet0", "vnet1"]
        box.define("<filter name='odd one'/>")
        assert complete(box, "nwfctl dumpxml odd") == ["odd\\", "one"]
        assert complete(box, "nwfctl watch vnet0 o") == ["off", "on"]
        assert complete(box, "nwfctl -- list F") == ["Filter"]
        assert complete(box, "nwfctl get Filter my-") == ["my-one", "my-two"]
        assert complete(box, "nwfctl get Filter my-one x") == ["xml"]
        elsewhere = f"nwfctl --db=unix:{box.dir}/nothing dumpxml my-"
        assert complete(box, elsewhere) == []
        box.stop("ovs-nwfilterd")
        assert complete(box, "nwfctl flows ") == []


def test_every_kind():
    """What is completed is what the commands' syntax names."""
    with open(f"{s.SOURCE}/completion/nwfctl") as stream:
        kinds = set(re.findall(r"^    ([A-Z]+)\) _nwfctl_", stream.read(),
                               re.M))
    assert len(kinds) > 5, kinds
    nwfctl = s.find_program(os.environ["NWF_BUILD"], "nwfctl")
    text = subprocess.run([nwfctl, "--commands"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    assert kinds <= set(re.findall(r"[A-Z]+", text)), kinds


def test_ovs_nwfilter_ctl():
    with policy_sandbox.Policy() as p:
        p.file("the.db", "")
        assert complete(p, "ovs-nwfilter-ctl ") == [
            "restart", "start", "status", "stop"]
        assert complete(p, "ovs-nwfilter-ctl --no-monitor st") == [
            "start", "status", "stop"]
        assert complete(p, "ovs-nwfilter-ctl --db") == ["--db-file="]
        assert complete(p, "ovs-nwfilter-ctl --db-file=the") == ["the.db"]
        assert complete(p, "ovs-nwfilter-ctl --db-file=") != []
        assert len(complete(p, "ovs-nwfilter-ctl --")) > 5


def read_until(fd, text, seconds=120):
    """What the terminal shows, up to 'text'."""
    shown, end = "", time.monotonic() + seconds
    while text not in shown:
        ready, _, _ = select.select([fd], [], [], end - time.monotonic())
        assert ready, f"waiting for {text!r}: {shown!r}"
        shown += os.read(fd, 4096).decode(errors="replace")
    return shown


def test_with_keys():
    """As a user sees it: in an interactive shell, with the tabulator."""
    with policy_sandbox.Policy() as p:
        p.define("<filter name='tabulated'/>")
        folder = os.path.dirname(s.find_program(p.build, "nwfctl"))
        env = dict(p.env, TERM="dumb", PS1="ready$ ",
                   PATH=f"{folder}:{os.environ['PATH']}")
        pid, fd = pty.fork()
        if not pid:
            os.chdir(p.dir)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], env)
        try:
            read_until(fd, "ready$ ")
            os.write(fd, f". {s.SOURCE}/completion/nwfctl\n".encode())
            read_until(fd, "ready$ ")
            os.write(fd, b"nwfctl --db=" + p.policy_db.encode()
                     + b" dump\ttabu\t")
            read_until(fd, "dumpxml tabulated ")
            os.write(fd, b"\n")
            read_until(fd, "<filter name='tabulated'/>")
            os.write(fd, b"nwfctl --db=" + p.policy_db.encode()
                     + b" --dry-r\tset-li\t\n")
            read_until(fd, "--dry-run set-list ")
        finally:
            os.write(fd, b"\x03exit\n")
            os.close(fd)
            os.waitpid(pid, 0)
