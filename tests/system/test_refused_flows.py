# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Flows that the switch refuses: here, because a table is limited to so many
(ovs-vswitchd.conf.db(5), table Flow_Table)."""

import frames
from policies import DENY, PASS
from sandbox import wait_until

FDB_STATIC, IN_L2, PREDICATE = 56, 94, 120


def frame(src, dst=frames.BROADCAST, **options):
    return frames.udp(data=bytes(60), src=src, dst=dst, **options)


def limit(sandbox, table, n=None):
    """Allows 'n' more flows in a table than it has, or any number."""
    if n is None:
        sandbox.vsctl("clear", "Bridge", "br-int", "flow_tables")
        return
    have = len([flow for flow in sandbox.flows(ours=False)
                if f"table={table}," in flow])
    sandbox.vsctl("--id=@t", "create", "Flow_Table",
                  f"flow_limit={have + n}", "overflow_policy=refuse", "--",
                  "set", "Bridge", "br-int", f"flow_tables:{table}=@t")


def logged(sandbox):
    return [line for line in sandbox.log().splitlines()
            if "|ERR|" in line and "OFPFMFC_TABLE_FULL" in line]


def test_flow_of_a_port(sandbox):
    """The port says so; others are not concerned; it heals."""
    sandbox.define(PASS)
    net = sandbox.add_port("net")
    sandbox.add_port("first", mac=frames.mac(1), filter="pass")
    sandbox.wait_installed("first")
    sandbox.sync()
    limit(sandbox, FDB_STATIC, 0)
    second = sandbox.add_port("second", mac=frames.mac(2), filter="pass")
    text = sandbox.wait_status("second", "error: ")
    for word in ("OFPFMFC_TABLE_FULL", "port second", "FDB_STATIC", "closed"):
        assert word in text, (word, text)
    assert "port second" in logged(sandbox)[0]
    sandbox.sync()
    assert sandbox.status("first") == "installed"
    assert sandbox.reaches(net, frame(frames.mac(9))) == ["first"]
    assert sandbox.reaches(second, frame(frames.mac(2))) == []
    assert "TABLE_FULL" in sandbox.nwfctl("ports")

    # What others do still works; and with a restart in between.
    sandbox.define("<filter name='pass'><rule action='accept' "
                   "direction='inout' priority='3'/></filter>")
    sandbox.sync()
    assert sandbox.status("first") == "installed"
    assert sandbox.status("second").startswith("error: ")
    sandbox.restart("ovs-nwfilterd")
    sandbox.sync()
    assert sandbox.status("first") == "installed"
    assert sandbox.status("second").startswith("error: ")

    # Tried again when anything changes.
    limit(sandbox, FDB_STATIC)
    sandbox.add_port("third", mac=frames.mac(3), filter="pass")
    sandbox.wait_installed("second", "third")
    sandbox.sync()
    sandbox.revalidate()
    assert sandbox.reaches(second, frame(frames.mac(2))) == ["first", "net",
                                                             "third"]


def test_rule(sandbox):
    """Every port whose filter has the rule says which one it is."""
    sandbox.define(DENY, PASS)
    net = sandbox.add_port("net")
    for n, name in enumerate(("deny", "pass"), 1):
        sandbox.add_port(name, mac=frames.mac(n), filter=name)
    sandbox.wait_installed("deny", "pass")
    sandbox.sync()
    limit(sandbox, IN_L2, 0)
    sandbox.define("""<filter name='deny'>
  <rule action='accept' direction='inout' priority='1'>
    <mac dstmacaddr='02:00:00:00:00:07'/></rule>
  <rule action='accept' direction='inout' priority='2'>
    <mac dstmacaddr='ff:ff:ff:ff:ff:ff'/></rule>
  <rule action='drop' direction='inout' priority='3'/>
</filter>""")
    text = sandbox.wait_status("deny", "error: ")
    for word in ("OFPFMFC_TABLE_FULL", "filter deny:", "last good"):
        assert word in text, (word, text)
    assert any("filter deny:" in line for line in logged(sandbox))
    sandbox.sync()
    assert sandbox.status("pass") == "installed"
    assert sandbox.reaches(net, frame(frames.mac(9))) == ["pass"]
    other = sandbox.add_port("other", mac=frames.mac(3), filter="deny")
    text = sandbox.wait_status("other", "error: ")
    assert "closed" in text, text
    assert sandbox.reaches(other, frame(frames.mac(3))) == []

    # Healed by another definition, although the table is still limited.
    sandbox.define("<filter name='deny'><rule action='accept' "
                   "direction='inout'/></filter>")
    sandbox.wait_installed("deny", "other")
    sandbox.sync()
    sandbox.revalidate()
    assert sandbox.reaches(net, frame(frames.mac(9))) == ["deny", "other",
                                                          "pass"]


def test_parameter_does_not_fit(sandbox):
    """The rows of a port's parameters: it keeps the old ones."""
    sandbox.define("<filter name='f'><rule action='accept' direction='out'>"
                   "<ip srcipaddr='$IP'/></rule>"
                   "<rule action='drop' direction='out'/></filter>")
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="f",
                             params={"IP": "10.0.0.1"})
    sandbox.wait_installed("guest")
    sandbox.sync()
    limit(sandbox, PREDICATE, 0)
    sandbox.vsctl("set", "Interface", "guest",
                  'external_ids:nwfilter.IP="10.0.0.2,10.0.0.3"')
    text = sandbox.wait_status("guest", "error: ")
    for word in ("OFPFMFC_TABLE_FULL", "PREDICATE", "last good"):
        assert word in text, (word, text)
    sandbox.sync()
    for address, passes in (("10.0.0.1", True), ("10.0.0.2", False)):
        assert sandbox.crosses(guest, net, frame(
            frames.mac(1), saddr=address)) == passes, address
    limit(sandbox, PREDICATE)
    sandbox.vsctl("set", "Interface", "guest",
                  'external_ids:nwfilter.IP="10.0.0.2"')
    sandbox.wait_installed("guest")
    sandbox.sync()
    sandbox.revalidate()
    for address, passes in (("10.0.0.1", False), ("10.0.0.2", True)):
        assert sandbox.crosses(guest, net, frame(
            frames.mac(1), saddr=address)) == passes, address


