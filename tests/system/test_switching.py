# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The bridge switches by itself: who gets which frame, when some ports are
filtered and some are not."""

import re

import frames
from policies import DENY, PASS
from sandbox import Port, wait_until

NO_IN = "<filter name='no-in'><rule action='drop' direction='in'/></filter>"
NO_OUT = "<filter name='no-out'><rule action='drop' direction='out'/></filter>"

LEARNED = "cookie=0x4e57f00000000000/0xfffff00000000000"
MULTICAST = "01:00:5e:01:02:03"
NOBODY = frames.mac(999)


def frame(src, dst, **options):
    return frames.udp(data=bytes(60), src=src, dst=dst, **options)


def learned(sandbox, bridge="br-int"):
    """Addresses that the switch learned.  (Flows with another priority are
    about what a guest sends to such an address itself.)"""
    text = sandbox.ofctl("dump-flows", bridge, "--no-stats", LEARNED)
    return sorted({part.removeprefix("dl_dst=").split()[0]
                   for line in text.splitlines() for part in line.split(",")
                   if part.startswith("dl_dst=") and "priority=10," in line})


def lab(sandbox):
    """Two ports of the network and four guests, by name; port number n has
    address mac(n)."""
    sandbox.define(PASS, DENY, NO_IN, NO_OUT)
    names = ("net1", "net2", "pass1", "pass2", "no-in", "no-out")
    for n, name in enumerate(names, 1):
        sandbox.add_port(name, mac=frames.mac(n) if n > 2 else None,
                         filter=name.rstrip("12") if n > 2 else None)
    sandbox.wait_installed(*names[2:])
    sandbox.sync()
    return sandbox.ports, {name: frames.mac(n)
                           for n, name in enumerate(names, 1)}


def test_broadcast_and_multicast(sandbox):
    ports, mac = lab(sandbox)
    willing = {"net1", "net2", "pass1", "pass2", "no-out"}
    for name, port in ports.items():
        expected = sorted(willing - {name}) if name != "no-out" else []
        for dst in (frames.BROADCAST, MULTICAST, "33:33:00:00:00:fb"):
            got = sandbox.reaches(port, frame(mac[name], dst))
            assert got == expected, (name, dst, got)


def test_unicast_in_every_combination(sandbox):
    ports, mac = lab(sandbox)
    for name in ("net1", "net2"):       # Now they are known.
        sandbox.reaches(ports[name], frame(mac[name], frames.BROADCAST))
    for source in ports:
        for target in ports:
            if source == target:
                continue
            got = sandbox.reaches(ports[source],
                                  frame(mac[source], mac[target]))
            passes = source != "no-out" and target != "no-in"
            assert got == ([target] if passes else []), (source, target, got)


def test_unknown_unicast_goes_to_unfiltered_ports(sandbox):
    ports, mac = lab(sandbox)
    for source in ("net1", "pass1"):
        got = sandbox.reaches(ports[source], frame(mac[source], NOBODY))
        assert got == sorted({"net1", "net2"} - {source}), (source, got)

    def flood(name, value):
        sandbox.vsctl("set", "Interface", name,
                      f"external_ids:nwfilter-flood-unknown={value}")
        sandbox.sync()
        sandbox.revalidate()

    flood("pass2", "true")
    flood("no-in", "true")              # Its rules still stand.
    got = sandbox.reaches(ports["net1"], frame(mac["net1"], NOBODY))
    assert got == ["net2", "pass2"], got
    got = sandbox.reaches(ports["pass2"], frame(mac["pass2"], NOBODY))
    assert got == ["net1", "net2"], got
    flood("pass2", "false")
    got = sandbox.reaches(ports["net1"], frame(mac["net1"], NOBODY))
    assert got == ["net2"], got
    sandbox.vsctl("remove", "Interface", "no-in", "external_ids",
                  "nwfilter-flood-unknown")
    sandbox.sync()
    assert sandbox.status("no-in") == "installed"


def test_nothing_goes_back(sandbox):
    ports, mac = lab(sandbox)
    for name in ("net1", "pass1"):
        sandbox.reaches(ports[name], frame(mac[name], frames.BROADCAST))
        # To the sender's own address, and to one behind the same port.
        assert sandbox.reaches(ports[name], frame(mac[name], mac[name])) == []
    other = frames.mac(50)
    sandbox.reaches(ports["net1"], frame(other, frames.BROADCAST))
    assert sandbox.reaches(ports["net1"], frame(mac["net1"], other)) == []
    assert sandbox.reaches(ports["net1"], frame(other, mac["net1"])) == []


def test_learning_and_moves(sandbox):
    ports, mac = lab(sandbox)
    station, asker = frames.mac(70), mac["pass1"]

    def find():
        return sandbox.reaches(ports["pass1"], frame(asker, station))

    assert find() == ["net1", "net2"]
    sandbox.reaches(ports["net1"], frame(station, frames.BROADCAST))
    wait_until(lambda: station in learned(sandbox), "net1's station is known")
    sandbox.revalidate()
    assert find() == ["net1"]
    sandbox.reaches(ports["net2"], frame(station, frames.BROADCAST))
    sandbox.revalidate()
    assert find() == ["net2"]
    # A group address as source is nobody's.
    sandbox.reaches(ports["net2"], frame(MULTICAST, mac["net1"]))
    assert MULTICAST not in learned(sandbox)


def test_addresses_of_guests_are_not_taken_over(sandbox):
    ports, mac = lab(sandbox)
    for thief in ("net1", "net2", "pass2"):
        sandbox.reaches(ports[thief], frame(mac["pass1"], frames.BROADCAST))
        sandbox.revalidate()
        source = "net1" if thief != "net1" else "net2"
        got = sandbox.reaches(ports[source],
                              frame(mac[source], mac["pass1"]))
        assert got == ["pass1"], (thief, got)


def test_guest_with_several_addresses(sandbox):
    ports, mac = lab(sandbox)
    second = frames.mac(80)
    sandbox.reaches(ports["pass1"], frame(second, frames.BROADCAST))
    sandbox.revalidate()
    got = sandbox.reaches(ports["net1"], frame(mac["net1"], second))
    assert got == ["pass1"], got
    # Only as many as one guest may want; the rest stays unknown.
    for n in range(100):
        sandbox.reaches(ports["pass1"],
                        frame(frames.mac(1000 + n), frames.BROADCAST))
    assert 10 < len(learned(sandbox)) < 50
    # What does not get out is not learned.
    sandbox.reaches(ports["no-out"], frame(frames.mac(81), frames.BROADCAST))
    assert frames.mac(81) not in learned(sandbox)


RESERVED = ["01:80:c2:00:00:%02x" % n for n in (0, 1, 2, 3, 14, 15)]
NOT_RESERVED = ["01:80:c2:00:00:10", "01:80:c2:00:00:21", "01:80:c3:00:00:00"]


def test_reserved_addresses(sandbox):
    ports, mac = lab(sandbox)

    def check(dst, passes):
        everybody = ["net2", "no-out", "pass1", "pass2"]
        got = sandbox.reaches(ports["net1"], frame(mac["net1"], dst))
        assert got == (everybody if passes else []), (dst, got)
        got = sandbox.reaches(ports["pass1"], frame(mac["pass1"], dst))
        assert len(got) == (4 if passes else 0), (dst, got)

    def forward(value):
        sandbox.vsctl("set", "Bridge", "br-int",
                      f"other_config:forward-bpdu={value}")
        sandbox.sync()
        sandbox.revalidate()

    for dst in RESERVED:
        check(dst, False)
    for dst in NOT_RESERVED:
        check(dst, True)
    forward("true")
    for dst in RESERVED:
        check(dst, True)
    forward("false")
    for dst in RESERVED:
        check(dst, False)


def test_port_without_flows_is_closed(sandbox):
    """Ports that are closed, or unknown, take and give nothing; not even on a
    bridge where Open vSwitch has put a NORMAL flow of its own."""
    ports, mac = lab(sandbox)
    sandbox.vsctl("set-fail-mode", "br-int", "standalone")
    sandbox.ofctl("add-flow", "br-int", "priority=0,actions=NORMAL")
    closed = sandbox.add_port("closed", filter="missing", mac=frames.mac(30))
    sandbox.wait_status("closed", "error: ")
    for dst in (mac["pass1"], NOBODY, frames.BROADCAST):
        got = sandbox.reaches(closed, frame(frames.mac(30), dst))
        assert got == [], (dst, got)
    for name in ("net1", "pass1"):
        for dst in (frames.mac(30), frames.BROADCAST):
            got = sandbox.reaches(ports[name], frame(mac[name], dst))
            assert "closed" not in got, (name, dst, got)
    assert "NORMAL" in "".join(sandbox.flows(ours=False))


def test_internal_port_is_a_port(sandbox):
    """The bridge's own port is switched like any other."""
    ports, mac = lab(sandbox)
    out = sandbox.trace("br-int", f"in_port=LOCAL,dl_src={frames.mac(40)},"
                        f"dl_dst={mac['pass1']}")
    number = sandbox.vsctl("get", "Interface", "pass1", "ofport").strip()
    assert f"output port is {number}" in out, out
    got = sandbox.trace("br-int", f"in_port={number},dl_src={mac['pass1']},"
                        "dl_dst=ff:ff:ff:ff:ff:ff")
    actions = got.split("Datapath actions: ")[1].split("\n")[0].split(",")
    assert len(actions) == 5, got       # LOCAL, net1, net2, two guests.


