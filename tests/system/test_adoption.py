# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""A daemon that starts takes over the last good policies of ports whose filter
is broken: the flows are in the switch."""

import dhcp
import frames
from guest_lab import ADDRESS, CLEAN, GUEST, OTHER, Lab
from sandbox import Port, wait_until

GUARD = """<filter name='guard'>
  <rule action='drop' direction='out' priority='100'>
    <mac match='no' srcmacaddr='$MAC'/></rule>
  <rule action='drop' direction='out' priority='200'>
    <ip match='no' srcipaddr='$IP'/></rule>
  <rule action='accept' direction='in' priority='300'>
    <tcp dstportstart='22'/></rule>
  <rule action='accept' direction='inout' priority='300'>
    <udp dstportstart='%d'/></rule>
  <rule action='drop' direction='inout' priority='1000'><all/></rule>
</filter>"""
V1 = GUARD % 53
V2 = GUARD % 54
KEPT = "(the port keeps its last good policy)"
CLOSED = "(the port is closed)"
GUESTS = (1, 2, 3)


def address(n):
    return f"10.0.0.{n}"


def name(n):
    return f"guest{n}"


def udp(n, port=53, dst=frames.BROADCAST, src=None, saddr=None):
    """From guest 'n'; 9 is the network."""
    return frames.udp(port, port, src=src or frames.mac(n), dst=dst,
                      saddr=saddr or address(n), daddr="10.0.0.255",
                      data=bytes(60))


def tcp(source, target, flags):
    ports = ((22, 4000) if source != 9 else (4000, 22))
    return frames.tcp(*ports, flags=flags, src=frames.mac(source),
                      dst=frames.mac(target), saddr=address(source),
                      daddr=address(target))


def start(box):
    """The network and three guests, each with an open connection."""
    box.define(V1)
    box.add_port("net")
    for n in GUESTS:
        box.add_port(name(n), mac=frames.mac(n), filter="guard",
                     params={"IP": address(n), "CTRL_IP_LEARNING": "none"})
    box.wait_installed(*map(name, GUESTS))
    box.sync()
    net = box.ports["net"]
    for n in GUESTS:
        guest = box.ports[name(n)]
        assert box.crosses(net, guest, tcp(9, n, frames.SYN))
        assert box.crosses(guest, net, tcp(n, 9, frames.SYN | frames.ACK))
        assert box.crosses(net, guest, tcp(9, n, frames.ACK))
    for n in GUESTS:
        check_policy(box, n)
    return flows(box)


def check_policy(box, n, port=53, established=True):
    """Guest 'n' has its policy, in the version that lets this port pass."""
    net, guest = box.ports["net"], box.ports[name(n)]
    other = 54 if port == 53 else 53

    # From a port where no filter keeps them back, to all.
    assert name(n) in box.reaches(net, udp(9, port))
    assert name(n) not in box.reaches(net, udp(9, other))
    assert box.reaches(net, udp(9, port, frames.mac(n))) == [name(n)]
    assert box.crosses(guest, net, udp(n, port))
    for frame in (udp(n, other), udp(n, port, src=frames.mac(7)),
                  udp(n, port, saddr=address(7)), tcp(n, 9, frames.SYN)):
        assert not box.crosses(guest, net, frame)
    # The answers of the server pass because there is a connection.
    assert box.crosses(guest, net, tcp(n, 9, frames.ACK)) == established


def check_closed(box, n):
    guest = box.ports[name(n)]
    assert box.status(name(n)).endswith(CLOSED), box.status(name(n))
    assert box.reaches(guest, udp(n)) == []
    assert name(n) not in box.reaches(box.ports["net"], udp(9))
    number = int(box.vsctl("get", "Interface", name(n), "ofport"))
    text = f"cookie=0x4e5720000000{number:04x}/0xfffff000ffffffff"
    lines = box.ofctl("dump-flows", "br-int", text)
    assert "actions=" not in lines.replace("actions=clone", ""), lines


def flows(box):
    """The flows that the daemon made, without those that were learned."""
    return [flow for flow in box.flows() if "=0x4e57f" not in flow]


def check_untouched(box, before):
    """The daemon's flows are those of that moment."""
    changed = box.changed(before)
    assert not changed, changed


