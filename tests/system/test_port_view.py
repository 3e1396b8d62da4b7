# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""`nwfctl ports' and `nwfctl port': what a port has, what became of its
packets, what changed last."""

import re
import time

import frames
from policies import PASS
from sandbox import wait_until

BASE = """<filter name='base'>
  <rule action='drop' direction='in' priority='%d'>
    <udp dstportstart='7'/></rule>
</filter>"""
GUARD = """<filter name='guard'>
  <rule action='drop' direction='out'>
    <ip match='no' srcipaddr='$IP'/></rule>
  <filterref filter='base'/>
</filter>"""


def view(sandbox, port):
    """{label: value}, for lists as one line each."""
    found = {}
    label = None
    for line in sandbox.nwfctl("port", port).splitlines():
        label = line[:13].strip().rstrip(":") or label
        found[label] = (found[label] + "\n" if label in found else "") \
            + line[13:]
    return found


def row(sandbox, port):
    """The port's cells by heading."""
    lines = [re.split("   +", line.strip())
             for line in sandbox.nwfctl("ports").splitlines()]
    cells = next(line for line in lines if line[0] == port)
    return dict(zip(lines[0], cells))


def numbers(text):
    return [int(n) for n in re.findall(r"\d+", text)]


def udp(sender, receiver, port=9, source=None):
    return frames.udp(src=frames.mac(sender), dst=frames.mac(receiver),
                      saddr=source or f"10.0.0.{sender}",
                      daddr=f"10.0.0.{receiver}", dport=port,
                      data=bytes(60))


def lab(sandbox, *names):
    sandbox.define(BASE % 500, GUARD, PASS)
    net = sandbox.add_port("net")
    for n, name in enumerate(names, 1):
        sandbox.add_port(name, mac=frames.mac(n), filter="guard",
                         params={"IP": f"10.0.0.{n}", "PORT": "1"})
    sandbox.wait_installed(*names)
    sandbox.sync()
    return net


def test_what_it_has(sandbox):
    lab(sandbox, "one", "two")
    got = view(sandbox, "one")
    assert got["port"] == "one" and got["filter"] == "guard", got
    number = sandbox.vsctl("get", "Interface", "one", "ofport").strip()
    assert got["bridge"] == f"br-int, OpenFlow port {number}", got
    assert got["in force"].startswith("program guard(IP), 0x"), got
    assert got["in force"].endswith(", with 1 other port"), got
    assert got["parameters"].splitlines() == [
        "IP=10.0.0.1", "MAC=" + frames.mac(1), "PORT=1"], got
    assert got["addresses"].splitlines() == [
        frames.mac(1) + ", given", "10.0.0.1, given"], got
    zone = int(got["zone"])
    assert f"set_field:{zone:#x}->reg13" in "\n".join(sandbox.flows())
    assert got["status"] == "installed"
    cells = row(sandbox, "one")
    assert cells["Zone"] == str(zone) and cells["Filter"] == "guard", cells
    assert cells["Addresses"] == frames.mac(1) + ",10.0.0.1", cells
    assert cells["Status"] == "installed", cells
    got = view(sandbox, "net")
    assert got["filter"] == "none (open)" and "zone" not in got, got
    done = sandbox.nwfctl("port", "nobody", check=False)
    assert done.returncode == 1 and "no port 'nobody'" in done.stderr


def test_learned_address(sandbox):
    sandbox.define(GUARD, BASE % 500)
    sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="guard",
                             params={"CTRL_IP_LEARNING": "any"})
    sandbox.wait_status("guest", "learning")
    assert view(sandbox, "guest")["status"] == "learning"

    def installed():
        guest.send(udp(1, 9, source="10.0.0.77"))
        time.sleep(0.1)
        return sandbox.status("guest") == "installed"

    wait_until(installed, "the address is learned")
    got = view(sandbox, "guest")
    assert "10.0.0.77, learned (traffic)" in got["addresses"], got
    assert "10.0.0.77, given" not in got["addresses"], got
    assert "its addresses are known now" in got["last change"], got


def exchange(sandbox, net):
    """Port "one" sends 3 packets that pass and 2 that do not, and is sent 5
    that pass and 4 that do not.  Returns what `nwfctl port' then says."""
    one = sandbox.ports["one"]
    for _ in range(3):
        one.send(udp(1, 9))
    for _ in range(2):
        one.send(udp(1, 9, source="10.0.0.66"))
    for _ in range(5):
        net.send(udp(9, 1))
    for _ in range(4):
        net.send(udp(9, 1, port=7))
    sandbox.settle()
    sandbox.revalidate()
    got = view(sandbox, "one")
    assert got["out"] == "5 packets, 3 passed, 2 dropped", got
    return got


