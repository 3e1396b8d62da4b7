# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Documents whose examples are run, in their order, in a sandbox.

Fenced blocks, by the words behind the fence:
  sh             run by bash; stops at the first command that fails
  sh fails       the same, but the last command has to fail
  sh host        not run (installs things, or changes the host)
  text           what the sh block before it prints; "..." stands for anything
  xml file=NAME  written to a file of that name
Other blocks are the caller's, and so are comments <!-- lab: WORDS -->, which
say what happens on the host meanwhile.
"""

import os
import re

import sandbox as s

BLOCK = re.compile(r"^```([^\n]+)\n(.*?)^```$|^<!-- (lab: [^\n]+) -->$",
                   re.M | re.S)


def blocks(path):
    """(Words behind the fence, contents) of each block; a comment is
    (["lab:", ...], "")."""
    with open(os.path.join(s.SOURCE, path)) as stream:
        return [((match[1] or match[3]).split(), match[2] or "")
                for match in BLOCK.finditer(stream.read())]


def run_shell(sandbox, script, fails=False):
    """Runs a block as a user of an installed ovs-nwfilter would; returns what
    it prints."""
    programs = os.path.dirname(s.find_program(sandbox.build, "nwfctl"))
    done = sandbox.run("env", f"PATH={programs}:{os.environ['PATH']}", "bash",
                       "-e", "-u", "-o", "pipefail", "-c", script,
                       check=False)
    if bool(done.returncode) != fails:
        raise s.Failure(f"{script}status {done.returncode}\n{done.stdout}"
                        f"{done.stderr}")
    return done.stdout + (done.stderr if fails else "")


def compare_output(path, actual, expected):
    pattern = re.escape(expected).replace(re.escape("..."), ".*")
    if not re.fullmatch(pattern, actual, re.S):
        raise s.Failure(f"{path} shows:\n{expected}printed is:\n{actual}")


def run(sandbox, path, other):
    """Runs a document's blocks; other(words, text) gets those of other kinds,
    and returns false if it does not know them.  Returns how many sh blocks
    there were."""
    output, done = "", 0
    for words, text in blocks(path):
        if words in (["sh"], ["sh", "fails"]):
            output = run_shell(sandbox, text, words != ["sh"])
            done += 1
        elif words == ["text"]:
            compare_output(path, output, text)
        elif words[0] == "xml" and len(words) == 2:
            sandbox.file(words[1].removeprefix("file="), text)
        elif words != ["sh", "host"] and not other(words, text):
            raise s.Failure(f"{path}: a block of unknown kind: {words}")
    return done
