# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""make install: everything is where documents and scripts look for it."""

import glob
import os
import re
import shutil
import subprocess
import tempfile

import sandbox

PROGRAMS = ("sbin/ovs-nwfilterd", "bin/nwfctl", "sbin/ovs-nwfilter-ctl")


def make(build, *args):
    # Not with the options of a "make check" that runs this test.
    env = {key: value for key, value in os.environ.items()
           if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DESTDIR")}
    done = subprocess.run(["make", "-C", build, *args], text=True, env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        raise sandbox.Failure(done.stdout)


def installed(root):
    """Names of the files below 'root'."""
    return {os.path.relpath(os.path.join(folder, name), root)
            for folder, _, names in os.walk(root) for name in names}


def check_programs(prefix):
    for name in PROGRAMS:
        path = f"{prefix}/{name}"
        assert os.access(path, os.X_OK), name
        subprocess.run([path, "--version"], check=True,
                       stdout=subprocess.DEVNULL)


def check_data(prefix):
    data = f"{prefix}/share/ovs-nwfilter"
    assert os.path.exists(f"{data}/nwfilter.ovsschema")
    names = {os.path.basename(path)
             for path in glob.glob(f"{data}/filters/*.xml")}
    shipped = {os.path.basename(path) for path in
               glob.glob(f"{sandbox.SOURCE}/filters/*.xml")}
    assert names == shipped and shipped, names ^ shipped


def check_documents(prefix):
    """Manual pages, documents and completions are where they are looked
    for."""
    for path in glob.glob(f"{sandbox.SOURCE}/doc/*"):
        name = os.path.basename(path)
        if re.search(r"\.[1-9]$", name):
            assert os.path.exists(f"{prefix}/share/man/man{name[-1]}/{name}")
        elif name != "automake.mk":
            assert os.path.exists(f"{prefix}/share/doc/ovs-nwfilter/{name}")
    for name in ("nwfctl", "ovs-nwfilter-ctl"):
        path = f"{prefix}/share/bash-completion/completions/{name}"
        subprocess.run(["bash", "-c", f". {path}; complete -p {name}"],
                       check=True, stdout=subprocess.DEVNULL)


def check_units(root, prefix):
    """Each program that a unit starts is there, and knows the options."""
    units = glob.glob(f"{prefix}/lib/systemd/system/*.service")
    assert len(units) == 2, units
    for unit in units:
        with open(unit) as stream:
            text = stream.read()
        assert "@" not in text, unit
        lines = re.findall(r"^Exec\w+=(\S+) (.*) (\w+)$", text, re.M)
        assert len(lines) == 2, unit
        for program, options, _ in lines:
            known = [word for word in options.split() if word[0] != "$"]
            subprocess.run([root + program, *known, "--version"], check=True,
                           stdout=subprocess.DEVNULL)
        if shutil.which("systemd-analyze"):
            check = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", f"--root={root}",
                 "--recursive-errors=no", unit.removeprefix(root)], text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            assert check.returncode == 0, check.stdout


def test_install():
    build = os.environ["NWF_BUILD"]
    with tempfile.TemporaryDirectory(prefix="nwf-test-") as root:
        make(build, "install", f"DESTDIR={root}")
        files = installed(root)
        program = next(name for name in files if name.endswith(PROGRAMS[0]))
        prefix = f"{root}/{program.removesuffix(PROGRAMS[0])}".rstrip("/")
        check_programs(prefix)
        check_data(prefix)
        check_documents(prefix)
        check_units(root, prefix)
        assert any(name.endswith("etc/logrotate.d/ovs-nwfilter")
                   for name in files), files
        make(build, "uninstall", f"DESTDIR={root}")
        assert not installed(root), installed(root)
