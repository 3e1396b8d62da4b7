# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""`nwfctl trace': the verdict, the rule behind it, and the interpreter's
opinion, without a packet being sent."""

import concurrent.futures

import frames
import sandbox

WEB = """<filter name='web'>
  <filterref filter='clean-traffic'/>
  <rule action='accept' direction='in'><tcp dstportstart='80'/></rule>
  <rule action='accept' direction='out'><tcp dstportstart='22'/></rule>
  <rule action='reject' direction='out'><tcp dstportstart='443'/></rule>
  <rule action='drop' direction='inout' priority='900'><all/></rule>
</filter>"""


def set_up(box):
    """Two guests in VLAN 10, and an uplink."""
    box.sync()                  # The filters that come with the program.
    box.define(WEB)
    for i in (0, 1):
        box.add_port(f"vnet{i}", filter="web", mac=frames.mac(i + 1),
                     params={"IP": f"10.0.0.{i + 5}"}, port=["tag=10"])
    box.add_port("up")
    box.wait_installed("vnet0", "vnet1")


def trace(box, *args):
    done = box.nwfctl("trace", *args, check=False)
    if done.returncode:
        raise sandbox.Failure(f"status {done.returncode}: {done.stdout}"
                              f"{done.stderr}")
    return done.stdout


def expect(box, verdict, *args):
    """The first line, which the interpreter agrees with."""
    text = trace(box, *args)
    first, rest = text.split("\n", 1)
    port = f"{args[0]} {args[1]}: "
    assert first == port + verdict, text
    assert f"rule interpreter, {port}agrees, {verdict}\n" in rest, text
    return text


def test_verdicts_and_rules(sandbox):
    set_up(sandbox)
    s = sandbox
    ssh = "filter web:4: accept out tcp dstportstart=22"
    http = "filter web:3: accept in tcp dstportstart=80"
    rest = "filter web:6: drop inout all"
    text = expect(s, f"accept, by {ssh}", "vnet0", "out",
                  "tcp,nw_dst=10.0.0.9,tp_dst=22")
    assert "  layer 2, chains root, mac, ipv4-ip\n" in text, text
    assert "    filter no-ip-spoofing:13: return out ip srcipaddr=$IP\n" in (
        text), text
    assert "nw_src=10.0.0.5 (vnet0's)" in text, text
    assert f"                   # {ssh}\n" in text, text
    expect(s, f"drop, by {rest}", "vnet0", "out", "tcp,tp_dst=25")
    expect(s, "reject, by filter web:5: reject out tcp dstportstart=443",
           "vnet0", "out", "tcp,tp_dst=443")
    text = expect(s, "accept, by filter allow-incoming-ipv4:6: accept in",
                  "vnet0", "in", "tcp,tp_dst=80")
    assert f"connection state new\n    {http}\n" in text, text
    text = expect(s, f"drop, by {rest}", "vnet0", "in", "udp,tp_dst=80")
    assert "layer 2" not in text, text
    expect(s, "drop, by filter no-arp-mac-spoofing:10: drop out", "vnet0",
           "out", "arp,arp_sha=02:00:00:00:00:09")


def test_states(sandbox):
    set_up(sandbox)
    s = sandbox
    http = "filter web:3: accept in tcp dstportstart=80"
    drop = "drop, by filter web:6: drop inout all"
    answer = "tcp,tp_src=80,tp_dst=40000"
    for state, verdict in (("est,rpl", f"accept, by {http}"), ("est", drop),
                           ("new", drop), ("inv", drop), ("rel", drop)):
        text = expect(s, verdict, "vnet0", "out", answer, f"--state={state}")
        assert ("it passes: --state=est,rpl\n" in text) == (state == "est")
    text = expect(s, "drop, by filter web:6: drop inout all", "vnet0", "in",
                  "tcp,tp_dst=80,tcp_flags=rst")
    assert "connection state invalid\n" in text, text


def test_receivers(sandbox):
    set_up(sandbox)
    text = trace(sandbox, "vnet0", "out", "tcp,nw_dst=10.0.0.6,tp_dst=22")
    assert ("\n  goes on to vnet1 in: drop, by filter web:6: drop inout all\n"
            in text), text
    text = trace(sandbox, "vnet0", "out", "tcp,tp_dst=22")
    assert "\n  goes on to up in: accept, the port has no filter\n" in (
        text), text
    text = trace(sandbox, "up", "out", "arp,dl_vlan=10")
    assert text.startswith("up out: accept, the port has no filter\n"), text


def test_between(sandbox):
    set_up(sandbox)
    s = sandbox
    s.define(WEB.replace("'22'", "'80'"))
    s.sync()
    ok = "accept, by filter web:4: accept out tcp dstportstart=80"
    text = trace(s, "--between", "vnet0", "vnet1", "tcp,tp_dst=80")
    assert text.startswith(
        f"vnet0 to vnet1: accept\n  vnet0 out: {ok}\n"
        "  vnet1 in: accept, by filter allow-incoming-ipv4:6: accept in\n"
    ), text
    assert f"\nrule interpreter, vnet0 out: agrees, {ok}\n" in text, text
    assert "\nrule interpreter, vnet1 in: agrees, accept" in text, text
    assert "dl_dst=02:00:00:00:00:02 (vnet1's)" in text, text
    text = trace(s, "--between", "vnet0", "vnet1", "tcp,tp_dst=81")
    assert text.startswith("vnet0 to vnet1: drop\n"), text
    text = trace(s, "--between", "vnet0", "up", "tcp,tp_dst=80")
    assert text.startswith("vnet0 to up: accept\n"), text
    text = trace(s, "--between", "vnet0", "up", "tcp,tp_dst=80,dl_dst="
                 + frames.mac(2))
    assert text.startswith("vnet0 to up: not reached\n"), text
    assert "\n  goes on to vnet1 in: accept" in text, text


def test_where_it_comes_from(sandbox):
    """What is received may come from a port, or from nowhere."""
    set_up(sandbox)
    s = sandbox
    accept = "accept, by filter allow-incoming-ipv4:6: accept in"
    for flow in ("dl_vlan=10,tcp,tp_dst=80",
                 "dl_vlan=10,tcp,tp_dst=80,in_port=up"):
        expect(s, accept, "vnet0", "in", flow)
    for flow in ("dl_vlan=11,tcp,tp_dst=80", "dl_vlan=11,icmp,in_port=up",
                 "tcp,tp_dst=80,in_port=vnet1"):
        text = trace(s, "vnet0", "in", flow)
        assert text.startswith("vnet0 in: not reached\n"), text
    assert "\n  comes from vnet1 out: drop, by filter web:6" in text, text


def test_difference(sandbox):
    """Somebody else's flow stands in front of the filter's."""
    set_up(sandbox)
    args = ["vnet0", "out", "tcp,tp_dst=22"]
    expect(sandbox, "accept, by filter web:4: accept out tcp dstportstart=22",
           *args)
    sandbox.ofctl("add-flow", "br-int", "table=35,priority=65000,tcp,tp_dst=22"
                  ",actions=drop")
    done = sandbox.nwfctl("trace", *args, check=False)
    assert done.returncode == 2, done
    lines = done.stdout.splitlines()
    by = "a flow in table OUT_L3.0 that is not ovs-nwfilter's"
    assert lines[0] == f"vnet0 out: drop, by {by}", lines[0]
    assert lines[1] == ("rule interpreter, vnet0 out: DIFFERS, accept, by "
                        "filter web:4: accept out tcp dstportstart=22"), lines
    assert f"    {by}" in lines, done.stdout
    path = sandbox.file("a.fate", f"mac {frames.mac(1)}\nport vnet0\n"
                        "out tcp 10.0.0.5 > any:22 -> accept\n")
    done = sandbox.nwfctl("test", "--live", path, check=False)
    assert (done.returncode, done.stdout) == (1, "0 passed, 1 failed\n"), done
    assert ":3: error: the switch and the rule interpreter differ" in (
        done.stderr), done.stderr


def test_frames_in_hexadecimal(sandbox):
    set_up(sandbox)
    frame = frames.tcp(dport=22, src=frames.mac(1), saddr="10.0.0.5",
                       daddr="10.0.0.9")
    text = expect(sandbox, "accept, by filter web:4: accept out tcp "
                  "dstportstart=22", "vnet0", "out", frame.hex())
    assert "assumed" not in text


def test_nothing_is_left_behind(sandbox):
    """No address is learned, no connection is noted."""
    set_up(sandbox)
    before = sandbox.flows()
    trace(sandbox, "vnet0", "out", "tcp,tp_dst=22,dl_src=02:00:00:00:00:77")
    trace(sandbox, "vnet0", "out", frames.tcp(
        dport=22, src=frames.mac(1), saddr="10.0.0.5").hex())
    assert sandbox.flows() == before
    assert not sandbox.vswitchd("dpctl/dump-conntrack")


def test_policies_that_are_kept(sandbox):
    """The interpreter reads the filters of now, and says when they are not
    those in force."""
    set_up(sandbox)
    sandbox.define(WEB.replace("'80'", "'$NO'"), check=False)
    sandbox.sync()
    text = trace(sandbox, "vnet0", "in", "tcp,tp_dst=80")
    assert text.startswith("vnet0 in: accept"), text
    assert "no answer, the port keeps an earlier policy: " in text, text


def test_what_is_refused(sandbox):
    set_up(sandbox)
    for args, message in (
            (["vnet9", "in", "icmp"], "no port 'vnet9' on a managed bridge"),
            (["vnet0", "up", "icmp"], "'up' is no direction"),
            (["vnet0", "in", "tpc"], "unknown field tpc"),
            (["vnet0", "out", "icmp,in_port=up"], "in_port is not vnet0"),
            (["vnet0", "in", "icmp", "--state=old"], "'old' is no state"),
            (["vnet0", "in", "tcp,tcp_flags=syn", "--state=est"],
             "a packet with SYN begins a connection"),
            (["vnet0", "in"], "requires at least 3 arguments")):
        done = sandbox.nwfctl("trace", *args, check=False)
        assert (done.returncode, done.stdout) == (1, ""), done
        assert message in done.stderr, done.stderr


def test_closed_and_waiting_ports(sandbox):
    """Why a port is closed; what the interpreter says about one that waits for
    its guest's address."""
    s = sandbox
    s.sync()
    s.add_port("closed", filter="nowhere", mac=frames.mac(1))
    s.add_port("waits", filter="clean-traffic", mac=frames.mac(2))
    s.wait_status("waits", "learning")
    s.wait_status("closed", "error")
    for direction in ("in", "out"):
        text = trace(s, "closed", direction, "icmp")
        assert text.startswith(f"closed {direction}: drop, the port is closed:"
                               " filter 'nowhere' is not defined"), text
        assert "VLAN" not in text, text
    assert s.nwfctl("flows", "closed") == (
        "# none: port closed is closed, filter 'nowhere' is not defined\n")
    name = "waiting for addresses: IP any, IPV6 none"
    expect(s, f"accept, by {name}:3: accept out mac protocolid=ipv4", "waits",
           "out", "icmp")
    expect(s, f"drop, by {name}:2: drop out mac srcmacaddr!=$MAC", "waits",
           "out", "icmp,dl_src=" + frames.mac(3))
    expect(s, f"drop, by {name}:5: drop out", "waits", "out", "icmp6")
    text = trace(s, "waits", "in", "icmp")
    assert "waits in: agrees, accept" in text, text