def check_kept(box, *guests):
    for n in guests:
        status = box.wait_status(name(n), "error:")
        assert status.endswith(KEPT), status


def restart(box, change=None):
    """A daemon that is killed, a change meanwhile, and the next daemon."""
    before = box.moment()
    box.kill("ovs-nwfilterd")
    if change:
        change()
    box.start_daemon()
    box.sync()
    return before


def set_ip(box, n, value):
    box.vsctl("set", "Interface", name(n),
              f'external_ids:nwfilter.IP="{value}"')


def remove_ip(box, n):
    box.vsctl("remove", "Interface", name(n), "external_ids", "nwfilter.IP")


def fresh_flows(box):
    """What a daemon makes from nothing."""
    box.stop("ovs-nwfilterd")
    box.ofctl("del-flows", "br-int")
    box.start_daemon()
    box.sync()
    return flows(box)


def test_filter_undefined(sandbox):
    first = start(sandbox)
    since = restart(sandbox,
                    lambda: sandbox.nwfctl("destroy", "Filter", "guard"))
    for _ in range(2):
        check_kept(sandbox, *GUESTS)
        assert flows(sandbox) == first
        check_untouched(sandbox, since)
        for n in GUESTS:
            check_policy(sandbox, n)
        restart(sandbox)

    # The same filter comes back: nothing changes.
    sandbox.define(V1)
    sandbox.wait_installed(*map(name, GUESTS))
    sandbox.sync()
    assert flows(sandbox) == first
    check_untouched(sandbox, since)

    # So does another version.
    restart(sandbox, lambda: sandbox.nwfctl("destroy", "Filter", "guard"))
    check_kept(sandbox, *GUESTS)
    sandbox.define(V2)
    sandbox.wait_installed(*map(name, GUESTS))
    sandbox.sync()
    sandbox.revalidate()
    for n in GUESTS:
        check_policy(sandbox, n, 54)
    second = flows(sandbox)
    assert second != first
    assert second == fresh_flows(sandbox)


def test_broken_document(sandbox):
    first = start(sandbox)
    since = restart(sandbox, lambda: sandbox.nwfctl(
        "set", "Filter", "guard", 'xml="<filter name="'))
    check_kept(sandbox, *GUESTS)
    assert flows(sandbox) == first
    check_untouched(sandbox, since)
    check_policy(sandbox, 2)


def test_parameter(sandbox):
    """One port's parameter is missing or wrong; the others move on."""
    first = start(sandbox)
    since = restart(sandbox, lambda: remove_ip(sandbox, 2))
    check_kept(sandbox, 2)
    sandbox.wait_installed(name(1), name(3))
    assert flows(sandbox) == first
    check_untouched(sandbox, since)
    for n in GUESTS:
        check_policy(sandbox, n)

    since = restart(sandbox, lambda: set_ip(sandbox, 2, "nonsense"))
    check_kept(sandbox, 2)
    assert flows(sandbox) == first
    check_untouched(sandbox, since)

    # The filter changes, and the broken port stays where it is.
    for again in (False, True):
        if not again:
            sandbox.define(V2)
            sandbox.sync()
        else:
            restart(sandbox)
        sandbox.wait_installed(name(1), name(3))
        check_kept(sandbox, 2)
        sandbox.revalidate()
        check_policy(sandbox, 1, 54)
        check_policy(sandbox, 2, 53)
        check_policy(sandbox, 3, 54)

    set_ip(sandbox, 2, address(2))
    sandbox.wait_installed(name(2))
    sandbox.sync()
    sandbox.revalidate()
    check_policy(sandbox, 2, 54)
    assert flows(sandbox) == fresh_flows(sandbox)