def test_idle_addresses_go(sandbox):
    ports, mac = lab(sandbox)
    sandbox.reaches(ports["net1"], frame(mac["net1"], frames.BROADCAST))
    wait_until(lambda: mac["net1"] in learned(sandbox), "learned")
    text = sandbox.ofctl("dump-flows", "br-int", LEARNED)
    assert "idle_timeout=300" in text, text
    # The daemon does not take them for drift.
    sandbox.restart("ovs-nwfilterd")
    sandbox.sync()
    assert mac["net1"] in learned(sandbox)


def test_learned_addresses_go_with_their_port(sandbox):
    """Frames to an address that was behind a port that is gone, or has
    changed its VLAN, are frames to an address that nobody is known to have."""
    ports, mac = lab(sandbox)
    station, second = frames.mac(70), frames.mac(71)

    def find(address):
        sandbox.revalidate()
        return sandbox.reaches(ports["no-in"], frame(mac["no-in"], address))

    def check(name, address, change):
        def announced():
            sandbox.reaches(ports[name], frame(address, frames.BROADCAST))
            return find(address) == [name]

        # A second after a change, its port's addresses are forgotten again.
        wait_until(announced, f"{address} is known behind {name}")
        change()
        wait_until(lambda: address not in learned(sandbox), "forgotten")
        unknown = [net for net in ("net1", "net2") if net in ports]
        assert find(address) == unknown, name

    check("net1", station,
          lambda: sandbox.vsctl("set", "Port", "net1", "trunks=0,5"))
    check("pass1", second,
          lambda: sandbox.vsctl("set", "Port", "pass1", "trunks=0,5"))
    check("pass2", second, lambda: sandbox.vsctl(
        "remove", "Interface", "pass2", "external_ids", "nwfilter", "--",
        "set", "Port", "pass2", "tag=9"))
    check("pass1", second, lambda: sandbox.del_port("pass1"))
    check("net2", station, lambda: sandbox.del_port("net2"))


