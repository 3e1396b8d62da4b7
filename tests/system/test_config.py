# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The keys of the local database: each one, changed while the daemon runs."""

import frames
from policies import DENY, PASS
from sandbox import SOURCE, Sandbox, wait_until

NO_OUT = "<filter name='no-out'><rule action='drop' direction='out'/></filter>"


def frame(src, dst=frames.BROADCAST):
    return frames.udp(data=bytes(60), src=src, dst=dst)


def config(sandbox, key, value):
    """Sets a key of the Open_vSwitch table, or removes it."""
    if value is None:
        sandbox.vsctl("remove", "Open_vSwitch", ".", "external_ids", key)
    else:
        sandbox.vsctl("set", "Open_vSwitch", ".",
                      f'external_ids:{key}="{value}"')
    sandbox.sync()


def ids(sandbox, interface, **keys):
    """Sets keys of an interface, with - for _; None removes."""
    for key, value in keys.items():
        key = key.replace("_", "-")
        if value is None:
            sandbox.vsctl("remove", "Interface", interface, "external_ids",
                          key)
        else:
            sandbox.vsctl("set", "Interface", interface,
                          f'external_ids:{key}="{value}"')
    sandbox.sync()


def listed(sandbox):
    """Ports by name, as `nwfctl ports' lists them."""
    lines = sandbox.nwfctl("ports").splitlines()[1:]
    return {line.split()[0]: line.split()[1:] for line in lines
            if not line.startswith("--")}


def test_bridges_managed():
    with Sandbox(bridges=("br-int",)) as sandbox:
        sandbox.define(PASS, DENY)
        sandbox.add_bridge("br-two")
        net = sandbox.add_port("net", "br-two")
        guest = sandbox.add_port("guest", "br-two", mac=frames.mac(1),
                                 filter="no-out")
        sandbox.add_port("first", mac=frames.mac(2), filter="pass")
        sandbox.wait_installed("first")
        assert sandbox.status("guest") == ""
        assert sandbox.flows("br-two", ours=False) == []

        # A second bridge, and a name that no bridge has.
        config(sandbox, "nwfilter-bridge", "br-int,br-two,br-none")
        sandbox.wait_status("guest", "error: filter 'no-out' is not defined")
        sandbox.define(NO_OUT)
        sandbox.wait_installed("guest", "first")
        assert sandbox.reaches(net, frame(frames.mac(9))) == ["guest"]
        assert sandbox.reaches(guest, frame(frames.mac(1))) == []

        # No longer managed: the policy stays, but nobody vouches for it.
        flows = sandbox.flows("br-two")
        config(sandbox, "nwfilter-bridge", "br-int")
        sandbox.wait_status("guest", "")
        assert sandbox.flows("br-two") == flows
        assert sandbox.reaches(guest, frame(frames.mac(1))) == []
        assert sorted(listed(sandbox)) == ["br-int", "first"]
        sandbox.define("<filter name='no-out'><rule action='drop' "
                       "direction='inout'/></filter>")
        sandbox.sync()
        assert sandbox.flows("br-two") == flows
        sandbox.restart("ovs-nwfilterd")
        sandbox.sync()
        assert sandbox.flows("br-two") == flows
        assert sandbox.status("guest") == ""

        # Managed again: brought up to date.
        config(sandbox, "nwfilter-bridge", "br-two")
        sandbox.wait_installed("guest")
        sandbox.wait_status("first", "")
        sandbox.revalidate()
        assert sandbox.reaches(net, frame(frames.mac(9))) == []

        # The default; and a bridge that comes later.
        config(sandbox, "nwfilter-bridge", None)
        sandbox.wait_installed("first")
        sandbox.wait_status("guest", "")
        config(sandbox, "nwfilter-bridge", "br-late")
        sandbox.wait_status("first", "")
        sandbox.add_bridge("br-late")
        late = sandbox.add_port("late", "br-late", mac=frames.mac(3),
                                filter="pass")
        net = sandbox.add_port("net3", "br-late")
        sandbox.wait_installed("late")
        sandbox.sync()
        assert sandbox.reaches(late, frame(frames.mac(3))) == ["net3"]
        assert sandbox.reaches(net, frame(frames.mac(9))) == ["late"]


