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
