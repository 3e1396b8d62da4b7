# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""What the checks of the source have in common."""

import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
LAYERS = ("xml", "interpret", "flows", "learning", "trace",
          "switch", "ovsdb", "controller", "views", "daemon", "utilities")


def files(pattern=".*"):
    """Names of the repository's files, and of new ones, that match."""
    if not os.path.exists(os.path.join(TOP, ".git")):
        print("not in a checkout of the repository")
        sys.exit(77)
    output = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", TOP, "ls-files", "-z",
         "--cached", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE, check=True).stdout
    return [name for name in sorted(set(output.decode().split("\0")))
            if name and re.search(pattern, name)
            and os.path.isfile(os.path.join(TOP, name))]


def read(name):
    with open(os.path.join(TOP, name), errors="surrogateescape") as stream:
        return stream.read()


def lines(name):
    return read(name).splitlines()


def finish(problems, summary):
    """Ends the program: with the problems, or with one line if all is well."""
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems" if problems else summary)
    sys.exit(1 if problems else 0)
