# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""make install: everything is where documents and scripts look for it."""

import glob
import os
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


def test_install():
    build = os.environ["NWF_BUILD"]
    with tempfile.TemporaryDirectory(prefix="nwf-test-") as root:
        make(build, "install", f"DESTDIR={root}", "prefix=/usr")
        for name in PROGRAMS:
            path = f"{root}/usr/{name}"
            assert os.access(path, os.X_OK), name
            subprocess.run([path, "--version"], check=True,
                           stdout=subprocess.DEVNULL)
        data = f"{root}/usr/share/ovs-nwfilter"
        assert os.path.exists(f"{data}/nwfilter.ovsschema")
        names = {os.path.basename(path)
                 for path in glob.glob(f"{data}/filters/*.xml")}
        shipped = {os.path.basename(path) for path in
                   glob.glob(f"{sandbox.SOURCE}/filters/*.xml")}
        assert names == shipped and shipped, names ^ shipped

        make(build, "uninstall", f"DESTDIR={root}", "prefix=/usr")
        left = [path for _, _, files in os.walk(root) for path in files]
        assert not left, left
