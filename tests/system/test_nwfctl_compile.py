# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""nwfctl compile: options, errors, and that Open vSwitch reads the output.
What the flows are is for tests/golden."""

import glob
import os
import re

import policy_sandbox
import sandbox as s

Policy = policy_sandbox.Policy
document = policy_sandbox.document

MAC = "52:54:00:00:00:05"
SHIPPED = sorted(glob.glob(f"{s.SOURCE}/filters/*.xml"))


def offline():
    """A sandbox without any server."""
    policy = Policy()
    policy.stop("policy-db")
    return policy


def guest(name="f"):
    return document(name, "<rule action='drop' direction='out'>",
                    "<ip match='no' srcipaddr='$IP'/></rule>\n",
                    "<rule action='accept' direction='in'>",
                    "<tcp/></rule>")


def test_open_vswitch_reads_the_flows():
    with offline() as p:
        out = p.nwfctl("compile", "--mac", MAC, "--param", "IP=10.0.0.5",
                       "--filter", "clean-traffic", *SHIPPED)
        assert out == p.nwfctl(
            "compile", "--param=IP=10.0.0.5", f"--mac={MAC}",
            "--filter=clean-traffic", *SHIPPED[::-1])
        path = p.file("flows", out)
        parsed = p.run("ovs-ofctl", "-OOpenFlow15", "parse-flows", path)
        lines = [line for line in out.splitlines()
                 if line and line[0] != "#"]
        assert len(parsed.splitlines()) >= len(lines) > 20
        for line in lines:
            assert re.match(r"cookie=0x4e57[0-9a-f]{12}, .* actions=.*  # .+",
                            line), line
        mine = [line for line in lines if "no-mac-spoofing.xml:8: " in line]
        assert mine and all(line.endswith(
            "filters/no-mac-spoofing.xml:8: return out mac srcmacaddr=$MAC")
            for line in mine), mine


def test_parameters():
    with offline() as p:
        path = p.file("f.xml", guest())

        def rows(*args):
            out = p.nwfctl("compile", "--filter", "f", *args, path)
            return set(re.findall(r"nw_src=([0-9.]+)", out))

        assert rows("--param", "IP=10.0.0.5") == {"10.0.0.5"}
        path = p.file("g.xml", guest().replace(" match='no'", ""))
        both = {"10.0.0.5", "10.0.0.6"}
        assert rows("--param", "IP=10.0.0.5,10.0.0.6") == both
        assert rows("--param", "IP=10.0.0.5", "--param",
                    "IP=10.0.0.6") == both
        path = p.file("h.xml", document(
            "f", "<rule action='drop' direction='out'>"
                 "<mac srcmacaddr='$MAC'/></rule>"))
        out = p.nwfctl("compile", "--filter", "f", "--mac", MAC, "--param",
                       "MAC=02:00:00:00:00:09", path)
        assert "02:00:00:00:00:09" in out and MAC not in out, out


def test_from_stdin():
    with offline() as p:
        out = p.nwfctl("compile", "--param", "IP=10.0.0.5", "--filter", "f",
                       "-", text=guest())
        assert "# <stdin>:2: drop out ip" in out, out


def test_address_sets():
    """Each set that a filter tests has to be given; names may end with a
    variable."""
    with offline() as p:
        path = p.file("f.xml", document(
            "f", "<rule action='drop' direction='in' statematch='false'>\n"
                 "<all ipset='s-$KIND' ipsetflags='src,dst'/></rule>"))
        args = ["compile", "--filter", "f", "--param", "KIND=a,b", path]
        out = p.nwfctl(*args, "--set", "s-a=hash:ip;10.0.0.1;::1", "--set",
                       "s-b=hash:ip,port;10.0.0.2,80-81")
        rows = [line for line in out.splitlines() if "table=121," in line]
        assert len(rows) == 6, out
        assert all("members of address set 's-" in row for row in rows)
        p.refuse(f"{path}:3: error: address set 's-b' is not given", *args,
                 "--set", "s-a=hash:ip")
        for text in ("s-a", "s-a=hash", "s/a=hash:ip", "s-a=hash:ip;rubbish",
                     "s-a=hash:ip;"):
            p.refuse("--set: 's", *args, "--set", text)
        p.refuse("given twice", *args, "--set", "s-a=hash:ip", "--set",
                 "s-a=hash:ip")
        p.refuse("ipset", "compile", "--filter", "f", "--param", "KIND=a/b",
                 path)


def test_errors():
    with offline() as p:
        path = p.file("f.xml", guest())
        ref = p.file("g.xml", document("g", "\n<filterref filter='none'/>"))
        bad = p.file("b.xml", "<filter name='b'>\n<rule/></filter>")
        given = ["--param", "IP=10.0.0.5"]
        p.refuse("no file defines the filter 'x'", "compile", *given,
                 "--filter", "x", path)
        p.refuse("needs --filter", "compile", *given, path)
        p.refuse("needs --filter", "compile", *given, "--filter", "f")
        p.refuse(f"{path}:2: error: ", "compile", "--filter", "f", path)
        p.refuse("IP", "compile", "--filter", "f", path)
        p.refuse(f"{path}:2: error: ", "compile", "--filter", "f", "--param",
                 "IP=nonsense", path)
        p.refuse(f"{ref}:3: error: ", "compile", "--filter", "g", ref)
        p.refuse(f"{bad}:2: error: ", "compile", *given, "--filter", "f",
                 path, bad)
        p.refuse("also defined in", "compile", *given, "--filter", "f", path,
                 path)
        p.refuse("No such file", "compile", *given, "--filter", "f", path,
                 f"{p.dir}/none.xml")
        for message, *option in (
                ("--mac: 'nonsense' is not a MAC", "--mac", "nonsense"),
                ("--param: 'IP' is no parameter", "--param", "IP"),
                ("--param: 'I P=1' is no parameter", "--param", "I P=1"),
                ("--param: '=1' is no parameter", "--param", "=1"),
                ("command has no '--nonsense' option", "--nonsense")):
            p.refuse(message, "compile", *option, "--filter", "f", path)
        p.refuse("needs a value for its '--mac' option", "compile", "--mac")


def test_compat():
    with offline() as p:
        path = p.file("f.xml", document("f", "<rul/>"))
        p.refuse(f"{path}:2: error: ", "compile", "--filter", "f", path)
        done = p.nwfctl("compile", "--compat", "--filter", "f", path,
                        check=False)
        assert done.returncode == 0, done.stderr
        assert f"{path}:2: warning: " in done.stderr
        assert os.path.basename(path) not in done.stdout
