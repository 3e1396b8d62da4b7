# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Filters are redefined, undefined and broken, parameters change, while ports
use them."""

import re
import time

import frames
from policies import PASS
from sandbox import Sandbox, wait_until


def rules(name, *texts):
    """A filter of rules, each written as "ACTION DIRECTION [PROTOCOL...]"."""
    lines = [f"<filter name='{name}'>"]
    for n, text in enumerate(texts):
        action, direction, *match = text.split(" ", 2)
        if action == "ref":
            lines.append(f"<filterref filter='{direction}'/>")
        else:
            lines.append(f"<rule action='{action}' direction='{direction}' "
                         f"priority='{n + 100}'>"
                         + "".join(f"<{m}/>" for m in match) + "</rule>")
    return "\n".join(lines + ["</filter>"])


def frame(src, dst=frames.BROADCAST, **options):
    return frames.udp(data=bytes(60), src=src, dst=dst, **options)


def of_port(flows, number):
    """Those that name an OpenFlow port."""
    return {flow for flow in flows
            if re.search(rf"in_port={number}[ ,]|reg1[24]={number:#x}[ ,]",
                         flow)}


def ofport(sandbox, name):
    return int(sandbox.vsctl("get", "Interface", name, "ofport"))


def test_redefined(sandbox):
    """Directly or through references; others see nothing of it."""
    sandbox.define(PASS, rules("leaf", "accept inout"),
                   rules("middle", "ref leaf"), rules("top", "ref middle"),
                   rules("other", "drop in udp dstportstart='9'",
                         "accept inout"))
    net = sandbox.add_port("net")
    for n, name in enumerate(("leaf", "middle", "top", "other"), 1):
        sandbox.add_port(name, mac=frames.mac(n), filter=name)
    sandbox.wait_installed("leaf", "middle", "top", "other")
    sandbox.sync()
    number = ofport(sandbox, "other")
    before = sandbox.moment()
    assert of_port(before[0], number)
    everybody = ["leaf", "middle", "other", "top"]
    assert sandbox.reaches(net, frame(frames.mac(9))) == everybody
    for leaf, willing in (("drop inout", ["other"]),
                          ("accept inout", everybody),
                          ("accept in", everybody),
                          ("drop in", ["other"])):
        sandbox.define(rules("leaf", leaf))
        sandbox.sync()
        got = sandbox.reaches(net, frame(frames.mac(9)))
        assert got == willing, (leaf, got)
        for name in ("leaf", "middle", "top"):
            assert sandbox.status(name) == "installed"
    assert not of_port(sandbox.changed(before), number)

    # The same document again, or only its white space: nothing to do.
    mods = sandbox.daemon("nwfilter/status")
    sandbox.define(rules("leaf", "drop in"))
    sandbox.sync()
    assert sandbox.daemon("nwfilter/status") == mods


def test_switched_over_atomically(sandbox):
    """Both versions drop UDP to port 9, each by other rules; while they take
    turns, no such packet passes, and none to port 10 is lost."""
    one = rules("f", "drop in udp dstportstart='9'", "accept inout")
    two = rules("f", "accept in udp dstportstart='10'",
                "drop in udp")
    sandbox.define(one)
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="f")
    sandbox.wait_installed("guest")
    sandbox.sync()
    bad = frame(frames.mac(9), frames.mac(1), dport=9)
    good = frame(frames.mac(9), frames.mac(1), dport=10)
    n_sent = n_good = 0
    for document in (two, one) * 5:
        path = sandbox.file("f.xml", document)
        sandbox.nwfctl("define", path)
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            net.send(bad)
            net.send(good)
            n_sent += 1
            time.sleep(0.002)
        sandbox.sync()
        got = guest.receive()
        assert bad not in got
        n_good += got.count(good)
    sandbox.settle()
    n_good += guest.receive().count(good)
    assert n_good == n_sent, (n_good, n_sent)


def test_broken_filter(sandbox):
    """Closes a new port; a running one keeps its last good policy."""
    sandbox.define(rules("f", "drop in udp dstportstart='9'",
                         "accept inout"))
    net = sandbox.add_port("net")
    old = sandbox.add_port("old", mac=frames.mac(1), filter="f")
    sandbox.wait_installed("old")
    sandbox.sync()
    row = sandbox.nwfctl("--bare", "--columns=_uuid", "find", "Filter",
                         "name=f").strip()
    good = sandbox.nwfctl("dumpxml", "f")
    n = 0
    for xml, line in (
            ("not XML at all", 1),
            ("<filter name='f'>\n<rule", 2),
            ("<filter name='other'/>", None),
            ("<filter name='f'>\n<rule action='accept'\n"
             " direction='sideways'/></filter>", 3),
            ("<filter name='f'>\n\n<rule action='accept' direction='in'>"
             "<tcp dstportstart='$NOSUCH'/></rule></filter>", 3),
            ("<filter name='f'>\n<filterref filter='nosuch'/></filter>", 2),
            ("<filter name='f'>\n<filterref filter='f'/></filter>", 2),
            ("", 1)):
        n += 1
        sandbox.nwfctl("set", "Filter", row, f"xml={json_string(xml)}")
        text = sandbox.wait_status("old", "error: ")
        assert "last good" in text, text
        assert line is None or f"filter f:{line}: " in text, (xml, text)
        new = sandbox.add_port(f"new{n}", mac=frames.mac(n + 10), filter="f")
        text = sandbox.wait_status(f"new{n}", "error: ")
        assert "closed" in text and "last good" not in text, text
        sandbox.sync()
        assert sandbox.reaches(net, frame(frames.mac(9))) == ["old"]
        assert sandbox.reaches(net, frame(frames.mac(9), dport=9)) == []
        assert sandbox.reaches(new, frame(frames.mac(n + 10))) == []
        # Another port's change does not disturb it, nor a restored filter.
        sandbox.nwfctl("set", "Filter", row, f"xml={json_string(good)}")
        sandbox.wait_installed("old", f"new{n}")
        sandbox.sync()
        assert sandbox.reaches(net, frame(frames.mac(9))) == ["new" + str(n),
                                                              "old"]
        sandbox.del_port(f"new{n}")
    assert old


def json_string(text):
    """As the generic database commands take strings."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"%s"' % quoted.replace("\n", "\\n")


