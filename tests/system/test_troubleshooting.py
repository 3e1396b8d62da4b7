# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""doc/troubleshooting.md is true: its commands are run, its output compared.

Its comments "lab":
  start                   the two guests and the network's port appear
  plug PORT MAC FILTER    another guest does
  telnet                  somebody in the network tries port 23 of vnet0
"""

import documents
import frames

WEB = "52:54:00:00:00:05"


class Lab:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def start(self):
        self.sandbox.nwfctl("define", "web-server.xml")
        self.net = self.sandbox.add_port("eth1")
        self.web = self.plug("vnet0", WEB, "web-server", "10.0.0.5")
        self.plug("vnet1", "52:54:00:00:00:06", "clean-traffic", "10.0.0.6")
        self.sandbox.wait_installed("vnet0", "vnet1")
        self.sandbox.sync()

    def plug(self, name, mac, filter, ip=None):
        return self.sandbox.add_port(name, mac=mac, filter=filter,
                                     ids={"nwfilter.IP": ip} if ip else {})

    def telnet(self):
        frame = frames.tcp(src="52:54:00:00:00:99", dst=WEB, sport=40000,
                           dport=23, saddr="10.0.0.9", daddr="10.0.0.5")
        for _ in range(3):
            assert not self.sandbox.crosses(self.net, self.web, frame)
        self.sandbox.revalidate()


def test_troubleshooting(sandbox):
    lab = Lab(sandbox)

    def other(words, _):
        if words[0] == "lab:":
            getattr(lab, words[1])(*words[2:])
            sandbox.sync()
        return words[0] == "lab:"

    assert documents.run(sandbox, "doc/troubleshooting.md", other) >= 10
