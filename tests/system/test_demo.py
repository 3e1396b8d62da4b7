# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The demonstration: comes out as it says, and leaves nothing behind."""

import glob
import os
import signal
import subprocess
import tempfile
import uuid

import sandbox as s

DEMO = f"{s.SOURCE}/tests/demo/run"

# Its devices and namespaces.
NAMES = ("guest", "tenant", "peer", "newcomer", "br-int", "ovs-netdev")

# In the environment of every process of a demonstration that is started here.
MARK = {"NWF_DEMO_TEST": str(uuid.uuid4())}


def leftovers():
    """The processes that carry our mark."""
    mark = "=".join(*MARK.items()).encode()
    found = []
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as stream:
                if mark in stream.read().split(b"\0"):
                    found.append(path)
        except OSError:
            pass
    return found


def start(*options, output):
    return subprocess.Popen([DEMO, *options], env={**os.environ, **MARK},
                            stdin=subprocess.DEVNULL, stdout=output,
                            stderr=subprocess.STDOUT)


def namespaces_and_devices():
    """Those that are named as the demonstration's; others come and go."""
    return sorted(path for path in glob.glob("/run/netns/*")
                  + glob.glob("/sys/class/net/*")
                  if os.path.basename(path) in NAMES)


def test_demo():
    before = namespaces_and_devices()
    demo = start("--build", os.environ["NWF_BUILD"], output=subprocess.PIPE)
    output = demo.communicate(timeout=500)[0].decode()
    if demo.returncode:
        raise s.Failure(f"exit status {demo.returncode}:\n{output}")
    assert " 0 not;" in output
    s.wait_until(lambda: not leftovers(), "its processes are gone")
    assert namespaces_and_devices() == before


def end_early(how):
    """Ends a demonstration when it has begun to show something."""
    with tempfile.TemporaryFile("w+") as output:
        demo = start("--plain", output=output)

        def begun():
            output.seek(0)
            return "expected" in output.read()

        s.wait_until(begun, "the demonstration shows something", 120)
        assert leftovers()
        demo.send_signal(how)
        assert demo.wait(60) != 0
        s.wait_until(lambda: not leftovers(), "its processes are gone")


def test_interrupted():
    before = namespaces_and_devices()
    end_early(signal.SIGINT)
    end_early(signal.SIGTERM)
    assert namespaces_and_devices() == before


def test_killed():
    before = namespaces_and_devices()
    end_early(signal.SIGKILL)
    s.wait_until(lambda: namespaces_and_devices() == before,
                 "its network is gone")