def test_filter_and_parameter(sandbox):
    """Both change while there is no daemon: the new version takes the
    program's number, the broken port keeps the old one under another."""
    start(sandbox)

    def change():
        set_ip(sandbox, 2, "nonsense")
        sandbox.define(V2)

    restart(sandbox, change)
    sandbox.wait_installed(name(1), name(3))
    for _ in range(2):
        check_kept(sandbox, 2)
        sandbox.revalidate()
        check_policy(sandbox, 1, 54)
        check_policy(sandbox, 2, 53)
        check_policy(sandbox, 3, 54)
        kept = flows(sandbox)
        since = restart(sandbox)
        check_untouched(sandbox, since)
        assert flows(sandbox) == kept

    # A later port that gets the number of the program that was taken over.
    sandbox.nwfctl("destroy", "Filter", "guard")
    restart(sandbox)
    check_kept(sandbox, *GUESTS)
    set_ip(sandbox, 2, address(2))
    sandbox.define(V2)
    sandbox.wait_installed(*map(name, GUESTS))
    sandbox.sync()
    assert flows(sandbox) == fresh_flows(sandbox)


def test_place_is_needed_later(sandbox):
    """A new port makes the program whose number was taken over."""
    start(sandbox)

    def change():
        sandbox.define(V2)
        for n in GUESTS:
            set_ip(sandbox, n, "nonsense")

    restart(sandbox, change)
    check_kept(sandbox, *GUESTS)
    check_policy(sandbox, 1, 53)
    sandbox.add_port(name(4), mac=frames.mac(4), filter="guard",
                     params={"IP": address(4)})
    sandbox.wait_installed(name(4))
    sandbox.sync()
    sandbox.revalidate()
    check_kept(sandbox, *GUESTS)
    for n in GUESTS:
        check_policy(sandbox, n, 53)
    check_policy(sandbox, 4, 54, established=False)
    for n in GUESTS:
        set_ip(sandbox, n, address(n))
    sandbox.wait_installed(*map(name, GUESTS))
    sandbox.sync()
    assert flows(sandbox) == fresh_flows(sandbox)


def test_changes_of_ports(sandbox):
    """Ports that keep a policy are moved to a VLAN, lose their filter, are
    removed; the switch is restarted."""
    start(sandbox)
    restart(sandbox, lambda: sandbox.nwfctl("destroy", "Filter", "guard"))
    check_kept(sandbox, *GUESTS)

    sandbox.vsctl("set", "Port", name(1), "tag=5")
    sandbox.sync()
    sandbox.revalidate()
    assert name(1) not in sandbox.reaches(sandbox.ports["net"], udp(9))
    sandbox.vsctl("clear", "Port", name(1), "tag")
    sandbox.sync()
    sandbox.revalidate()
    check_policy(sandbox, 1)

    kept = flows(sandbox)
    sandbox.restart("ovs-vswitchd")
    sandbox.sync()
    assert flows(sandbox) == kept
    check_policy(sandbox, 2, established=False)

    sandbox.vsctl("remove", "Interface", name(1), "external_ids", "nwfilter")
    sandbox.wait_status(name(1), "")
    sandbox.sync()
    sandbox.revalidate()
    assert sandbox.crosses(sandbox.ports[name(1)], sandbox.ports["net"],
                           udp(1, 99))
    for n in (2, 3):
        check_policy(sandbox, n, established=False)
        sandbox.del_port(name(n))
        sandbox.sync()
    sandbox.revalidate()
    assert flows(sandbox) == fresh_flows(sandbox)


