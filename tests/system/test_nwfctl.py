# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""nwfctl on filters: define, undefine, list, dumpxml, edit, check; its options
and the generic database commands.  No daemon runs."""

import glob
import os
import re
import socket
import subprocess
import time

import policy_sandbox
import sandbox as s

UUID = "11111111-2222-3333-4444-555555555555"
OTHER_UUID = "99999999-2222-3333-4444-555555555555"

Policy = policy_sandbox.Policy
document = policy_sandbox.document


def transactions(p):
    """How many transactions the database has written."""
    log = p.run("ovsdb-tool", "show-log", f"{p.dir}/nwfilter.db")
    return len(re.findall(r"^record ", log, re.M))


def test_define_and_dumpxml():
    texts = {
        "plain": document("plain"),
        "comments": "<!-- one -->\n" + document("comments", "<!-- two -->")
                    + "<!-- three -->",
        "crlf": document("crlf").replace("\n", "\r\n"),
        "no-newline": document("no-newline").strip(),
        "utf-8": document("utf-8", "<!-- \u00e4\u20ac -->"),
        "entities": document("entities", "<!-- &amp; -->", quote='"'),
    }
    with Policy() as p:
        for name, text in texts.items():
            path = f"{p.dir}/{name}.xml"
            with open(path, "wb") as stream:
                stream.write(text.encode())
            p.expect(f"Network filter {name} defined from {path}\n",
                     "define", path)
            dump = subprocess.run(
                p.command("dumpxml", name), env=p.env, check=True,
                stdout=subprocess.PIPE).stdout
            assert dump == text.encode(), (dump, text)
        listed = p.nwfctl("list").splitlines()
        assert re.fullmatch(r" UUID +Name", listed[0]), listed[0]
        assert set(listed[1]) == {"-"}
        rows = [line.split() for line in listed[2:]]
        assert [name for _, name in rows] == sorted(texts)
        for uuid, name in rows:
            assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                                uuid)
            assert p.nwfctl("dumpxml", uuid) == p.nwfctl("dumpxml", name)


def test_define_from_stdin():
    with Policy() as p:
        out = p.nwfctl("define", "-", text=document("a"))
        assert out == "Network filter a defined from -\n", out
        p.refuse("<stdin>:2: error: ", "define", "-",
                 text="<filter name='b'>\n<rule action='dorp'"
                      " direction='in'/></filter>")


def test_define_is_all_or_none():
    with Policy() as p:
        good, bad = p.file("good.xml", document("good")), p.file(
            "bad.xml", "<filter name='bad'>\n  <rule action='accept'/>\n"
                       "</filter>")
        before = transactions(p)
        p.refuse(f"{bad}:2: error: ", "define", good, bad)
        p.refuse(f"{bad}:2: error: ", "define", bad, good)
        p.refuse("No such file", "define", good, f"{p.dir}/missing.xml")
        p.refuse("", "define", good, p.dir)
        p.refuse("unknown command", "define", good, "--", "nonsense")
        p.refuse("no network filter named 'x'", "define", good, "--",
                 "dumpxml", "x")
        assert p.names() == []
        assert transactions(p) == before
        p.nwfctl("--dry-run", "define", good)
        assert p.names() == []
        p.nwfctl("define", good, p.file("more.xml", document("more")))
        assert p.names() == ["good", "more"]
        assert transactions(p) == before + 1


def test_define_replaces():
    with Policy() as p:
        first = p.file("a.xml", document("a"))
        p.nwfctl("define", first)
        uuid = p.nwfctl("get", "Filter", "a", "uuid", "_uuid")
        before = transactions(p)
        p.expect(f"Network filter a defined from {first}\n", "define", first)
        assert transactions(p) == before, "an identical document is a change"
        text = document("a", "<rule action='drop' direction='in'/>")
        p.nwfctl("define", p.file("a2.xml", text))
        assert p.nwfctl("dumpxml", "a") == text
        assert p.nwfctl("get", "Filter", "a", "uuid", "_uuid") == uuid


def test_define_uuid():
    with Policy() as p:
        def xml(name, uuid):
            return p.file(f"{name}-{uuid[0]}.xml",
                          document(name, f"<uuid>{uuid}</uuid>"))

        p.nwfctl("define", xml("a", UUID))
        assert UUID in p.nwfctl("list")
        p.nwfctl("define", xml("a", UUID.upper()))
        p.refuse(f"1: error: filter 'a' already exists with uuid {UUID}",
                 "define", xml("a", OTHER_UUID))
        p.refuse("1: error: filter with the same uuid but different name "
                 "('a') already exists", "define", xml("b", UUID))
        p.refuse("has the uuid of filter 'c'", "define", xml("c", OTHER_UUID),
                 xml("d", OTHER_UUID))
        p.nwfctl("define", p.file("a.xml", document("a", "<!-- none -->")))
        assert p.nwfctl("get", "Filter", "a", "uuid").strip() == f'"{UUID}"'
        assert p.names() == ["a"]


def test_define_twice_in_one_call():
    with Policy() as p:
        one, two = (p.file(f"{i}.xml", document("a")) for i in (1, 2))
        p.refuse(f"{two}:1: error: filter 'a' is also defined in {one}",
                 "define", one, two)
        p.nwfctl("define", one, "--", "define", two)


def test_define_references():
    with Policy() as p:
        def xml(name, *refs):
            return p.file(f"{name}.xml", document(
                name, *(f"\n<filterref filter='{ref}'/>" for ref in refs)))

        done = p.nwfctl("define", xml("a", "b", "c"), check=False)
        assert done.returncode == 0
        assert re.search(r"a\.xml:\d+: warning: .*'b' is not defined",
                         done.stderr), done.stderr
        assert re.search(r"a\.xml:\d+: warning: .*'c' is not defined",
                         done.stderr), done.stderr
        p.refuse(":3: error: filter would introduce a loop: b -> a -> b",
                 "define", xml("b", "a"))
        p.refuse(":3: error: filter would introduce a loop: d -> d",
                 "define", xml("d", "d"))
        p.refuse("filter would introduce a loop", "define", xml("e", "f"),
                 xml("f", "g"), xml("g", "e"))
        done = p.nwfctl("define", xml("b"), xml("c", "b"), check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        # A new definition is what counts, not the one it replaces.
        p.nwfctl("define", xml("a"), xml("b", "a"))


def test_define_compat():
    with Policy() as p:
        path = p.file("a.xml", document("a", "<rul/>"))
        p.refuse("a.xml:2: error: ", "define", path)
        done = p.nwfctl("define", "--compat", path, check=False)
        assert done.returncode == 0
        assert "a.xml:2: warning: " in done.stderr, done.stderr
        assert p.nwfctl("get", "Filter", "a", "compat").strip() == "true"
        p.nwfctl("--compat", "define", path)
        p.nwfctl("define", p.file("a.xml", document("a")))
        assert p.nwfctl("get", "Filter", "a", "compat").strip() == "false"


def test_deviations_are_told():
    """Whatever `check' says of deviations, `define' says, too."""
    folder = f"{s.SOURCE}/tests/diag"
    told = set()
    with Policy() as p:
        for path in sorted(glob.glob(f"{folder}/*.xml")):
            with open(path[:-4] + ".expect") as stream:
                expected = stream.read()
            tags = re.findall(r": \[(D\d+)\]", expected)
            if not tags:
                continue
            done = p.nwfctl("define", "--no-lint", path, check=False)
            said = done.stderr.replace(folder + "/", "")
            # The database also says which references lead nowhere.
            assert set(expected.splitlines()) <= set(said.splitlines()), said
            told.update(tags)
        assert told == {f"D{i}" for i in (*range(1, 10), *range(11, 16))}


