# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""A daemon with nothing to do sleeps."""

import time

import frames
from policies import PASS
from sandbox import Sandbox, wait_until

SECONDS = 2
MOST = 20                               # Wake-ups a second,
MOST_WITHOUT = 50                       # and while something is looked for.


def wakeups(sandbox):
    """How often the process has gone to sleep by itself so far."""
    pid = sandbox.processes["ovs-nwfilterd"].pid
    with open(f"/proc/{pid}/status") as stream:
        for line in stream:
            if line.startswith("voluntary_ctxt_switches"):
                return int(line.split()[1])


def check_idle(sandbox, what, most=MOST):
    """Sleeps now, or as soon as it has done what there still was to do."""
    def sleeps():
        before, start = wakeups(sandbox), time.monotonic()
        time.sleep(SECONDS)
        rate = (wakeups(sandbox) - before) / (time.monotonic() - start)
        print(f"# {what}: {rate:.1f} wake-ups a second")
        return rate < most

    wait_until(sleeps, f"{what}: fewer than {most} wake-ups a second")


def test_idle():
    with Sandbox() as sandbox:
        sandbox.define(PASS)
        net = sandbox.add_port("net")
        for n in range(20):
            sandbox.add_port(f"guest{n}", mac=frames.mac(n), filter="pass")
        sandbox.add_port("broken", mac=frames.mac(99), filter="missing")
        sandbox.wait_installed("guest19")
        sandbox.sync()
        check_idle(sandbox, "idle")

        # Learned flows come and go without the daemon.
        for n in range(200):
            net.send(frames.udp(src=frames.mac(1000 + n),
                                dst=frames.BROADCAST))
        sandbox.settle()
        sandbox.sync()
        check_idle(sandbox, "with learned addresses")

        sandbox.ofctl("add-flow", "br-int", "table=0,priority=90,in_port=77,"
                      "actions=drop")
        sandbox.add_port("held", mac=frames.mac(98), filter="pass",
                         port=["--", "set", "Interface", "held",
                               "ofport_request=77"])
        sandbox.wait_status("held", "error: ")
        sandbox.sync()
        check_idle(sandbox, "with a flow that can not be installed")

        sandbox.stop("policy-db")
        check_idle(sandbox, "without the policy database",
                   MOST_WITHOUT)
        sandbox.stop("ovs-vswitchd")
        check_idle(sandbox, "without a switch", MOST_WITHOUT)
        sandbox.stop("ovsdb-server")
        check_idle(sandbox, "without anything", MOST_WITHOUT)