def readd(box, old, new, **ids):
    """Another interface gets the OpenFlow port number of guest 'old'."""
    number = box.vsctl("get", "Interface", name(old), "ofport").strip()
    path = f"{box.dir}/again.port"
    box.del_port(name(old))
    box.vsctl("add-port", "br-int", name(new), "--", "set", "Interface",
              name(new), "type=dummy", f"options:pstream=punix:{path}",
              f"ofport_request={number}",
              *(f'external_ids:{key.replace("_", "-")}="{value}"'
                for key, value in ids.items()))
    box.ports[name(new)] = Port(name(new), path)


def test_others_flows(sandbox):
    """The flows under a port's number were another's."""
    start(sandbox)

    def change():
        sandbox.nwfctl("destroy", "Filter", "guard")
        # Guest 1's successor pretends to have been seen before.
        readd(sandbox, 1, 4, nwfilter="guard", nwfilter_status="installed")
        # Guest 2 is a new machine with the old name.
        readd(sandbox, 2, 2, nwfilter="guard", attached_mac=frames.mac(2))

    restart(sandbox, change)
    sandbox.wait_status(name(2), "error:")
    check_closed(sandbox, 4)
    check_closed(sandbox, 2)
    check_kept(sandbox, 3)
    check_policy(sandbox, 3)


def test_other_address(sandbox):
    start(sandbox)

    def change():
        sandbox.nwfctl("destroy", "Filter", "guard")
        sandbox.vsctl("set", "Interface", name(1),
                      f'external_ids:attached-mac="{frames.mac(8)}"')

    restart(sandbox, change)
    sandbox.sync()
    check_closed(sandbox, 1)
    check_kept(sandbox, 2, 3)


def test_open_before(sandbox):
    """A port that had no filter does not stay open."""
    start(sandbox)
    sandbox.add_port(name(4), mac=frames.mac(4))
    sandbox.sync()
    assert sandbox.crosses(sandbox.ports[name(4)], sandbox.ports["net"],
                           udp(4, 99))
    restart(sandbox, lambda: sandbox.vsctl(
        "set", "Interface", name(4), "external_ids:nwfilter=missing",
        "external_ids:nwfilter-status=installed"))
    sandbox.revalidate()
    check_closed(sandbox, 4)
    check_policy(sandbox, 1)


def test_default_policy(sandbox):
    """Ports that name no filter have no status, but keep theirs too."""
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  "external_ids:nwfilter-default=guard")
    sandbox.define(V1)
    sandbox.add_port("net", filter="no-limit")
    sandbox.define("<filter name='no-limit'>"
                   "<rule action='accept' direction='inout'/></filter>")
    sandbox.add_port(name(1), mac=frames.mac(1), params={"IP": address(1)})
    sandbox.wait_installed("net")
    sandbox.sync()
    assert sandbox.status(name(1)) == ""
    check_policy(sandbox, 1, established=False)
    first = flows(sandbox)
    since = restart(sandbox,
                    lambda: sandbox.nwfctl("destroy", "Filter", "guard"))
    check_kept(sandbox, 1)
    assert flows(sandbox) == first
    check_untouched(sandbox, since)
    check_policy(sandbox, 1, established=False)


BLOCKED = """<filter name='%s'>
  <rule action='drop' direction='in' priority='100'>
    <all ipset='bad' ipsetflags='src'/></rule>
</filter>"""