def test_bridge_made_anew():
    """A bridge is deleted and made again, with another datapath, or its ports
    in another order."""
    with Sandbox() as sandbox:
        sandbox.define(PASS, DENY)
        for again in range(3):
            if again:
                for port in sandbox.ports.values():
                    port.close()
                sandbox.ports.clear()
                if again == 1:
                    sandbox.vsctl("del-br", "br-int")
                    sandbox.add_bridge("br-int")
                else:
                    sandbox.vsctl(
                        "del-br", "br-int", "--", "add-br", "br-int", "--",
                        "set", "Bridge", "br-int", "datapath_type=dummy",
                        "fail_mode=secure")
            names = ["net", "good", "bad"]
            for name in names[again:] + names[:again]:
                policy = {"good": "pass", "bad": "deny"}.get(name)
                sandbox.add_port(name, mac=frames.mac(names.index(name) + 1),
                                 filter=policy)
            sandbox.wait_installed("good", "bad")
            sandbox.sync()
            sandbox.revalidate()
            assert sandbox.reaches(sandbox.ports["net"],
                                   frame(frames.mac(9))) == ["good"]
            assert sandbox.reaches(sandbox.ports["bad"],
                                   frame(frames.mac(3))) == []
            assert sandbox.reaches(sandbox.ports["good"],
                                   frame(frames.mac(2))) == ["net"]


def test_default(sandbox):
    sandbox.define(PASS, DENY, NO_OUT)
    one, two = sandbox.add_port("one"), sandbox.add_port("two")
    named = sandbox.add_port("named", mac=frames.mac(3), filter="pass")
    sandbox.wait_installed("named")

    def check(one_out, all_in):
        sandbox.revalidate()
        got = sandbox.reaches(one, frame(frames.mac(1)))
        assert got == (["named"] + ["two"] * all_in if one_out else []), got
        got = sandbox.reaches(named, frame(frames.mac(3)))
        assert got == (["one", "two"] if all_in else []), got
        assert sandbox.status("named") == "installed"

    sandbox.sync()
    check(True, True)
    config(sandbox, "nwfilter-default", "drop")
    check(False, False)
    assert sandbox.status("one") == ""
    config(sandbox, "nwfilter-default", "no-out")
    check(False, True)
    assert sandbox.status("one") == ""          # It names no filter.
    assert listed(sandbox)["one"][1] == "no-out"
    config(sandbox, "nwfilter-default", "accept")
    check(True, True)
    config(sandbox, "nwfilter-default", "missing")
    check(False, False)
    text = sandbox.wait_status("one", "error: ")
    assert "'missing' is not defined" in text, text
    sandbox.define("<filter name='missing'><rule action='accept' "
                   "direction='inout'/></filter>")
    sandbox.wait_status("one", "")
    sandbox.sync()
    check(True, True)
    config(sandbox, "nwfilter-default", None)
    check(True, True)
    assert two


def test_default_filter_keeps_last_good_policy(sandbox):
    """Also of ports that name no filter."""
    sandbox.define(NO_OUT)
    config(sandbox, "nwfilter-default", "no-out")
    one = sandbox.add_port("one", mac=frames.mac(1))
    sandbox.sync()
    config(sandbox, "nwfilter-default", "missing")
    text = sandbox.wait_status("one", "error: ")
    assert "last good" in text, text
    assert sandbox.reaches(one, frame(frames.mac(1))) == []


def test_port_profile(sandbox):
    """What stock libvirt writes names a filter, unless that is turned off."""
    sandbox.define(PASS, NO_OUT)
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1),
                             ids={"port-profile": "no-out"})
    sandbox.wait_installed("guest")

    def passes():
        sandbox.revalidate()
        return sandbox.crosses(guest, net, frame(frames.mac(1)))

    assert not passes()
    config(sandbox, "nwfilter-port-profile", "false")
    assert sandbox.status("guest") == ""
    assert passes()
    config(sandbox, "nwfilter-port-profile", "true")
    assert sandbox.status("guest") == "installed"
    assert not passes()
    ids(sandbox, "guest", nwfilter="pass")
    assert passes()
    ids(sandbox, "guest", nwfilter=None)
    assert not passes()