def test_parameters():
    """D10 and D16: of bindings, and of references."""
    with Policy() as p:
        p.define(document("web", "<rule action='drop' direction='in'>"
                          "<tcp dstportstart='$P' srcipaddr='$A[1]'/></rule>"),
                 document("by", "<filterref filter='web'/>"))
        top = p.file("top.xml", document(
            "top", "<filterref filter='by'>\n"
            "<parameter name='P' value='80'/>"
            "<parameter name='P' value='http'/>"
            "<parameter name='A' value='x'/>"
            "<parameter name='A' value='10.0.0.1'/></filterref>"))
        web = p.file("web.xml", p.nwfctl("dumpxml", "web"))
        by = p.file("by.xml", p.nwfctl("dumpxml", "by"))
        for args in (("check", "--no-lint", top, by, web),
                     ("define", "--no-lint", top)):
            done = p.nwfctl(*args, check=False)
            where = "web.xml:2" if args[0] == "check" else "web:2"
            assert done.returncode == 0
            assert re.fullmatch(
                r"\S+top\.xml:2: warning: \[D16\] parameter 'P': 'http' is "
                r"not a number from 0 to 65535, which dstportstart in .*"
                + where + r" has to be.*\n", done.stderr), done.stderr
        path = p.file("b.xml", policy_sandbox.binding(
            "vnet0", "by", P=["80", "x"], A=["1", "::1"],
            CTRL_IP_LEARNING=["DHCP"]))
        for args in (("check", path, by, web), ("binding-create", path)):
            done = p.nwfctl(*args, check=False)
            assert done.returncode == 0, done.stderr
            said = re.findall(r"b\.xml:1: warning: (\[D\d+\] \S+ \S+)",
                              done.stderr)
            assert said == ["[D10] $IP is", "[D16] parameter 'A':",
                            "[D16] parameter 'P':"], done.stderr
        p.refuse("b.xml:1: error: <filterbinding> has no <mac>", "check",
                 p.file("b.xml", "<filterbinding/>"))


