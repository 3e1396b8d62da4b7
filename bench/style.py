# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""What the three ways of writing one policy as flows have in common."""

import collections

# A guest's port, and the policy that all of them have.
Guest = collections.namedtuple("Guest", "name ofport mac ip")
UPLINK = 1                      # OpenFlow port number of the network's port.
N_SERVICES = 10


def service(number):
    """The TCP port of a service that guests offer."""
    return 1000 + 7 * number


SERVICES = [service(number) for number in range(N_SERVICES)]


class Flows:
    """A list of flows in the notation of ovs-ofctl."""

    def __init__(self):
        self.lines = []

    def add(self, table, priority, match, actions):
        match = f",{match}" if match else ""
        self.lines.append(
            f"table={table},priority={priority}{match} actions={actions}")

    def text(self):
        return "\n".join(self.lines) + "\n"