def binding(port, policy, mac="", params=""):
    """A <filterbinding> document (libvirt's virNWFilterBinding)."""
    return (f"<filterbinding><owner><name>vm</name>"
            f"<uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid></owner>"
            f"<portdev name='{port}'/><mac address='{mac or frames.mac(1)}'/>"
            f"<filterref filter='{policy}'>{params}</filterref>"
            f"</filterbinding>")


def bind(sandbox, document):
    sandbox.nwfctl("binding-create", sandbox.file("binding.xml", document))
    sandbox.sync()


def test_precedence(sandbox):
    """nwfilter wins over a binding, which wins over port-profile."""
    sandbox.define(*(f"<filter name='{name}'><rule action='accept' "
                     f"direction='inout'/></filter>"
                     for name in ("own", "bound", "profile", "default")))
    config(sandbox, "nwfilter-default", "default")
    sandbox.add_port("vnet0", ids={"iface-id": "id-0"})

    def policy():
        return listed(sandbox)["vnet0"][1]

    assert policy() == "default"
    ids(sandbox, "vnet0", port_profile="profile")
    assert policy() == "profile"
    bind(sandbox, binding("id-0", "bound"))
    assert policy() == "bound"
    ids(sandbox, "vnet0", nwfilter="own")
    assert policy() == "own"
    ids(sandbox, "vnet0", port_profile=None)
    assert policy() == "own"
    ids(sandbox, "vnet0", nwfilter="")          # Names none.
    assert policy() == "bound"
    ids(sandbox, "vnet0", nwfilter=None)
    assert policy() == "bound"
    sandbox.nwfctl("binding-delete", "id-0")
    sandbox.sync()
    assert policy() == "default"
    assert sandbox.status("vnet0") == ""


def test_bindings(sandbox):
    """By iface-id, by port name, for this host or every host; and before
    there is such a port."""
    sandbox.define(*(f"<filter name='{name}'><rule action='accept' "
                     f"direction='inout'/></filter>"
                     for name in ("by-id", "by-name", "here", "elsewhere")))

    def policy(port="vnet0"):
        sandbox.sync()
        return listed(sandbox)[port][1:3]

    bind(sandbox, binding("vnet0", "by-name", frames.mac(7)))
    sandbox.add_port("vnet0", ids={"iface-id": "id-0"})
    sandbox.wait_installed("vnet0")
    assert policy() == ["by-name", frames.mac(7)]
    bind(sandbox, binding("id-0", "by-id", frames.mac(8)))
    assert policy() == ["by-id", frames.mac(8)]
    ids(sandbox, "vnet0", attached_mac=frames.mac(9))
    assert policy() == ["by-id", frames.mac(9)]
    ids(sandbox, "vnet0", attached_mac=None, iface_id="id-1")
    assert policy() == ["by-name", frames.mac(7)]
    ids(sandbox, "vnet0", iface_id="id-0")
    assert policy() == ["by-id", frames.mac(8)]
    sandbox.nwfctl("binding-delete", "id-0")

    # Hosts: one for this host wins, those of others do not count.
    for host, name in (("sandbox", "here"), ("other", "elsewhere")):
        sandbox.nwfctl("create", "Binding", "port=vnet0", f"host={host}",
                       f"filter={name}")
    assert policy()[0] == "here"
    config(sandbox, "hostname", "other")
    assert policy()[0] == "elsewhere"
    config(sandbox, "hostname", "third")
    assert policy()[0] == "by-name"
    sandbox.nwfctl("binding-delete", "vnet0")
    config(sandbox, "hostname", "sandbox")
    assert policy()[0] == "here"


def test_bad_binding(sandbox):
    """What the generic commands can put into a binding."""
    sandbox.define(PASS)
    sandbox.add_port("vnet0")
    row = sandbox.nwfctl("create", "Binding", "port=vnet0", "filter=pass",
                         "mac=nonsense").strip()
    text = sandbox.wait_status("vnet0", "error: ")
    assert "nonsense" in text and "closed" in text, text
    sandbox.nwfctl("set", "Binding", row, f'mac="{frames.mac(1)}"')
    sandbox.wait_installed("vnet0")
    sandbox.nwfctl("set", "Binding", row, 'params:"a b"=1')
    text = sandbox.wait_status("vnet0", "error: ")
    assert "a b" in text and "last good" in text, text
    sandbox.nwfctl("clear", "Binding", row, "params")
    sandbox.wait_installed("vnet0")
    sandbox.nwfctl("set", "Binding", row, 'filter=""')
    sandbox.wait_status("vnet0", "")


