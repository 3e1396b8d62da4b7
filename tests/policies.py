# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""What many tests need: filters that pass or drop everything, and ports that
have them."""

import frames

PASS = ("<filter name='pass'><rule action='accept' direction='inout'/>"
        "</filter>")
DENY = "<filter name='deny'><rule action='drop' direction='inout'/></filter>"


def add_good_and_bad(sandbox):
    """A port that may do everything, one that may do nothing, and one without
    a filter, "net"."""
    sandbox.define(PASS, DENY)
    sandbox.add_port("net")
    sandbox.add_port("good", mac=frames.mac(1), filter="pass")
    sandbox.add_port("bad", mac=frames.mac(2), filter="deny")
    sandbox.wait_installed("good", "bad")
    sandbox.sync()