def test_vlans(sandbox):
    """The rules see what is on the port's wire."""
    s = sandbox
    s.define("<filter name='tags'>"
             "<rule action='drop' direction='inout'><vlan vlanid='0x14'/>"
             "</rule><rule action='accept' direction='inout'><vlan/></rule>"
             "<rule action='drop' direction='inout'><mac protocolid='ipv4'/>"
             "</rule></filter>")
    for name, port in (("access", ["tag=20"]), ("trunk", []),
                       ("tagged", ["vlan_mode=native-tagged", "tag=20"]),
                       ("untagged", ["vlan_mode=native-untagged", "tag=20"])):
        s.add_port(name, filter="tags", mac=frames.mac(len(s.ports) + 1),
                   port=port)
    s.add_port("up")
    s.wait_installed("access", "trunk", "tagged", "untagged")
    tag = "drop, by filter tags:1: drop inout vlan vlanid=20"
    plain = "drop, by filter tags:1: drop inout mac protocolid=ipv4"
    other = "accept, by filter tags:1: accept inout vlan"
    for name, flow, verdict in (
            ("access", "icmp", plain), ("access", "icmp,dl_vlan=20", plain),
            ("trunk", "icmp", plain), ("trunk", "icmp,dl_vlan=20", tag),
            ("trunk", "icmp,dl_vlan=21", other), ("tagged", "icmp", tag),
            ("tagged", "icmp,dl_vlan=21", other), ("untagged", "icmp", plain),
            ("untagged", "icmp,dl_vlan=20", plain),
            ("untagged", "icmp,dl_vlan=21", other)):
        expect(s, verdict, name, "in", flow)
        if "dl_vlan" in flow:
            expect(s, verdict, name, "in", flow + ",in_port=up")
    for name, verdict in (("trunk", tag), ("untagged", tag)):
        expect(s, verdict, name, "out", "icmp,dl_vlan=20")
    text = trace(s, "access", "out", "icmp,dl_vlan=20")
    assert text.startswith("access out: not reached\n"
                           "  access is not in VLAN 20\n"), text
    text = trace(s, "access", "out", "dl_dst=01:80:c2:00:00:00")
    assert text.startswith(
        "access out: not reached\n  stopped by pipeline (CLASSIFY): "
        "protocols between bridges are not forwarded\n"), text
    # A trunk's frames are in the VLAN of whom they are for.
    text = trace(s, "--between", "up", "tagged", "icmp")
    assert text.startswith("up to tagged: drop\n"), text
    assert "dl_vlan=20 (tagged's)" in text, text
    text = trace(s, "--between", "up", "tagged", frames.arp().hex())
    assert "dl_vlan" not in text and " not reached\n" in text, text
    text = trace(s, "--between", "up", "tagged", "icmp,vlan_tci=0")
    assert text.startswith("up to tagged: not reached\n"), text


def test_nothing_waits_for_vswitchd(sandbox):
    """While ovs-vswitchd is busy, the daemon goes on, with more than one
    question open."""
    set_up(sandbox)
    args = [["vnet0", "in", "icmp"], ["vnet1", "out", "arp"]]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        with sandbox.paused("ovs-vswitchd"):
            answers = [pool.submit(trace, sandbox, *a) for a in args]
            for _ in range(20):
                sandbox.daemon("version")
            assert not any(answer.done() for answer in answers)
        for arg, answer in zip(args, answers):
            assert answer.result().startswith(" ".join(arg[:2]) + ": ")


def test_without_vswitchd(sandbox):
    set_up(sandbox)
    sandbox.stop("ovs-vswitchd")
    done = sandbox.nwfctl("trace", "vnet0", "in", "icmp", check=False)
    assert done.returncode == 1 and "ovs-vswitchd" in done.stderr, done
    assert "vnet0" in sandbox.nwfctl("ports")
