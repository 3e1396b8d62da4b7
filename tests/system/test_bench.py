# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The benchmark of connections runs, and its three ways of writing flows are
one policy; that of learning learns every address once; nothing here depends on
time."""

import json
import os

import sandbox as s


def run(test, *options):
    """The benchmark's results for 50 connections of 5 ports."""
    return test.run(f"{s.SOURCE}/bench/established", "--build",
                    os.environ["NWF_BUILD"], "--connections=50", "--ports=5",
                    "--rounds=1", *options)


def test_established():
    with s.Sandbox(daemon=False) as test:
        results = json.loads(run(test, "--json"))
    assert sorted(results) == ["neutron", "ours", "ovn"]
    found = {style: result["verdicts"] for style, result in results.items()}
    assert found["ours"] == found["ovn"] == found["neutron"]
    for what, passed, expected in found["ours"]:
        assert passed == expected, what
    passed = [verdict for _, verdict, _ in found["ours"]]
    assert True in passed and False in passed
    for style, result in results.items():
        # Each kind of packet is asked about once, and has a megaflow then.
        assert 0 < result["megaflows"] <= result["upcalls"], style
        assert 0 < result["port_masks"] <= result["masks"], style
        assert result["masks"] < result["megaflows"], style
    ours = results["ours"]
    # For each port one in either direction before ct(), whatever the protocol;
    # behind it nine for services' connections that begin, one for lookups, and
    # four for what answers and what goes on.
    assert ours["megaflows"] <= 16 * 5
    for style in ("ovn", "neutron"):
        assert ours["masks"] <= results[style]["masks"], style
        for count in ("megaflows", "upcalls"):
            assert ours[count] < results[style][count], (style, count)


def test_table():
    with s.Sandbox(daemon=False) as test:
        lines = run(test).splitlines()
    assert lines[0] == "50 connections, 5 ports"
    assert lines[1].split() == ["ours", "OVN", "Neutron", "OVN/ours",
                                "Neutron/ours"]
    assert sum("15 of 15" in line for line in lines) == 3


def test_learning():
    """All guests at once: none is lost, none learned twice or wrongly."""
    with s.Sandbox(daemon=False) as test:
        results = json.loads(test.run(
            f"{s.SOURCE}/bench/learning", "--build", os.environ["NWF_BUILD"],
            "--ports=60", "--single=2", "--json"))
    assert results["learned"] == results["ports with an address"] == 60
    assert not results["wrong addresses"]
    assert len(results["ACK at guest to flows, ms"]) == 2