def test_define_encoding():
    """What the database can not store is refused with a line."""
    with Policy() as p:
        for text in (
                b"<?xml version='1.0' encoding='ISO-8859-1'?>\n"
                b"<filter name='x'><!-- \xe4 --></filter>",
                "<?xml version='1.0' encoding='UTF-16'?>\n"
                "<filter name='x'/>".encode("utf-16"),
                b"<filter name='x'>\n</filter>\0",
                b"<filter name='x'>\n<!-- \xed\xa0\x80 --></filter>",
                b""):
            path = f"{p.dir}/x.xml"
            with open(path, "wb") as stream:
                stream.write(text)
            for command in ("define", "check"):
                p.refuse(f"{path}:", command, path)
        assert p.names() == []


def test_undefine():
    with Policy() as p:
        p.define(document("inner"),
                 document("outer", "<filterref filter='inner'/>"),
                 document("bound"))
        p.bind("vnet0", "bound")
        p.refuse("filter 'inner' is in use: filter 'outer' refers to it",
                 "undefine", "inner")
        p.refuse("filter 'bound' is in use: port 'vnet0' is bound to it",
                 "undefine", "bound")
        p.refuse("no network filter named 'none'", "undefine", "outer",
                 "none")
        assert p.names() == ["bound", "inner", "outer"]
        p.nwfctl("undefine", "--if-exists", "none")
        out = p.nwfctl("undefine", "inner", "outer")
        assert sorted(out.splitlines()) == [
            "Network filter inner undefined",
            "Network filter outer undefined"], out
        uuid = p.nwfctl("get", "Filter", "bound", "uuid").strip('"\n')
        p.nwfctl("binding-delete", "vnet0", "--", "undefine", uuid)
        assert p.names() == []


def editor(p, script):
    """Makes 'script', a shell script with the file as "$1", the editor."""
    path = p.file("editor", "#!/bin/sh\n" + script)
    os.chmod(path, 0o755)
    p.env["VISUAL"] = path
    p.env["EDITOR"] = "false"


def test_edit():
    with Policy() as p:
        p.define(document("a"))
        editor(p, 'sed -i "s/name=/ chain=\'ipv4\' name=/" "$1"')
        p.expect("Network filter a XML configuration edited.\n", "edit", "a")
        assert "chain='ipv4'" in p.nwfctl("dumpxml", "a")
        editor(p, "true")
        p.expect("Network filter a XML configuration not changed.\n",
                 "edit", "a")
        editor(p, 'sed -i "s/\'a\'/\'b\'/" "$1"')
        p.refuse("1: error: 'a' can not be renamed", "edit", "a")
        editor(p, 'echo "<oops>" >> "$1"')
        p.refuse("error: ", "edit", "a")
        editor(p, "exit 3")
        p.refuse("the editor failed", "edit", "a")
        p.refuse("no network filter named 'b'", "edit", "b")
        assert p.names() == ["a"]
        assert "chain='ipv4'" in p.nwfctl("dumpxml", "a")
        del p.env["VISUAL"]
        p.env["EDITOR"] = "sed -i -e s/ipv4/ipv6/"
        p.nwfctl("edit", "a")
        assert "chain='ipv6'" in p.nwfctl("dumpxml", "a")
        leftover = [name for name in os.listdir(p.env["TMPDIR"])
                    if name.startswith("nwfctl-")]
        assert not leftover, leftover


