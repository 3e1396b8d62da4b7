# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""How many flows filters become: linear in rules, limited otherwise."""

import frames


def services(n):
    return ("<filter name='f'>"
            + "".join("<rule action='accept' direction='in'>"
                      f"<tcp dstportstart='{1000 + i}'/></rule>"
                      for i in range(n))
            + "<rule action='drop' direction='inout'><all/></rule></filter>")


def count(sandbox, document):
    path = sandbox.file("budget.xml", document)
    return sandbox.nwfctl("compile", "--mac=52:54:00:00:00:01",
                          "--filter=f", path).count("actions=")


def test_linear_in_rules(sandbox):
    few, more, many = (count(sandbox, services(n)) for n in (100, 200, 400))
    assert more - few == 200
    assert many - more == 400


def test_product_becomes_a_sum(sandbox):
    """Ranges that have 30 masks for each port and 62 for each address."""
    document = ("<filter name='f'><rule action='drop' direction='in'>"
                "<tcp srcportstart='1' srcportend='65534' dstportstart='1'"
                " dstportend='65534' srcipfrom='0.0.0.1'"
                " srcipto='255.255.255.254'/></rule></filter>")
    assert 200 < count(sandbox, document) < 600


def test_limit(sandbox):
    """A filter above the limit is refused with its count."""
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  "external_ids:nwfilter-max-flows=50")
    sandbox.define(services(40))
    sandbox.add_port("guest", mac=frames.mac(1), filter="f")
    sandbox.wait_status("guest", "error: ")
    status = sandbox.status("guest")
    assert "flows, more than the 50 allowed" in status, status
    sandbox.define(services(10))
    sandbox.wait_installed("guest")


def test_limit_of_a_port(sandbox):
    """So is a list of a port's own; what the port has stays in force."""
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  "external_ids:nwfilter-max-flows=50")
    sandbox.define("<filter name='f'><rule action='accept' direction='out'>"
                   "<ip srcipaddr='$IP'/></rule>"
                   "<rule action='drop' direction='inout'/></filter>")

    def addresses(n):
        return ",".join(f"10.0.0.{i + 1}" for i in range(n))

    def configure(name, n):
        sandbox.vsctl("set", "Interface", name,
                      f'external_ids:nwfilter.IP="{addresses(n)}"')

    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="f",
                             params={"IP": addresses(50)})
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest")
    configure("guest", 51)
    sandbox.wait_status("guest", "error: ")
    error = ("error: the parameters of port 'guest' would need 51 flows, more"
             " than the 50 allowed: 'IP' has 51 values")
    assert sandbox.status("guest") == (
        f"{error} (the port keeps its last good policy)")
    sandbox.sync()
    assert sandbox.crosses(guest, net, frames.udp(saddr="10.0.0.50"))
    assert not sandbox.crosses(guest, net, frames.udp(saddr="10.0.0.51"))

    other = sandbox.add_port("other", mac=frames.mac(3), filter="f",
                             params={"IP": addresses(51)})
    sandbox.wait_status("other", "error: ")
    assert sandbox.status("other") == (
        f"{error.replace('guest', 'other')} (the port is closed)")
    assert not sandbox.crosses(other, net, frames.udp(saddr="10.0.0.1"))

    sandbox.vsctl("set", "Open_vSwitch", ".",
                  "external_ids:nwfilter-max-flows=51")
    sandbox.wait_installed("guest", "other")
    sandbox.sync()
    assert sandbox.crosses(guest, net, frames.udp(saddr="10.0.0.51"))