def test_all_at_once(sandbox):
    """The tables are too small from the start: everything is closed and says
    so, and works once there is room."""
    sandbox.stop("ovs-nwfilterd")
    limit(sandbox, 0, 3)
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
    sandbox.define(PASS)
    sandbox.start_daemon()
    text = sandbox.wait_status("guest", "error: ")
    assert "OFPFMFC_TABLE_FULL" in text, text
    assert sandbox.reaches(guest, frame(frames.mac(1))) == []
    assert sandbox.reaches(net, frame(frames.mac(9))) == []
    limit(sandbox, 0)
    sandbox.vsctl("set", "Interface", "net", "external_ids:nwfilter=pass")
    sandbox.wait_installed("guest", "net")
    sandbox.sync()
    sandbox.revalidate()
    wait_until(lambda: sandbox.crosses(guest, net, frame(frames.mac(1))),
               "frames pass")


OUT_L2 = 12


def test_nothing_by_halves(sandbox):
    """A new version of a filter that does not fit: the port keeps the rows of
    its parameters that fit the old one, too."""
    def version(variable, *more):
        rules = "".join(f"<rule action='drop' direction='out' priority='9'>"
                        f"<mac dstmacaddr='{mac}'/></rule>" for mac in more)
        return (f"<filter name='f'><rule action='drop' direction='out'>"
                f"<ip srcipaddr='${variable}'/></rule>{rules}</filter>")

    sandbox.define(version("BAD"), DENY, PASS)
    net = sandbox.add_port("net")
    names = ("one", "two")
    for n, name in enumerate(names, 1):
        sandbox.add_port(name, mac=frames.mac(n), filter="f",
                         params={"BAD": "10.0.0.66", "WORSE": "10.0.0.77"})
    sandbox.wait_installed(*names)
    sandbox.sync()
    limit(sandbox, OUT_L2, 0)
    sandbox.define(version("WORSE", frames.mac(20), frames.mac(21)))
    for name in names:
        text = sandbox.wait_status(name, "error: ")
        assert "filter f:1" in text and "last good" in text, text
    sandbox.sync()

    def check(first_passes):
        for n, name in enumerate(names, 1):
            for address in ("10.0.0.66", "10.0.0.77"):
                got = sandbox.crosses(sandbox.ports[name], net, frame(
                    frames.mac(n), saddr=address))
                assert got == ((address == "10.0.0.66") == first_passes), (
                    name, address)

    check(False)
    # Parameters change meanwhile: they wait as well.
    sandbox.vsctl("set", "Interface", "one",
                  "external_ids:nwfilter.WORSE=10.0.0.78")
    sandbox.sync()
    sandbox.wait_status("one", "error: ")
    check(False)
    sandbox.vsctl("set", "Interface", "one",
                  "external_ids:nwfilter.WORSE=10.0.0.77")
    limit(sandbox, OUT_L2)
    sandbox.define(PASS)                # Anything: then it is tried again.
    sandbox.add_port("another")
    sandbox.wait_installed(*names)
    sandbox.sync()
    sandbox.revalidate()
    check(True)


def test_move_to_a_filter_that_does_not_fit(sandbox):
    """The only port of a filter can not leave it."""
    sandbox.define(PASS, "<filter name='big'>" + "".join(
        f"<rule action='drop' direction='in' priority='{n}'>"
        f"<mac srcmacaddr='{frames.mac(n)}'/></rule>" for n in range(1, 20))
        + "</filter>")
    net = sandbox.add_port("net")
    sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
    sandbox.wait_installed("guest")
    sandbox.sync()
    limit(sandbox, IN_L2, 3)
    sandbox.vsctl("set", "Interface", "guest", "external_ids:nwfilter=big")
    text = sandbox.wait_status("guest", "error: ")
    assert "filter big:1" in text and "last good" in text, text
    sandbox.sync()
    got = sandbox.reaches(net, frame(frames.mac(9), frames.mac(1)))
    assert got == ["guest"], got
    limit(sandbox, IN_L2)
    sandbox.add_port("another")
    sandbox.wait_installed("guest")
    sandbox.sync()
    sandbox.revalidate()
    assert sandbox.reaches(net, frame(frames.mac(9), frames.mac(1))) == []