def test_address_set(sandbox):
    """A set goes on changing for a port that keeps its policy; one that is
    gone stays as it was."""
    sandbox.nwfctl("set-create", "bad", "hash:ip", address(7), address(8))
    sandbox.define(BLOCKED % "one", BLOCKED % "two")
    net = sandbox.add_port("net")
    for n, policy in ((1, "one"), (2, "two")):
        sandbox.add_port(name(n), mac=frames.mac(n), filter=policy)
    sandbox.wait_installed(name(1), name(2))
    sandbox.sync()

    def passing(n):
        sandbox.sync()
        sandbox.revalidate()
        return [host for host in (6, 7, 8)
                if name(n) in sandbox.reaches(net, udp(9,
                                                       saddr=address(host)))]

    assert passing(1) == passing(2) == [6]
    first = flows(sandbox)
    since = restart(sandbox,
                    lambda: sandbox.nwfctl("destroy", "Filter", "one"))
    check_kept(sandbox, 1)
    assert flows(sandbox) == first
    check_untouched(sandbox, since)
    sandbox.nwfctl("set-del", "bad", address(7))
    assert passing(1) == passing(2) == [6, 7]

    # While there is no daemon, too.
    restart(sandbox, lambda: sandbox.nwfctl("set-add", "bad", address(6)))
    check_kept(sandbox, 1)
    assert passing(1) == passing(2) == [7]

    # Without the set, both ports are in error.
    first = flows(sandbox)
    since = restart(sandbox, lambda: sandbox.nwfctl("destroy", "Address_Set",
                                                    "bad"))
    check_kept(sandbox, 1, 2)
    assert flows(sandbox) == first
    check_untouched(sandbox, since)
    sandbox.nwfctl("set-create", "bad", "hash:ip", address(8))
    sandbox.define(BLOCKED % "one")
    sandbox.wait_installed(name(1), name(2))
    assert passing(1) == passing(2) == [6, 7]
    assert flows(sandbox) == fresh_flows(sandbox)


def test_trunk_and_gratuitous_arp(sandbox):
    """What a port has beside its program: VLANs, shared tables."""
    sandbox.define("""<filter name='once'>
      <rule action='drop' direction='in'><arp gratuitous='true'/></rule>
    </filter>""")
    vlans = ["vlan_mode=native-untagged", "tag=3", "trunks=3,4"]
    net = sandbox.add_port("net", port=vlans)
    sandbox.add_port(name(1), mac=frames.mac(1), filter="once", port=vlans)
    sandbox.wait_installed(name(1))
    sandbox.sync()

    def check():
        for vlan, other, expected in ((None, 2, [name(1)]), (None, 1, []),
                                      (4, 2, [name(1)]), (5, 2, [])):
            frame = frames.arp(sha=frames.mac(9), spa=address(1),
                               tpa=address(other), vlan=vlan)
            assert sandbox.reaches(net, frame) == expected, (vlan, other)

    check()
    first = flows(sandbox)
    since = restart(sandbox,
                    lambda: sandbox.nwfctl("destroy", "Filter", "once"))
    check_kept(sandbox, 1)
    assert flows(sandbox) == first
    check_untouched(sandbox, since)
    check()
    sandbox.del_port(name(1))
    sandbox.sync()
    assert flows(sandbox) == fresh_flows(sandbox)


def test_goes_on_learning(sandbox):
    """A port that is taken over shows the frames that tell of addresses, as
    before: a lease that is renewed meanwhile holds when the filter is back."""
    lab = Lab(sandbox, mode="dhcp")
    lab.lease()
    lab.wait_addresses(ADDRESS)
    shown = flows(sandbox)
    restart(sandbox,
            lambda: sandbox.nwfctl("destroy", "Filter", "clean"))
    status = sandbox.wait_status("guest", "error:")
    assert status.endswith(KEPT), status
    assert flows(sandbox) == shown
    lab.teach()
    assert lab.out(dhcp.client(dhcp.RELEASE, GUEST, ciaddr=ADDRESS))
    wait_until(lambda: ADDRESS not in sandbox.nwfctl("list", "Lease"),
               "the daemon has seen that the guest has given up its address")
    lab.lease(OTHER, xid=2)
    wait_until(lambda: OTHER in sandbox.nwfctl("list", "Lease"),
               "the daemon has seen that the guest has another address")
    assert not lab.sends_from(OTHER)
    sandbox.define(CLEAN)
    sandbox.wait_installed("guest")
    sandbox.sync()
    assert lab.sends_from(OTHER) and not lab.sends_from(ADDRESS)
