# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The same configuration becomes the same flows, ids, cookies and conntrack
zones on every host, in whatever order it came to be."""

import frames
from sandbox import Sandbox

FILTERS = (
    """<filter name='web'>
  <filterref filter='clean-traffic'/>
  <rule action='accept' direction='in'><tcp dstportstart='$PORTS'/></rule>
  <rule action='accept' direction='out'><udp dstportstart='53'/></rule>
  <rule action='drop' direction='inout'><all/></rule>
</filter>""",
    """<filter name='mail'>
  <rule action='accept' direction='inout'>
    <arp gratuitous='true' arpsrcmacaddr='$MAC'/></rule>
  <rule action='reject' direction='in'>
    <tcp dstportstart='25' ipset='bad' ipsetflags='src'/></rule>
  <filterref filter='web'>
    <parameter name='PORTS' value='25'/></filterref>
</filter>""",
    """<filter name='none' chain='arp'>
  <rule action='drop' direction='in'><arp match='no' opcode='Reply'/></rule>
</filter>""")

# Name, filter, parameters.
PORTS = (("p1", "web", {"PORTS": "80,443"}), ("p2", "web", {"PORTS": "22"}),
         ("p3", "mail", {}), ("p4", "none", {}), ("p5", "none", {}))


def configure(sandbox, step):
    """'step' is 1, or -1 for the other way round."""
    entries = ("10.0.0.1", "10.0.0.2", "10.0.0.3")[::step]
    sandbox.sync()
    sandbox.nwfctl("set-create", "bad", "hash:ip", *entries)
    for text in FILTERS[::step]:
        sandbox.define(text)
    for n, (name, wanted, params) in list(enumerate(PORTS, 1))[::step]:
        sandbox.add_port(name, mac=frames.mac(n), filter=wanted,
                         params=dict(params, IP=f"10.0.0.{n}"))
        sandbox.vsctl("set", "Interface", name, f"ofport_request={n}")
    if step == -1:          # And what was different for a while.
        for text in FILTERS:
            sandbox.define(text.replace("25", "26"))
            sandbox.define(text)
    sandbox.wait_installed(*(port[0] for port in PORTS))
    sandbox.sync()


def state(step):
    with Sandbox() as sandbox:
        configure(sandbox, step)
        before = sandbox.flows()
        sandbox.kill("ovs-nwfilterd")
        sandbox.start_daemon()
        sandbox.sync()
        assert sandbox.flows() == before
        return before


def test_same_on_every_host():
    one, other = state(1), state(-1)
    assert any("ct(" in flow for flow in one)
    assert one == other, sorted(set(one) ^ set(other))
