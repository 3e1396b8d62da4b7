# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Guests that move take their addresses along."""

import json

import dhcp
import frames
from guest_lab import ADDRESS, CLEAN, GUEST, OTHER, PEER, Lab
from sandbox import Failure, Sandbox, wait_until


def arrive(sandbox, mode="dhcp", wait="installed"):
    """The guest of Lab comes to a host, at another port."""
    guest = sandbox.add_port("tap7", filter="clean", mac=GUEST,
                             params={"CTRL_IP_LEARNING": mode},
                             ids={"vm-id": "vm-1"})
    sandbox.wait_status("tap7", wait)
    sandbox.sync()
    return guest


def prepare(sandbox):
    """The host that the guest moves to; returns its network."""
    sandbox.define(CLEAN)
    net = sandbox.add_port("net")
    sandbox.wait_status("net", "")
    net.send(frames.ethernet(0x88b5, bytes(46), src=PEER, dst=PEER))
    sandbox.sync()
    return net


def test_move():
    """Before the guest's first frame on the other host."""
    with Sandbox() as here, Sandbox() as there:
        lab = Lab(here, mode="dhcp")
        lab.lease()
        lab.wait_addresses(ADDRESS)
        document = here.nwfctl("export-port", "guest")
        assert json.loads(document)["version"] == 1
        net = prepare(there)
        there.nwfctl("import-port", "-", text=document)
        guest = arrive(there)
        packet = {"daddr": "10.0.0.2", "src": GUEST, "dst": PEER}
        assert there.crosses(guest, net, frames.udp(saddr=ADDRESS, **packet))
        assert not there.crosses(guest, net, frames.udp(saddr=OTHER,
                                                        **packet))
        wait_until(lambda: ADDRESS in there.nwfctl("list", "Lease"),
                   "the other host keeps it")


def test_arrives_first():
    """The port is there before the document is."""
    with Sandbox() as here, Sandbox() as there:
        lab = Lab(here)
        lab.served(dhcp.server(dhcp.OFFER, GUEST, ADDRESS))
        lab.wait_addresses(ADDRESS)
        prepare(there)
        arrive(there, mode="any", wait="learning")
        path = there.file("guest.json", here.nwfctl("export-port", "guest"))
        there.nwfctl("import-port", path)
        there.wait_installed("tap7")


def test_nothing_to_move(sandbox):
    sandbox.add_port("net")
    sandbox.sync()
    document = sandbox.nwfctl("export-port", "net")
    assert json.loads(document)["addresses"] == []
    sandbox.nwfctl("import-port", "-", text=document)
    assert not sandbox.nwfctl("list", "Lease").strip()


def test_bad_documents(sandbox):
    """Nothing of them is taken over, and the message says why."""
    good = {"version": 1, "port": "p", "guest": "vm-id 1",
            "addresses": ["10.0.0.5 source=dhcp expires=never"]}
    for changes in ({"version": 2}, {"addresses": ["10.0.0.5.6"]},
                    {"addresses": [5]}, {"addresses": 5}, {"guest": 5},
                    {"port": None}, {"more": 1}):
        text = json.dumps({**good, **changes})
        try:
            sandbox.nwfctl("import-port", "-", text=text)
        except Failure as error:
            assert "status 1: nwfctl: " in str(error), error
        else:
            raise Failure(f"accepted: {text}")
    for text in ("{", "[]", "5", '"text"'):
        done = sandbox.nwfctl("import-port", "-", text=text, check=False)
        assert done.returncode == 1 and done.stderr.strip()
        assert text != "{" or "<stdin>: line 0" in done.stderr, done.stderr
    assert not sandbox.nwfctl("list", "Lease").strip()
    sandbox.nwfctl("import-port", "-", text=json.dumps(good))
    wait_until(lambda: "10.0.0.5" in sandbox.nwfctl("list", "Lease"),
               "the good one")


def test_shared_database():
    """Hosts with one policy database need no document, and the host that
    the guest has left does not take its addresses away."""
    with Sandbox() as here:
        lab = Lab(here, mode="dhcp")
        lab.lease()
        lab.wait_addresses(ADDRESS)
        wait_until(lambda: ADDRESS in here.nwfctl("list", "Lease"),
                   "the lease is kept")
        with Sandbox(config=("external_ids:hostname=other",),
                     daemon=False) as there:
            there.vsctl("set", "Open_vSwitch", ".",
                        f'external_ids:nwfilter-remote="{here.policy_db}"')
            there.start_daemon()
            arrive(there)
            wait_until(lambda: "other" in here.nwfctl(
                "--bare", "--columns=host", "list", "Lease"),
                "the other host has the guest")
            here.del_port("guest")
            here.sync()
            there.sync()
            assert ADDRESS in here.nwfctl("list", "Lease")
            assert there.status("tap7") == "installed"
