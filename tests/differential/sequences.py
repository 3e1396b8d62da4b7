# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Every sequence of a few TCP segments, whether they make sense or not, each
with two hosts and ports of its own: what conversations by chance seldom are.
"""

import itertools

import conversations
import packets

RULES = {
    "established": "<rule action='drop' direction='inout'>"
                   "<{0} state='ESTABLISHED'/></rule>",
    "invalid": "<rule action='drop' direction='inout'>"
               "<{0} state='INVALID'/></rule>",
    "out": "<rule action='accept' direction='out'><{0}/></rule>"
           "<rule action='drop' direction='inout'><{0}/></rule>",
    "both": "<rule action='accept' direction='out'><{0}/></rule>"
            "<rule action='accept' direction='in'><{0}/></rule>"
            "<rule action='drop' direction='inout'><{0}/></rule>",
}
BASES = {
    "tcp": {"kind": "ip4", "ethertype": 0x0800,
            "saddr": "10.0.0.1", "daddr": "10.0.0.2"},
    "tcp-ipv6": {"kind": "ip6", "ethertype": 0x86dd,
                 "saddr": "fd00::1", "daddr": "fd00::2"},
}
AT_ONCE = 80                            # Sequences in a case.


def scripts(length):
    """As conversations.TCP_SCRIPTS, all of a length."""
    segments = list(dict.fromkeys(conversations.TCP_SEGMENTS))
    firsts = [s for s in segments if s[0] in (conversations.SYN,
                                              conversations.ACK)]
    later = list(itertools.product((1, 0), segments))
    for first in firsts:
        for rest in itertools.product(later, repeat=length - 1):
            yield [(1, *first)] + [(who, *segment) for who, segment in rest]


def frame(protocol, number):
    return dict(packets.L4_DEFAULTS, **BASES[protocol], proto=6, tos=0,
                ext=[], frag=None, vlans=[], id=1, ipid=7, data=b"", type=0,
                code=0, src=packets.GUEST[0], dst=packets.PEER[0],
                sport=1000 + number // 100, dport=2000 + number % 100)


def steps(protocol, first, some):
    """The segments of 'some' scripts, which get numbers from 'first' on, turn
    by turn."""
    talks = [conversations.talk("out", frame(protocol, first + i),
                                [(who, flags, b"x" * size)
                                 for who, flags, size in script])
             for i, script in enumerate(some)]
    return [packets.step(direction, f)
            for direction, f in conversations.in_turns(talks)]


def cases(length):
    """Each filter with each sequence of 'length' segments."""
    every = list(scripts(length))
    for (name, rules), protocol in itertools.product(RULES.items(), BASES):
        for first in range(0, len(every), AT_ONCE):
            yield {
                "id": f"{protocol}/{name}/{first}",
                "filters": {"top": "<filter name='top'>"
                                   f"{rules.format(protocol)}</filter>"},
                "steps": steps(protocol, first, every[first:first + AT_ONCE]),
                "binding": {"mac": packets.GUEST[0], "filter": "top",
                            "parameters": {}},
            }
