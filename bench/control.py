# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Frames for many ports of a private Open vSwitch."""

import json
import re
import socket
import time

import sandbox as sb

BATCH = 80                      # A port without device queues 100 frames.
COMMANDS = 80                   # So many answers fit into a socket's buffer.
CONNECTIONS = 16
LOOK = 0.001                    # Seconds between two looks at the counters.


class Connection:
    """A lasting connection to the switch's control socket, for many commands
    at once."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)

    def send(self, commands):
        """Sends [(method, argument, ...)], at most COMMANDS of them."""
        self.sock.sendall("".join(
            json.dumps({"id": 0, "method": method, "params": args})
            for method, *args in commands).encode())

    def results(self, n):
        """The results of so many commands."""
        results, text, decoder = [], "", json.JSONDecoder()
        while len(results) < n:
            data = self.sock.recv(1 << 20)
            if not data:
                raise sb.Failure("the switch hung up")
            text += data.decode()
            while text:
                try:
                    reply, end = decoder.raw_decode(text)
                except ValueError:
                    break
                if reply.get("error") is not None:
                    raise sb.Failure(reply["error"])
                results.append(reply["result"])
                text = text[end:].lstrip()
        return results


class Control:
    """Several connections: of each, the switch reads 10 commands in a turn of
    its main loop, which takes milliseconds if there are many ports."""

    def __init__(self, path):
        self.connections = [Connection(path) for _ in range(CONNECTIONS)]

    def run(self, commands):
        """Runs [(method, argument, ...)] in no certain order; their results.
        """
        results = []
        size = COMMANDS * CONNECTIONS
        for first in range(0, len(commands), size):
            shares = [commands[first + i:first + size:CONNECTIONS]
                      for i in range(CONNECTIONS)]
            for connection, share in zip(self.connections, shares):
                connection.send(share)
            for connection, share in zip(self.connections, shares):
                results += connection.results(len(share))
        return results

    def total(self, command, pattern):
        """The sum of the numbers that 'pattern' finds in an output."""
        return sum(map(int, re.findall(pattern, self.run([command])[0])))

    def received(self):
        """How many frames the switch has taken so far, from any port."""
        return self.total(("dpif-netdev/pmd-stats-show",),
                          r"packets received: (\d+)")

    def receive(self, sent):
        """Has the switch take [(port's name, frame)], at most BATCH of them
        from a port, and waits until it has."""
        queues = {}
        for port, frame in sent:
            queues.setdefault(port, []).append(frame.hex())
        goal = self.received() + len(sent)
        self.run([("netdev-dummy/receive", port, *queue)
                  for port, queue in queues.items()])
        end = time.monotonic() + 60
        while self.received() < goal:
            if time.monotonic() > end:
                raise sb.Failure("the switch does not take the frames")
            time.sleep(LOOK)    # Each look costs the switch a turn.