def test_guest_migrates(sandbox):
    """Its address first is in the network, then at a port, then away again."""
    ports, mac = lab(sandbox)
    address = frames.mac(60)

    def find():
        sandbox.revalidate()
        return sandbox.reaches(ports["pass2"], frame(mac["pass2"], address))

    sandbox.reaches(ports["net1"], frame(address, frames.BROADCAST))
    assert find() == ["net1"]
    sandbox.add_port("guest", mac=address, filter="pass")
    sandbox.wait_installed("guest")
    sandbox.sync()
    assert find() == ["guest"]
    sandbox.del_port("guest")
    sandbox.sync()
    assert find() in (["net1"], ["net1", "net2"])
    sandbox.reaches(ports["net2"], frame(address, frames.BROADCAST))
    assert find() == ["net2"]


def test_host_is_filtered_too(sandbox):
    """What the host itself sends to a guest passes the guest's rules, and
    what guests send to the host theirs."""
    _, mac = lab(sandbox)

    def is_dropped(in_port, dst):
        """Nothing is done but to show the daemon a sample."""
        text = sandbox.trace("br-int", f"in_port={in_port},dl_src="
                             f"{mac.get(in_port, frames.mac(55))},"
                             f"dl_dst={dst}")
        actions = text.split("Datapath actions: ")[1].split("\n")[0]
        return re.fullmatch(r"drop|sample\(.*\)", actions) is not None

    assert not is_dropped("LOCAL", mac["pass1"])
    assert is_dropped("LOCAL", mac["no-in"])
    for name in ("pass1", "no-out"):
        assert is_dropped(name, frames.BROADCAST) == (name == "no-out"), name


# What is for the guest depends on the guest.
OWN = """<filter name='own'>
  <rule action='drop' direction='in'><mac srcmacaddr='$MAC'/></rule>
  <rule action='drop' direction='in'><arp arpsrcipaddr='$IP'/></rule>
</filter>"""


def test_a_thousand_guests(sandbox):
    """Broadcast and multicast reach all of them: the switch stops a packet
    after 4,096 steps."""
    names = [f"v{i}" for i in range(1000)]
    stranger = frames.mac(5000)
    net = sandbox.add_port("net")
    sandbox.define(OWN)
    args = []
    for i, name in enumerate(names):
        args += ["--", "add-port", "br-int", name, "--", "set", "Interface",
                 name, "type=dummy",
                 f"options:pstream=punix:{sandbox.dir}/{name}.port",
                 f'external_ids:attached-mac="{frames.mac(i)}"',
                 "external_ids:nwfilter=own",
                 f"external_ids:nwfilter.IP=10.1.{i // 250}.{i % 250}"]
    sandbox.vsctl(*args[1:])
    for name in names:
        sandbox.ports[name] = Port(name, f"{sandbox.dir}/{name}.port")
    sandbox.sync()
    sandbox.wait_installed(*names[::100], names[-1], seconds=300)
    for sent in (frames.arp(sha=stranger, spa="10.1.9.9", src=stranger),
                 frame(stranger, frames.BROADCAST),
                 frame(stranger, MULTICAST)):
        assert sandbox.reaches(net, sent) == sorted(names)
    # One of them has that address.
    sent = frames.arp(sha=stranger, spa="10.1.3.7", src=stranger)
    assert sandbox.reaches(net, sent) == sorted(set(names) - {"v757"})
    # And from one to all.
    sent = frame(frames.mac(500), frames.BROADCAST)
    assert sandbox.reaches(sandbox.ports["v500"], sent) == sorted(
        set(names + ["net"]) - {"v500"})