def test_edit_conflict():
    with Policy() as p:
        p.define(document("a"))
        changed = p.file("changed.xml", document("a", "<!-- hers -->"))
        command = " ".join(p.command("define", changed))
        editor(p, f'{command} && echo "<!-- mine -->" >> "$1"')
        done = p.nwfctl("edit", "a", check=False)
        assert done.returncode == 1
        kept = re.search(r"changed by somebody else; what you have written "
                         r"is in (\S+)", done.stderr)
        with open(kept[1]) as stream:
            assert "<!-- mine -->" in stream.read()
        assert "<!-- hers -->" in p.nwfctl("dumpxml", "a")


def test_check_is_offline():
    with Policy() as p:
        p.stop("policy-db")
        a = p.file("a.xml", document("a", "<filterref filter='b'/>"))
        b = p.file("b.xml", document("b", "\n<filterref filter='a'/>"))
        bad = p.file("bad.xml", "<filter name='x'>\n\n<rule/></filter>")
        p.expect("", "check", a)
        p.expect("", "check", b)
        p.refuse("b.xml:3: error: filter would introduce a loop", "check", a,
                 b)
        p.refuse("also defined in", "check", a, a)
        done = p.nwfctl("check", a, bad, f"{p.dir}/none.xml", check=False)
        assert done.returncode == 1
        assert f"{bad}:3: error: " in done.stderr, done.stderr
        assert f"{p.dir}/none.xml: error: No such file" in done.stderr
        compat = p.file("c.xml", document("c", "<rul/>"))
        p.refuse("c.xml:2: error: ", "check", compat)
        done = p.nwfctl("check", "--compat", compat, check=False)
        assert done.returncode == 0
        assert "c.xml:2: warning: " in done.stderr
        p.refuse("can not be combined", "check", a, "--", "check", b)
        p.refuse("requires at least 1", "check")


def test_generic_commands():
    with Policy() as p:
        p.define(document("a"), document("b"))
        assert "name                : a" in p.nwfctl("list", "Filter", "a")
        rows = p.nwfctl("-f", "csv", "--no-headings", "--columns=name",
                        "list", "Filter")
        assert sorted(rows.split()) == ["a", "b"], rows
        p.nwfctl("set", "Filter", "a", "external_ids:owner=me")
        assert p.nwfctl("get", "filter", "a",
                        "external_ids:owner") == "me\n"
        found = p.nwfctl("--bare", "--columns=name", "find", "Filter",
                         "external_ids:owner=me")
        assert found == "a\n", found
        p.nwfctl("remove", "Filter", "a", "external_ids", "owner", "--",
                 "add", "Filter", "b", "external_ids", "x=1")
        uuid = p.nwfctl("create", "Host", "name=h1")
        assert re.fullmatch(r"[-0-9a-f]{36}\n", uuid), uuid
        p.nwfctl("wait-until", "Host", "h1")
        p.nwfctl("destroy", "Host", "h1")
        p.refuse("no row", "get", "Host", "h1", "name")
        p.refuse("Nonsense", "list", "Nonsense")
        p.nwfctl("clear", "Filter", "b", "external_ids", "--", "comment", "x")
        assert p.nwfctl("--oneline", "list", "--", "show", "--", "get",
                        "Filter", "a", "name").count("\n") == 3
        show = p.nwfctl("show")
        assert "Filter a\n" in show and "Filter b\n" in show, show


def test_show():
    with Policy() as p:
        p.define(document("inner"),
                 document("outer", "<filterref filter='inner'/>"))
        p.bind("vnet0", "outer", IP=["10.0.0.1", "10.0.0.2"])
        p.nwfctl("set-create", "set", "hash:ip", "10.0.0.1", "--", "create",
                 "Host", "name=h1", "version=1")
        expected = (
            "Filter inner\n"
            "Filter outer\n"
            "    refers to: inner\n"
            "    bound to ports: vnet0\n"
            "Binding vnet0\n"
            "    filter: outer\n"
            "    mac: 52:54:00:00:00:01\n"
            "    IP = 10.0.0.1,10.0.0.2\n"
            "Set set\n"
            "    type: hash:ip\n"
            "    entries: 1\n"
            "Host h1\n"
            "    version: 1\n")
        p.expect(expected, "show")


