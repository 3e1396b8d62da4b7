# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Runs a function in namespaces of its own.

Processes, network devices and mounts of the function live in namespaces that
the kernel takes down when the function's process ends, however it ends: so
nothing can be left behind, and nothing outside can be touched.
"""
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import traceback

CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID = 0x00020000, 0x40000000, 0x20000000
PR_SET_PDEATHSIG = 1
MNT_DETACH = 2
SPARE = "/mnt"                  # An empty folder of every system.

libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def setns(path):
    """The calling thread enters the network namespace at PATH."""
    fd = os.open(path, os.O_RDONLY)
    try:
        check(libc.setns(fd, CLONE_NEWNET))
    finally:
        os.close(fd)


def mount(*args):
    return subprocess.run(["mount", *args], check=True,
                          stderr=subprocess.PIPE)


@contextlib.contextmanager
def private_mounts():
    """Mounts are this namespace's own.  Inside a chroot, "/" need not be a
    mount point: then make it one, on a mount that is private already."""
    root = None
    try:
        mount("--make-rprivate", "/")
    except subprocess.CalledProcessError:
        root = os.open("/", os.O_RDONLY)
        mount("--bind", "/", SPARE)
        mount("--make-private", SPARE)
        mount("--rbind", "/", SPARE)
        os.chroot(SPARE)
        os.chdir("/")
        mount("--make-rprivate", "/")
    try:
        yield
    finally:
        if root is not None:    # The first mount may be seen outside.
            os.fchdir(root)
            os.chroot(".")
            libc.umount2(SPARE.encode(), MNT_DETACH)
            libc.umount2(SPARE.encode(), MNT_DETACH)


def become_init():
    """The first process inside: its own /run and /proc."""
    for args in (["-t", "tmpfs", "tmpfs", "/run"],
                 ["-t", "proc", "proc", "/proc"]):
        mount(*args)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def interrupt(number, frame):
    """Raised once: a second signal must not break the clean-up."""
    for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(s, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(function):
    """Returns the exit status of FUNCTION, run in a process of its own that
    has /run, /proc, processes and network devices for itself."""
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID))
    sys.stdout.flush()
    child = os.fork()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    if child:
        for s in signals:
            signal.signal(s, lambda number, frame: os.kill(child, number))
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for s in signals:
        signal.signal(s, interrupt)
    status = 1
    try:
        check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
        with private_mounts():
            become_init()
            status = function()
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
