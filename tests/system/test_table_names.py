# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""`ovs-ofctl --names' shows the pipeline's tables by name."""

import re

import frames
from policies import DENY
from sandbox import Sandbox, wait_until


def tables(sandbox, bridge="br-int", version="OpenFlow15"):
    """{number: name} of the tables that have a name."""
    text = sandbox.run("ovs-ofctl", f"-O{version}", "dump-table-features",
                       f"unix:{sandbox.dir}/{bridge}.mgmt")
    return {int(m[1]): m[2] for m in
            re.finditer(r'^ *tables? (\d+)(?:\.\.\.\d+)? \("([^"]*)"\):', text,
                        re.M)}


def named(sandbox, bridge="br-int"):
    return tables(sandbox, bridge).get(0) == "CLASSIFY"


def test_names(sandbox):
    sandbox.define(DENY)
    sandbox.add_port("guest", mac=frames.mac(1), filter="deny")
    sandbox.wait_installed("guest")
    sandbox.sync()
    wait_until(lambda: named(sandbox), "tables have names")
    names = tables(sandbox)
    assert names[12] == "OUT_L2.0" and names[121] == "SET", names
    assert 68 not in names and 200 not in names, names
    bridge = f"unix:{sandbox.dir}/br-int.mgmt"
    text = sandbox.run("ovs-ofctl", "-OOpenFlow15", "--names", "--no-stats",
                       "dump-flows", bridge, 'table="OUT_L2.0"')
    assert 'table="OUT_L2.0", priority=60000' in text, text
    assert 'resubmit(,"IN_L3_ENTRY")' in sandbox.run(
        "ovs-ofctl", "-OOpenFlow15", "--names", "dump-flows", bridge)

    # Without --names, and with output that is no terminal, all is as before.
    assert "CLASSIFY" not in sandbox.run("ovs-ofctl", "dump-flows",
                                         "-OOpenFlow15", bridge)

    # After a restart of the switch, too; and a daemon that starts changes
    # nothing.
    sandbox.restart("ovs-vswitchd")
    wait_until(lambda: tables(sandbox) == names, "names are back")
    sandbox.restart("ovs-nwfilterd")
    sandbox.sync()
    assert tables(sandbox) == names


def test_names_of_others():
    """Names from elsewhere stay, and what tables are limited to."""
    with Sandbox(daemon=False) as s:
        s.vsctl("--id=@a", "create", "Flow_Table", "name=mine", "--",
                "--id=@b", "create", "Flow_Table", "flow_limit=1000", "--",
                "set", "Bridge", "br-int", "flow_tables:12=@a",
                "flow_tables:13=@b")
        s.ofctl("mod-table", "br-int", "14", "name:other")
        s.ofctl("mod-table", "br-int", "200", "name:another")
        rows = s.vsctl("list", "Flow_Table")
        s.start_policy_db()
        s.start_daemon()
        wait_until(lambda: named(s), "tables have names")
        names = tables(s)
        assert [names[n] for n in (12, 13, 14, 15, 200)] == [
            "mine", "OUT_L2.1", "other", "OUT_L2.3", "another"], names
        s.vsctl("set", "Open_vSwitch", ".",
                "external_ids:nwfilter-bridge=none")
        wait_until(lambda: not named(s), "the names are gone")
        assert tables(s) == {12: "mine", 14: "other", 200: "another"}
        assert s.vsctl("list", "Flow_Table") == rows
        s.vsctl("remove", "Open_vSwitch", ".", "external_ids",
                "nwfilter-bridge")
        wait_until(lambda: tables(s) == names, "the names are back")


def test_old_protocol():
    """OpenFlow 1.4 can not set them; everything else works."""
    with Sandbox(daemon=False) as s:
        s.vsctl("set", "Bridge", "br-int", "protocols=OpenFlow14")
        s.start_policy_db()
        s.start_daemon()
        s.sync()
        assert tables(s, version="OpenFlow14") == {}
        assert "table=61, priority" in s.run(
            "ovs-ofctl", "-OOpenFlow14", "dump-flows", "--no-stats",
            f"unix:{s.dir}/br-int.mgmt")