def test_command_line():
    with Policy() as p:
        p.refuse("missing command name")
        p.refuse("unknown command 'defien'", "defien", "x")
        p.refuse("'undefine' command has no '--compat' option", "undefine",
                 "--compat", "x")
        p.refuse("requires at least 1", "define")
        p.refuse("", "--nonsense", "list")
        p.refuse("--timeout", "--timeout=soon", "list")
        help_text = p.nwfctl("--help")
        for command in ("define", "undefine", "dumpxml", "edit", "sync",
                        "binding-create", "set-create", "check", "trace"):
            assert f"\n  {command} " in help_text, command
        version = p.nwfctl("--version")
        assert version.startswith("nwfctl"), version
        commands = p.nwfctl("--commands")
        assert ",define,+FILE" in commands, commands
        assert "--oneline" in p.nwfctl("--options")


def test_run_directories():
    with Policy() as p:
        program, own = s.find_program(p.build, "nwfctl"), p.env
        for env, directory in (
                ({"NWFILTER_RUNDIR": "/x/y"}, "/x/y"),
                ({"OVS_RUNDIR": "/x/y"}, "/x/ovs-nwfilter"),
                ({}, "/var/run/ovs-nwfilter")):
            p.env = {key: value for key, value in own.items()
                     if key not in ("OVS_RUNDIR", "NWFILTER_RUNDIR")}
            p.env.update(env)
            text = p.run(program, "--help")
            assert f"(default: unix:{directory}/nwfilter.sock)" in text
            assert f"(default: {directory}/ovs-nwfilterd.ctl)" in text
        # The default is where the sandbox's database is.
        p.env = own
        assert "UUID" in p.run(program, "list")


def test_no_database():
    with Policy() as p:
        p.refuse("database connection failed", f"--db=unix:{p.dir}/none",
                 "list")
        # A server that accepts and then says nothing.
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(f"{p.dir}/mute.sock")
            sock.listen()
            start = time.monotonic()
            p.refuse("not done within 1 seconds",
                     f"--db=unix:{p.dir}/mute.sock", "-t1", "list")
            assert 0.9 < time.monotonic() - start < 60
        p.refuse("not done within 1 seconds", f"--db=unix:{p.dir}/none",
                 "--retry", "--timeout=1", "list")


def test_retry_waits_for_the_database():
    with Policy() as p:
        p.define(document("a"))
        p.stop("policy-db")
        client = subprocess.Popen(p.command("--retry", "--timeout=60", "list"),
                                  env=p.env, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        p.start_policy_db()
        output = client.communicate()[0]
        assert client.returncode == 0 and output.endswith(" a\n"), output


def test_closed_output():
    with Policy() as p:
        p.define(document("a"))
        with open("/dev/full", "w") as full:
            done = subprocess.run(p.command("list"), env=p.env, stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1
        assert "standard output" in done.stderr, done.stderr


def test_tls():
    with Policy() as p:
        def certificate(name):
            """A key and a certificate that is its own authority."""
            key, cert = f"{p.dir}/{name}.key", f"{p.dir}/{name}.pem"
            p.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                  "-subj", f"/CN={name}", "-days", "2", "-keyout", key,
                  "-out", cert)
            return key, cert

        server, client, other = (certificate(name) for name in
                                 ("server", "client", "other"))
        host, port = s.loopback(), s.free_port()
        p.define(document("a"))
        p.stop("policy-db")
        p.spawn("tls-db", "ovsdb-server", f"--unixctl={p.dir}/tls-db.ctl",
                f"--remote=pssl:{port}:{host}", "-vconsole:off",
                f"--private-key={server[0]}", f"--certificate={server[1]}",
                f"--ca-cert={client[1]}", f"{p.dir}/nwfilter.db")

        def options(identity, authority):
            return [f"--db=ssl:{host}:{port}", "-t", "120", "-voff", "-p",
                    identity[0], "-c", identity[1], "-C", authority[1]]

        p.expect("a\n", *options(client, server), "--bare",
                 "--columns=name", "list", "Filter")
        p.refuse("database connection failed", *options(other, server),
                 "list")
        p.refuse("database connection failed", *options(client, other),
                 "list")