def test_packets_of_a_port_alone(sandbox):
    """Nobody else has its program: every count is exact."""
    got = exchange(sandbox, lab(sandbox, "one"))
    assert got["in"] == "9 packets, 5 passed, 4 dropped", got
    cells = row(sandbox, "one")
    assert cells["Out"] == "3/2" and cells["In"] == "5/4", cells
    got = view(sandbox, "net")
    assert numbers(got["out"])[0] == 9 and numbers(got["out"])[2] == 0, got


def test_packets_of_ports_that_share(sandbox):
    """What goes out is exact, too; what comes in and is dropped, is at least
    what samples show, and said to be no more than that."""
    got = exchange(sandbox, lab(sandbox, "one", "two"))
    come, dropped, sent = numbers(got["in"])[:3]
    assert come == 9 and dropped <= 4 and sent == 5, got
    assert "at least" in got["in"] and "shared with" in got["in"], got
    assert row(sandbox, "one")["In"] == f"5/{dropped}+"
    assert view(sandbox, "two")["out"] == "0 packets, 0 passed, 0 dropped"

    # A switch that hangs: the rest is known, and other commands say so.
    with sandbox.paused("ovs-vswitchd"):
        assert row(sandbox, "one")["Out"] == "-"
        done = sandbox.nwfctl("flows", "one", check=False)
    assert done.returncode == 1 and done.stderr == (
        "nwfctl: bridge br-int: no answer from the switch\n"), done
    sandbox.nwfctl("flows", "one")

    # Without the switch there is nothing to count, and the rest is known.
    sandbox.stop("ovs-vswitchd")
    wait_until(lambda: "packets" in view(sandbox, "one"), "the switch is away")
    assert view(sandbox, "one")["filter"] == "guard"
    assert row(sandbox, "one")["Out"] == "-"


def test_packets_of_a_port_that_is_watched(sandbox):
    """It gets flows of its own, and so does its count."""
    net = lab(sandbox, "one", "two")
    sandbox.nwfctl("watch", "one", "on")
    sandbox.sync()
    for _ in range(4):
        net.send(udp(9, 1, port=7))
    net.send(udp(9, 1))
    sandbox.settle()
    sandbox.revalidate()
    got = view(sandbox, "one")
    assert got["in"] == "5 packets, 1 passed, 4 dropped", got
    assert row(sandbox, "one")["In"] == "1/4"
    assert "other port" not in got["in force"], got


def changed(sandbox, port):
    when, _, what = view(sandbox, port)["last change"].partition(": ")
    time.strptime(when, "%Y-%m-%d %H:%M:%S")
    return what


def test_last_change(sandbox):
    lab(sandbox, "one", "two")

    def after(*settings):
        sandbox.vsctl(*settings)
        sandbox.sync()
        return changed(sandbox, "one")

    one = ("set", "Interface", "one")
    assert changed(sandbox, "one") == "new to the daemon, filter guard"
    sandbox.define(BASE % 600)
    sandbox.sync()
    assert changed(sandbox, "one") == "filter base redefined"
    sandbox.define(PASS.replace("inout'", "in'"))
    sandbox.sync()
    assert changed(sandbox, "one") == "filter base redefined"
    assert after(*one, 'external_ids:nwfilter.IP="10.0.0.8,10.0.0.9"') == \
        "parameter IP changed"
    assert after(*one, "external_ids:other=x") == "parameter IP changed"
    assert after(*one, "external_ids:nwfilter.X=1", "--", "remove",
                 "Interface", "one", "external_ids", "nwfilter.PORT") == \
        "parameter X added, parameter PORT removed"
    assert after("set", "Port", "one", "tag=7") == "VLANs changed"
    assert after(*one, "external_ids:nwfilter=pass") == \
        "filter pass instead of guard"
    assert after(*one, "external_ids:nwfilter=missing") == \
        "filter pass instead of guard"
    assert view(sandbox, "one")["status"].startswith("error: ")
    assert after("remove", "Interface", "one", "external_ids",
                 "nwfilter") == "no filter any more"
    assert changed(sandbox, "two") == "filter base redefined"


def test_odd_names(sandbox):
    """A row is a line, and columns are straight."""
    sandbox.define(PASS)
    sandbox.add_port("weiß", filter="pass", mac=frames.mac(1))
    sandbox.add_port("evil", filter="pass", params={"IP": "a\nvnet9 \x1b[1m"})
    sandbox.wait_installed("weiß")
    sandbox.wait_status("evil", "error")
    heading, _, *rows = sandbox.nwfctl("ports").splitlines()
    assert [line.split()[0] for line in rows] == ["br-int", "evil", "weiß"]
    status = heading.index("Status")
    assert [line[status:].split()[0] for line in rows] == [
        "open", "error:", "installed"], rows
    assert "a?vnet9 ?[1m" in rows[1] and "\x1b" not in rows[1], rows