def test_undefined_while_in_use(sandbox):
    """By the generic commands, which do not ask who uses it."""
    sandbox.define(PASS, rules("part", "drop in udp dstportstart='9'"),
                   rules("f", "ref part", "accept inout"))
    net = sandbox.add_port("net")
    sandbox.add_port("old", mac=frames.mac(1), filter="f")
    sandbox.wait_installed("old")

    def destroy(name):
        row = sandbox.nwfctl("--bare", "--columns=_uuid", "find", "Filter",
                             f"name={name}").strip()
        sandbox.nwfctl("destroy", "Filter", row)

    def check():
        text = sandbox.wait_status("old", "error: ")
        assert "last good" in text, text
        sandbox.sync()
        assert sandbox.reaches(net, frame(frames.mac(9))) == ["old"]
        assert sandbox.reaches(net, frame(frames.mac(9), dport=9)) == []
        return text

    destroy("part")
    text = check()
    assert "filter f:2: " in text and "'part'" in text, text
    sandbox.define(rules("part", "drop in udp dstportstart='9'"))
    sandbox.wait_installed("old")
    destroy("f")
    text = check()
    assert "'f' is not defined" in text, text
    sandbox.define(rules("f", "ref part", "drop inout"))
    sandbox.wait_installed("old")
    sandbox.sync()
    assert sandbox.reaches(net, frame(frames.mac(9))) == []


def test_missing_parts_appear(sandbox):
    """A nested filter, at any depth, that is defined later heals the port."""
    sandbox.define(rules("top", "ref middle", "accept inout"))
    sandbox.add_port("guest", mac=frames.mac(1), filter="top")
    text = sandbox.wait_status("guest", "error: ")
    assert "filter top:2: " in text and "'middle'" in text, text
    sandbox.define(rules("middle", "ref leaf"))
    text = sandbox.wait_status("guest", "error: filter middle:2: ")
    assert "'leaf'" in text, text
    sandbox.define(rules("leaf", "drop inout arp"))
    sandbox.wait_installed("guest")
    sandbox.define(rules("middle", "ref lost"))
    text = sandbox.wait_status("guest", "error: filter middle:2: ")
    assert "'lost'" in text and "last good" in text, text
    sandbox.define(rules("lost", "drop inout rarp"))
    sandbox.wait_installed("guest")


