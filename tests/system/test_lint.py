# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The linter: its documentation, what it leaves alone, and what it knows of
other filters.  The warnings themselves are in tests/diag/lint-*."""

import glob
import os
import re
import tempfile
import time

import policy_sandbox
import sandbox as s

Policy = policy_sandbox.Policy
document = policy_sandbox.document

SSH = ("<rule action='accept' direction='in'><tcp dstportstart='22'/></rule>")
DROP = "<rule action='drop' direction='inout'><all/></rule>"
REFERENCE = "<filterref filter='{}'/>"


def read(*path):
    with open(os.path.join(s.SOURCE, *path)) as stream:
        return stream.read()


def table():
    """The ids that the program has."""
    ids = re.findall(r'NW_LINT\(\w+, "([a-z0-9-]+)"\)', read("xml/lint.h"))
    assert len(ids) > 10 and len(set(ids)) == len(ids), ids
    return ids


def sections():
    """The ids that doc/lint.md has, with the text about each."""
    parts = re.split(r"^## (.*)\n", read("doc/lint.md"), flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2]))


def warnings(p, *paths, command="check"):
    """What nwfctl says about the files, which must be legal."""
    done = p.nwfctl(command, *paths, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def ids_of(text):
    """The ids in 'text'; every line must be a warning with one."""
    return [re.match(r"\S+:\d+: warning: \[([a-z0-9-]+)\] ", line)[1]
            for line in text.splitlines()]


def split(block):
    """The filters of an example, each in a file of a new folder."""
    folder = tempfile.mkdtemp(prefix="nwf-lint-")
    paths = []
    for text in re.findall(r"<filter .*?</filter>\n", block, re.S):
        paths.append(os.path.join(folder, f"{len(paths)}.xml"))
        with open(paths[-1], "w") as stream:
            stream.write(text)
    return folder, paths


def check_example(p, block):
    folder, paths = split(block)
    try:
        assert paths, block
        return ids_of(warnings(p, *paths))
    finally:
        for path in paths:
            os.unlink(path)
        os.rmdir(folder)


def test_documented():
    assert list(sections()) == table()


def test_documented_examples():
    with Policy() as p:
        for lint, text in sections().items():
            blocks = re.findall(r"^```xml\n(.*?)^```", text, re.M | re.S)
            assert len(blocks) == 2, f"{lint}: an example and its cure"
            said = check_example(p, blocks[0])
            assert said == [lint], f"{lint}: example: {said}"
            said = check_example(p, blocks[1])
            assert said == [], f"{lint}: cure: {said}"


def test_each_has_cases():
    """Two documents that it warns about, at least."""
    expected = [set(re.findall(r"warning: \[([a-z0-9-]+)\]", read(path)))
                for path in glob.glob(f"{s.SOURCE}/tests/diag/lint-*.expect")]
    for lint in table():
        count = sum(lint in ids for ids in expected)
        assert count >= 2, f"{lint}: {count} cases"
    assert sum(not ids for ids in expected) >= len(table())


def test_shipped_filters_are_clean():
    paths = sorted(glob.glob(f"{s.SOURCE}/filters/*.xml"))
    names = re.search(r"shipped\[\] = \{(.*?)\};", read("xml/lint-names.c"),
                      re.S)[1]
    assert re.findall(r'"(.*?)"', names) == sorted(
        os.path.basename(path)[:-4] for path in paths)
    with Policy() as p:
        for path in paths:
            assert warnings(p, path) == ""
        assert warnings(p, *paths) == ""


def test_examples_are_clean():
    with Policy() as p:
        for path in glob.glob(f"{s.SOURCE}/tests/demo/*.xml"):
            assert warnings(p, path) == ""
        blocks = re.findall(r"^```xml.*?\n(.*?)^```", read("README.md"),
                            re.M | re.S)
        assert blocks
        for block in blocks:
            if block.startswith("<filter "):
                assert check_example(p, block) == [], block


def test_no_lint():
    with Policy() as p:
        path = p.file("ssh.xml", document("ssh", SSH))
        for command in ("check", "define"):
            assert ids_of(warnings(p, path, command=command)) \
                == ["only-accepts"]
            assert warnings(p, "--no-lint", path, command=command) == ""


def test_errors_come_alone():
    with Policy() as p:
        path = p.file("bad.xml", document("bad", SSH, "<rule/>"))
        done = p.nwfctl("check", path, check=False)
        assert done.returncode == 1
        assert "warning" not in done.stderr, done.stderr


def test_define_knows_the_database():
    """A reference to what is there; a block that is used there."""
    with Policy() as p:
        block = p.file("ssh.xml", document("ssh", SSH))
        top = p.file("top.xml", document(
            "top", REFERENCE.format("clean-traffic"),
            REFERENCE.format("ssh"), DROP))
        shipped = sorted(glob.glob(f"{s.SOURCE}/filters/*.xml"))

        assert warnings(p, *shipped, command="define") == ""
        assert ids_of(warnings(p, block, command="define")) \
            == ["only-accepts"]
        assert warnings(p, top, command="define") == ""
        # Now that "top" drops the rest, the block is all right.
        assert warnings(p, block, command="define") == ""
        # What "top" was does not count.
        top = p.file("top.xml", document("top", DROP))
        assert ids_of(warnings(p, top, block, command="define")) \
            == ["ipv4-only", "only-accepts"]


def test_unknown_references():
    """What is missing may hold what seems to be missing."""
    with Policy() as p:
        path = p.file("a.xml", document("a", REFERENCE.format("our-rest"),
                                        SSH))
        assert warnings(p, path) == ""
        loop = [p.file(f"{a}.xml", document(a, SSH, REFERENCE.format(b)))
                for a, b in ("xy", "yz", "zx")]
        done = p.nwfctl("check", *loop, check=False)
        assert done.returncode == 1 and "loop" in done.stderr


def test_large_filters():
    """The time that is spent on rules by the thousand has a limit."""
    rule = ("<rule action='accept' direction='in'><tcp srcipaddr='10.{}.{}.1'"
            " dstportstart='22' state='NEW'/></rule>\n")
    with Policy() as p:
        path = p.file("large.xml", document("large", *(
            rule.format(i // 256, i % 256) for i in range(20000)), DROP))
        start = time.monotonic()
        said = ids_of(warnings(p, path))
        assert time.monotonic() - start < 60
        assert said.count("new-only") == 51, said