def test_policy_database_changes(sandbox):
    """nwfilter-remote: another database, one that is not there, several."""
    sandbox.define(PASS)
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
    sandbox.wait_installed("guest")
    sandbox.sync()
    first = sandbox.policy_db

    # Another database with the same names.
    sandbox._start_database("second-db",
                            f"{SOURCE}/ovsdb/nwfilter.ovsschema",
                            "second.db", "second.sock")
    second = f"unix:{sandbox.dir}/second.sock"
    sandbox.policy_db = second
    sandbox.define("<filter name='pass'><rule action='drop' "
                   "direction='out'/></filter>")
    assert sandbox.crosses(guest, net, frame(frames.mac(1)))
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  f'external_ids:nwfilter-remote="{second}"')
    sandbox.sync()
    sandbox.revalidate()
    assert not sandbox.crosses(guest, net, frame(frames.mac(1)))

    # Nobody there: what was read is in force, for ports to come as well.
    nobody = f"unix:{sandbox.dir}/nobody.sock"
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  f'external_ids:nwfilter-remote="{nobody}"')
    other = sandbox.add_port("other", mac=frames.mac(2), filter="pass")
    sandbox.wait_installed("other")
    assert sandbox.reaches(other, frame(frames.mac(2))) == []
    assert sandbox.reaches(net, frame(frames.mac(9))) == ["guest", "other"]

    # Several: the one that answers.
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  f'external_ids:nwfilter-remote="{nobody},{first}"')
    wait_until(lambda: sandbox.crosses(guest, net, frame(frames.mac(1))),
               "the first database's policy is back")
    sandbox.policy_db = first
    sandbox.sync()


def test_other_keys_do_not_matter(sandbox):
    """Keys of others change all the time."""
    sandbox.define(PASS)
    sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
    sandbox.wait_installed("guest")
    sandbox.sync()
    before = sandbox.daemon("nwfilter/status")
    for value in range(5):
        config(sandbox, "ovn-something", value)
        ids(sandbox, "guest", something=value)
        sandbox.vsctl("set", "Bridge", "br-int", f"external_ids:x={value}")
    sandbox.sync()
    assert sandbox.daemon("nwfilter/status") == before
    assert sandbox.status("guest") == "installed"


def test_status_belongs_to_the_daemon(sandbox):
    """Somebody else's idea of the status is corrected."""
    sandbox.define(PASS)
    sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
    sandbox.add_port("net")
    sandbox.wait_installed("guest")
    ids(sandbox, "guest", nwfilter_status="wrong")
    ids(sandbox, "net", nwfilter_status="installed")
    sandbox.wait_installed("guest")
    sandbox.wait_status("net", "")
    sandbox.vsctl("remove", "Interface", "guest", "external_ids",
                  "nwfilter-status")
    sandbox.wait_installed("guest")


def test_openflow_versions(sandbox):
    """1.3 and 1.4 will do; without any of them, ports say so."""
    sandbox.define(PASS, DENY)
    net = sandbox.add_port("net")
    for n, version in enumerate(("OpenFlow13", "OpenFlow14", "OpenFlow10"), 1):
        sandbox.vsctl("set", "Bridge", "br-int", f"protocols={version}")
        sandbox.add_port("guest", mac=frames.mac(1), filter="pass")
        sandbox.add_port(f"bad{n}", mac=frames.mac(2), filter="deny")
        if version == "OpenFlow10":
            text = sandbox.wait_status("guest", "error: ")
            assert "OpenFlow connection" in text and "closed" in text, text
            assert sandbox.status("bad1") == "installed"
            sandbox.vsctl("set", "Bridge", "br-int", "protocols=OpenFlow13")
        sandbox.wait_installed("guest", f"bad{n}")
        sandbox.sync()
        sandbox.revalidate()
        assert sandbox.reaches(net, frame(frames.mac(9))) == ["guest"]
        sandbox.del_port("guest")