def test_parameters(sandbox):
    """Values change, go and come; wrong ones name rule, variable and value."""
    sandbox.define("""<filter name='f'>
      <rule action='accept' direction='in' priority='100'>
        <udp dstportstart='$PORT' srcipaddr='$PEER[@1]'/></rule>
      <rule action='drop' direction='inout'><all/></rule>
      </filter>""")
    net = sandbox.add_port("net")
    sandbox.add_port("guest", mac=frames.mac(1), filter="f",
                     params={"PORT": "9", "PEER": "10.0.0.1"})
    sandbox.add_port("other", mac=frames.mac(2), filter="f",
                     params={"PORT": "9", "PEER": "10.0.0.7"})
    sandbox.wait_installed("guest", "other")

    def passes(dport=9, saddr="10.0.0.1"):
        return sandbox.reaches(net, frame(frames.mac(9), frames.mac(1),
                                          dport=dport, saddr=saddr)) != []

    def set_to(**values):
        sandbox.vsctl("set", "Interface", "guest",
                      *(f'external_ids:nwfilter.{key}="{value}"'
                        for key, value in values.items()))

    sandbox.sync()
    number = ofport(sandbox, "other")
    before = of_port(sandbox.moment()[0], number)
    assert before
    assert passes() and not passes(10) and not passes(9, "10.0.0.2")
    set_to(PEER="10.0.0.2,10.0.0.3")
    sandbox.sync()
    assert passes(9, "10.0.0.3") and not passes()
    set_to(PORT="10,11", PEER="10.0.0.1")
    sandbox.sync()
    assert not passes() and passes(10)

    for name, value in (("PEER", "10.0.0.300"), ("PEER", "::1"),
                        ("PORT", "70000"), ("PORT", "http")):
        good = {"PEER": "10.0.0.1", "PORT": "10"}
        set_to(**good)
        sandbox.wait_installed("guest")
        set_to(**{name: value})
        text = sandbox.wait_status("guest", "error: ")
        for word in ("filter f:", name, value, "last good"):
            assert word in text, (word, text)
        sandbox.sync()
        assert passes(10) and not passes(9)
        set_to(**good)
        sandbox.wait_installed("guest")

    sandbox.vsctl("remove", "Interface", "guest", "external_ids",
                  "nwfilter.PORT")
    text = sandbox.wait_status("guest", "error: ")
    assert "PORT" in text and "filter f:" in text, text
    for bad in ("1,,2", "a b", ""):
        set_to(PORT=bad)
        text = sandbox.wait_status("guest", "error: ")
        assert "'PORT'" in text or "parameter" in text, text
    set_to(PORT="9")
    sandbox.wait_installed("guest")
    assert of_port(sandbox.moment()[0], number) == before


def test_parameter_of_one_port_leaves_the_others_alone(sandbox):
    sandbox.define("<filter name='f'><rule action='drop' direction='out'>"
                   "<ip match='no' srcipaddr='$IP'/></rule></filter>")
    for n in (1, 2, 3):
        sandbox.add_port(f"g{n}", mac=frames.mac(n), filter="f",
                         params={"IP": f"10.0.0.{n}"})
    sandbox.wait_installed("g1", "g2", "g3")
    sandbox.sync()
    numbers = {n: ofport(sandbox, f"g{n}") for n in (1, 2, 3)}
    before = sandbox.moment()
    assert all(of_port(before[0], numbers[n]) for n in numbers)
    sandbox.vsctl("set", "Interface", "g1", "external_ids:nwfilter.IP="
                  "10.0.0.9")
    sandbox.sync()
    changed = sandbox.changed(before)
    assert [n for n in numbers if of_port(changed, numbers[n])] == [1]


def test_filter_of_a_running_port_changes(sandbox):
    sandbox.define(PASS, rules("deny", "drop inout"))
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1))
    sandbox.sync()
    for name, passes in (("pass", True), ("deny", False), ("pass", True),
                         ("missing", True), ("deny", False),
                         ("missing", False), ("", True), ("missing", False)):
        sandbox.vsctl("set", "Interface", "guest",
                      f'external_ids:nwfilter="{name}"')
        if name == "missing":
            sandbox.wait_status("guest", "error: ")
        else:
            sandbox.wait_status("guest", "installed" if name else "")
        sandbox.sync()
        assert sandbox.crosses(guest, net,
                               frame(frames.mac(1))) == passes, name


