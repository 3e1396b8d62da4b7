# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Address sets in the switch: what a change costs, and what becomes of ports
whose set is not there.  Which rows a set has is for tests/unit."""

import re

import frames

SET_TABLE = 121
CLIENT = "10.0.0.1"


def document(rules, name="f"):
    drop = "<rule action='drop' direction='inout' priority='900'><all/></rule>"
    return f"<filter name='{name}'>{rules}{drop}</filter>"


def accept(attributes, direction="in", element="all"):
    return (f"<rule action='accept' direction='{direction}'>"
            f"<{element} {attributes}/></rule>\n")


def set_rows(sandbox, bridge="br-int"):
    return [flow for flow in sandbox.flows(bridge)
            if f"table={SET_TABLE}," in flow]


def flow_mods(sandbox, bridge="br-int"):
    """How many the daemon has sent to the bridge, after a sync."""
    sandbox.sync()
    text = sandbox.daemon("nwfilter/status")
    return int(re.search(rf"^bridge {bridge}: .* flow_mods (\d+)", text,
                         re.M)[1])


def two_ports(sandbox, **options):
    guest = sandbox.add_port("guest", mac=frames.mac(2), filter="f",
                             **options)
    return guest, sandbox.add_port("net")


def test_members_come_and_go(sandbox):
    sandbox.nwfctl("set-create", "s", "hash:ip", "10.0.0.9")
    sandbox.define(document(accept("ipset='s' ipsetflags='src'", "inout")))
    guest, net = two_ports(sandbox)
    sandbox.wait_installed("guest")
    assert not sandbox.crosses(net, guest, frames.udp())
    assert len(set_rows(sandbox)) == 2
    before, rows = flow_mods(sandbox), set_rows(sandbox)

    sandbox.nwfctl("set-add", "s", CLIENT)
    assert flow_mods(sandbox) == before + 2
    new = sorted(set(set_rows(sandbox)) - set(rows))
    assert len(new) == 2, new
    assert ["nw_src" in flow for flow in new] != ["nw_dst" in flow
                                                  for flow in new], new
    sandbox.revalidate()
    assert sandbox.crosses(net, guest, frames.udp())
    answer = frames.udp(saddr="10.0.0.2", daddr=CLIENT, src=frames.mac(2),
                        dst=frames.mac(1))
    assert sandbox.crosses(guest, net, answer)
    assert not sandbox.crosses(net, guest, frames.udp(saddr="10.0.0.3"))

    sandbox.nwfctl("set-del", "s", CLIENT)
    assert flow_mods(sandbox) == before + 4
    assert set_rows(sandbox) == rows
    sandbox.revalidate()
    assert not sandbox.crosses(net, guest, frames.udp())
    assert not sandbox.crosses(guest, net, answer)

    cookie = re.search("cookie=(0x[0-9a-f]*)", set_rows(sandbox)[0])[1]
    assert sandbox.nwfctl("explain", cookie) == \
        "members of address set 's'\n"


def test_shared_by_a_thousand_ports(sandbox):
    """Many ports, filters and rules, and still one flow for each way in which
    the set is looked at: as src, and where rules are mirrored as dst."""
    n = 1000
    sandbox.nwfctl("set-create", "s", "hash:net", "10.9.0.0/16")
    rules = "".join(accept(f"dscp='{i}' ipset='s' ipsetflags='src'")
                    for i in range(20))
    sandbox.define(document(rules, "many"),
                   document(accept("ipset='s'"), "other"),
                   document(accept("ipset='s'", "inout"), "stateless"))
    for i, name in enumerate(("many", "other", "stateless")):
        commands = []
        for port in range(i, n, 3):
            commands += ["--", "add-port", "br-int", f"p{port}", "--", "set",
                         "Interface", f"p{port}", "type=dummy",
                         f"external_ids:nwfilter={name}",
                         'external_ids:attached-mac="%s"' % frames.mac(port)]
        sandbox.vsctl(*commands[1:])
    sandbox.wait_installed("p0", "p1", "p2", f"p{n - 1}", seconds=300)
    before = flow_mods(sandbox)
    assert len(set_rows(sandbox)) == 2
    sandbox.nwfctl("set-add", "s", "10.8.0.0/16")
    assert flow_mods(sandbox) == before + 2
    assert len(set_rows(sandbox)) == 4


def test_set_that_is_missing(sandbox):
    sandbox.define(document("\n" + accept("ipset='set-$KIND'")),
                   document("<filterref filter='f'/>", "g"))
    guest, net = two_ports(sandbox, params={"KIND": "x"})
    other = sandbox.add_port("other", mac=frames.mac(3), filter="g",
                             params={"KIND": "y"})
    text = ("error: filter f:2: error: address set 'set-%s' does not exist "
            "(the port is closed)")
    assert sandbox.wait_status("guest", "error") == text % "x"
    assert sandbox.wait_status("other", "error") == text % "y"
    assert not sandbox.crosses(net, guest, frames.udp())

    sandbox.nwfctl("set-create", "set-x", "hash:ip", CLIENT)
    sandbox.wait_installed("guest")
    assert sandbox.status("other") == text % "y"
    sandbox.revalidate()
    assert sandbox.crosses(net, guest, frames.udp())

    # A set that vanishes stays in force.
    before = flow_mods(sandbox)
    sandbox.nwfctl("set-destroy", "set-x")
    last_good = sandbox.wait_status("guest", "error")
    assert last_good == text.replace(
        "the port is closed", "the port keeps its last good policy") % "x"
    assert flow_mods(sandbox) == before
    assert sandbox.crosses(net, guest, frames.udp())

    # It comes back with one member more.
    sandbox.nwfctl("set-create", "set-x", "hash:ip", CLIENT, "10.0.0.5")
    sandbox.wait_installed("guest")
    assert flow_mods(sandbox) == before + 2
    assert sandbox.crosses(net, guest, frames.udp())

    # A port heals, too, when the filter does without the set.
    sandbox.define(document(accept("")))
    sandbox.wait_installed("guest", "other")
    assert not set_rows(sandbox)
    sandbox.revalidate()
    assert sandbox.crosses(net, other, frames.udp(dst=frames.mac(3)))


def test_type_changes(sandbox):
    sandbox.nwfctl("set-create", "s", "hash:ip", CLIENT)
    sandbox.define(document(accept("ipset='$SET' ipsetflags='src,dst'")))
    guest, net = two_ports(sandbox, params={"SET": "s"})
    sandbox.wait_installed("guest")
    assert sandbox.crosses(net, guest, frames.udp(dport=5))
    sandbox.nwfctl("set-destroy", "s", "--", "set-create", "s",
                   "hash:ip,port", f"{CLIENT},udp:6")
    sandbox.sync()
    sandbox.revalidate()
    assert sandbox.status("guest") == "installed"
    assert all("udp" in row for row in set_rows(sandbox))
    assert not sandbox.crosses(net, guest, frames.udp(dport=5))
    assert sandbox.crosses(net, guest, frames.udp(dport=6))

    # Two flags are too few for three dimensions: never.
    sandbox.nwfctl("set-destroy", "s", "--", "set-create", "s",
                   "hash:ip,port,ip", f"{CLIENT},udp:6,10.0.0.2")
    sandbox.sync()
    sandbox.revalidate()
    assert not set_rows(sandbox)
    assert not sandbox.crosses(net, guest, frames.udp(dport=6, sport=77))


def test_entry_that_is_not_understood(sandbox):
    sandbox.nwfctl("set-create", "s", "hash:net", "10.0.0.0/8")
    sandbox.define(document(accept("ipset='s' ipsetflags='src'")))
    guest, net = two_ports(sandbox)
    sandbox.wait_installed("guest")
    rows = set_rows(sandbox)
    sandbox.nwfctl("add", "Address_Set", "s", "entries", "rubbish",
                   "11.0.0.0/8")
    text = sandbox.wait_status("guest", "error")
    assert "address set 's' can not be used: 'rubbish' is no IP address" \
        in text, text
    assert set_rows(sandbox) == rows
    late = sandbox.add_port("late", mac=frames.mac(3), filter="f")
    assert "(the port is closed)" in sandbox.wait_status("late", "error")
    sandbox.nwfctl("remove", "Address_Set", "s", "entries", "rubbish")
    sandbox.wait_installed("guest", "late")
    assert len(set_rows(sandbox)) == 2 * len(rows)
    assert sandbox.crosses(net, late, frames.udp(dst=frames.mac(3)))


def test_networks_and_exceptions(sandbox):
    sandbox.nwfctl("set-create", "s", "hash:net", "10.0.0.0/8",
                   "10.1.0.0/16 nomatch", "10.1.1.0/24", "2001:db8::/32")
    sandbox.define(document(
        accept("ipset='s' ipsetflags='src'", "inout")
        + accept("ipset='s' ipsetflags='src'", "inout", "all-ipv6")
        + "<rule action='drop' direction='inout'><all-ipv6/></rule>"))
    guest, net = two_ports(sandbox)
    sandbox.wait_installed("guest")
    for source, target, passes in (
            ("10.9.0.1", "10.0.0.2", True), ("11.0.0.1", "10.0.0.2", False),
            ("10.1.0.1", "10.0.0.2", False), ("10.1.1.1", "10.0.0.2", True),
            ("2001:db8::1", "::2", True), ("2001:db9::1", "::2", False)):
        frame = frames.udp(saddr=source, daddr=target)
        assert sandbox.crosses(net, guest, frame) == passes, source


def test_fragments(sandbox):
    """A later fragment has no ports: it is in no set that has them."""
    sandbox.nwfctl("set-create", "s", "hash:ip,port", f"{CLIENT},udp:80")
    sandbox.define("<filter name='f'><rule action='drop' direction='in'>"
                   "<udp ipset='s' ipsetflags='src,dst'/></rule></filter>")
    guest, net = two_ports(sandbox)
    sandbox.wait_installed("guest")
    segment = frames.udp(dport=80, data=b"x" * 1400)[34:]
    first = frames.ip(17, segment[:1280], fragment=0x2000)
    later = frames.ip(17, segment[1280:], fragment=1280 // 8)
    assert not sandbox.crosses(net, guest, first)
    assert sandbox.crosses(net, guest, later)
    assert not sandbox.crosses(net, guest, frames.udp(dport=80))
    assert sandbox.crosses(net, guest, frames.udp(dport=81))


def test_restart(sandbox):
    """A daemon that starts anew sends nothing."""
    sandbox.nwfctl("set-create", "s", "hash:ip,port", f"{CLIENT},80",
                   "10.0.0.7,icmp:ping", "10.0.0.8,vrrp:0")
    sandbox.nwfctl("set-create", "t", "hash:mac", frames.mac(1))
    sandbox.define(document(accept("ipset='s' ipsetflags='src,dst'")
                            + accept("ipset='t' ipsetflags='src'")))
    guest, net = two_ports(sandbox)
    sandbox.wait_installed("guest")
    rows = set_rows(sandbox)
    sandbox.restart("ovs-nwfilterd")
    assert flow_mods(sandbox) == 0
    assert set_rows(sandbox) == rows
    assert sandbox.crosses(net, guest, frames.udp())