def test_new_port_is_closed_until_its_flows_are_in():
    """Sends into ports while they are made, with a daemon that has much to
    do."""
    with Sandbox() as sandbox:
        sandbox.define(rules("deny", "drop inout"), PASS)
        net = sandbox.add_port("net")
        sandbox.sync()
        for n in range(15):
            name = f"g{n}"
            args = []
            for other in range(20):
                args += ["--", "add-port", "br-int", f"o{n}-{other}", "--",
                         "set", "Interface", f"o{n}-{other}", "type=dummy",
                         "external_ids:nwfilter=pass"]
            sandbox.vsctl("--no-wait", *args[1:])
            guest = sandbox.add_port(name, mac=frames.mac(1), filter="deny")
            wait_until(lambda: (guest.send(frame(frames.mac(1))),
                                net.send(frame(frames.mac(9))),
                                sandbox.status(name) == "installed")[2],
                       f"{name} is installed", 30)
            sandbox.settle()
            assert frame(frames.mac(1)) not in net.receive()
            assert guest.receive() == []


def test_versions_side_by_side(sandbox):
    """Ports whose parameters are broken keep the version that they had, each
    its own, while others move on; also through a restart."""
    def version(port):
        return (f"<filter name='f'><rule action='accept' direction='in'>"
                f"<udp dstportstart='{port}' srcipaddr='$PEER'/></rule>"
                f"<rule action='drop' direction='inout' priority='900'>"
                f"<all/></rule></filter>")

    def set_peer(name, value):
        sandbox.vsctl("set", "Interface", name,
                      f'external_ids:nwfilter.PEER="{value}"')

    net = sandbox.add_port("net")
    versions = {}
    sandbox.define(version(1))
    for n in range(1, 5):
        sandbox.add_port(f"g{n}", mac=frames.mac(n), filter="f",
                         params={"PEER": "10.0.0.1"})
        versions[f"g{n}"] = 1
    sandbox.wait_installed(*versions)

    def check():
        sandbox.sync()
        for name, number in versions.items():
            mac = frames.mac(int(name[1:]))
            for dport in range(1, 6):
                got = sandbox.reaches(net, frame(frames.mac(9), mac,
                                                 dport=dport))
                assert got == ([name] if dport == number else []), (
                    name, dport, got)

    check()
    for n in range(1, 4):               # One after the other stays behind.
        set_peer(f"g{n}", "nonsense")
        sandbox.wait_status(f"g{n}", "error: ")
        sandbox.define(version(n + 1))
        for name in versions:
            if int(name[1:]) > n:
                versions[name] = n + 1
        check()
    assert versions == {"g1": 1, "g2": 2, "g3": 3, "g4": 4}
    before = sandbox.moment()
    sandbox.restart("ovs-nwfilterd")
    check()
    assert not sandbox.changed(before)
    sandbox.del_port("g4")
    del versions["g4"]
    check()
    for name in ("g2", "g1", "g3"):
        set_peer(name, "10.0.0.1")
        sandbox.wait_installed(name)
        versions[name] = 4
        check()
    # Nothing of the old versions is left.
    incremental = [flow for flow in sandbox.flows() if "=0x4e57f" not in flow]
    sandbox.kill("ovs-nwfilterd")
    sandbox.ofctl("del-flows", "br-int")
    sandbox.start_daemon()
    sandbox.sync()
    assert incremental == [flow for flow in sandbox.flows()
                           if "=0x4e57f" not in flow]


def test_holds_for_the_next_packet(sandbox):
    """Of a connection that was allowed before, too."""
    def policy(action):
        return (f"<filter name='f'><rule action='{action}' direction='in' "
                "priority='1'><udp srcportstart='53' state='ESTABLISHED'/>"
                "</rule><rule action='accept' direction='out' priority='1'>"
                "<udp dstportstart='53' state='NEW,ESTABLISHED'/></rule>"
                "<rule action='drop' direction='inout' priority='2'><all/>"
                "</rule></filter>")

    sandbox.define(policy("accept"))
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="f")
    sandbox.wait_installed("guest")
    sandbox.sync()
    ask = frame(frames.mac(1), frames.mac(9), sport=4000, dport=53)
    answer = frame(frames.mac(9), frames.mac(1), sport=53, dport=4000,
                   saddr="10.0.0.2", daddr="10.0.0.1")
    for action, passes in (("accept", True), ("drop", False),
                           ("accept", True)):
        sandbox.define(policy(action))
        sandbox.sync()
        for _ in range(3):
            assert sandbox.crosses(guest, net, ask)
            assert sandbox.crosses(net, guest, answer) == passes, action
