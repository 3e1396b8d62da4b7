# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Many filtered ports in one private Open vSwitch, and what they let through.

Each cell is a bridge with one filtered port and one unfiltered one.  A batch
puts one case into each cell; the frames of all cells go through the userspace
datapath side by side.  Frames are put into ports, and what comes out is
written to files, by netdev-dummy.
"""

import concurrent.futures
import json
import os
import re
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import sandbox                          # noqa: E402

MAGIC = b"NWFz"
BURST = 60                              # netdev-dummy queues 100 frames.


def mark(frame, number, batch=0):
    """The frame with a number that survives its way through the switch, behind
    what its headers count as theirs."""
    return (frame.ljust(60, b"\0") + MAGIC
            + struct.pack(">HH", batch & 0xffff, number))


def number_of(frame, batch=0):
    """The number that mark() gave, or None: an answer to a rejected frame, or
    a fragment that gave up waiting for a packet of an earlier batch."""
    if len(frame) < 8 or frame[-8:-4] != MAGIC:
        return None
    of_batch, number = struct.unpack(">HH", frame[-4:])
    return number if of_batch == batch & 0xffff else None


class Capture:
    """Frames that left a port, read from the file as it grows."""

    def __init__(self, path):
        self.file = open(path, "rb")
        self.pending = self.file.read(24)[24:]

    def read(self):
        data = self.pending + self.file.read()
        frames, at = [], 0
        while at + 16 <= len(data):
            size = struct.unpack_from("=I", data, at + 8)[0]
            if at + 16 + size > len(data):
                break
            frames.append(data[at + 16:at + 16 + size])
            at += 16 + size
        self.pending = data[at:]
        return frames

    def close(self):
        self.file.close()


class Cell:
    def __init__(self, number, directory):
        self.number = number
        self.bridge = f"fb{number}"
        self.net = f"n{number}"
        self.net_path = f"{directory}/{self.net}.pcap"
        self.ports = {}                 # "guest", "peer": name of the port
        self.paths = {}                 # ...and its capture file.
        self.captures = {}

    def far(self):
        """The guest's other end: its peer, or the unfiltered port."""
        return self.ports.get("peer", self.net)


def renamed(text, prefix):
    """The document with 'prefix' in front of each filter's name."""
    text = re.sub(r"(<filter\s[^>]*?\bname\s*=\s*['\"])", rf"\1{prefix}", text)
    return re.sub(r"(<filterref\s[^>]*?\bfilter\s*=\s*['\"])", rf"\1{prefix}",
                  text)


class Switch:
    def __init__(self, build, n_cells=32):
        bridges = [f"fb{i}" for i in range(n_cells)]
        self.box = sandbox.Sandbox(bridges=bridges, build=build)
        self.serial = 0
        self.batch = 0
        self.filters = []               # Defined for the current batch.
        self.sets = {}                  # All, by name: as in cases.
        self.cells = [Cell(i, self.box.dir) for i in range(n_cells)]
        args = []
        for cell in self.cells:
            args += self._add_port(cell.bridge, cell.net, cell.net_path)
            args += ["--", "set", "bridge", cell.bridge,
                     "other_config:forward-bpdu=true"]
        self.box.vsctl(*args[1:])
        for cell in self.cells:
            cell.captures["net"] = Capture(cell.net_path)
        for family in ("v4", "v6"):
            self.box.vswitchd("dpctl/ipf-set-min-frag", family, "400")

    def close(self):
        for cell in self.cells:
            for capture in cell.captures.values():
                capture.close()
        self.box.close()

    def _add_port(self, bridge, name, path, ids=None):
        settings = [f"external_ids:{key}={json.dumps(value)}"
                    for key, value in (ids or {}).items()]
        return ["--", "add-port", bridge, name, "--", "set", "interface", name,
                "type=dummy", f"options:tx_pcap={path}", *settings]

    # A batch.

    def _clear(self, args):
        for cell in self.cells:
            for side, name in cell.ports.items():
                args += ["--", "--if-exists", "del-port", name]
                cell.captures.pop(side).close()
                os.unlink(cell.paths[side])
            cell.ports = {}

    def _bind(self, cell, side, binding, prefix, args):
        name = f"{side[0]}{self.serial}"
        cell.ports[side] = name
        cell.paths[side] = f"{self.box.dir}/{name}.pcap"
        ids = {"attached-mac": binding["mac"], "iface-id": f"if-{name}",
               "nwfilter": prefix + binding["filter"],
               "nwfilter-flood-unknown": "true"}
        for key, values in binding.get("parameters", {}).items():
            ids["nwfilter." + key] = ",".join(values)
        args += self._add_port(cell.bridge, name, cell.paths[side], ids)

    def _create_sets(self, cases):
        for case in cases:
            sets = case.get("env", {}).get("ipsets", {})
            for name, spec in sets.items():
                if name not in self.sets:
                    self.box.nwfctl("set-create", name, spec["type"],
                                    *spec["entries"])
                    self.sets[name] = spec
                elif self.sets[name] != spec:
                    raise sandbox.Failure(f"two sets have the name {name}")

    def _set_up(self, cases):
        """Defines and binds; returns the cells in use."""
        paths, names, args = [], [], []
        cells = self.cells[:len(cases)]
        self._create_sets(cases)
        self._clear(args)
        for cell, case in zip(cells, cases):
            self.serial += 1
            prefix = f"c{self.serial}-"
            for name, text in case["filters"].items():
                paths.append(self.box.file(f"{prefix}{name}.xml",
                                           renamed(text, prefix)))
                names.append(prefix + name)
            self._bind(cell, "guest", case["binding"], prefix, args)
            if "peer" in case:
                self._bind(cell, "peer", case["peer"], prefix, args)
        self.box.nwfctl("define", "--no-lint", *paths)
        self.box.vsctl(*args[1:])
        self._forget_addresses(cells)
        for path in paths:
            os.unlink(path)
        if self.filters:
            self.box.nwfctl("undefine", *self.filters)
        self.filters = names
        for cell in cells:
            for side, path in cell.paths.items():
                if side in cell.ports:
                    cell.captures[side] = Capture(path)
        return cells

    def _forget_addresses(self, cells):
        """Addresses learned behind ports of the last batch."""
        def forget(cell):
            self.box.ofctl("del-flows", cell.bridge,
                           "cookie=0x4e57f00000000000/0xfffff00000000000")

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(forget, cells))

    def statuses(self):
        text = self.box.vsctl("--format=json", "--columns=name,external_ids",
                              "list", "interface")
        return {row[0]: dict(row[1][1]).get("nwfilter-status", "")
                for row in json.loads(text)["data"]}

    def _wait(self, cells):
        """The status of each cell's port, once all have one."""
        end = time.monotonic() + 300
        while True:
            statuses = self.statuses()
            found = [[statuses.get(name, "") for name in cell.ports.values()]
                     for cell in cells]
            if all(s == "installed" or s.startswith("error: ")
                   for row in found for s in row):
                # "installed" sorts behind every "error: ...".
                return [min(row) for row in found]
            if time.monotonic() > end:
                raise sandbox.Failure(f"statuses after 300 s: {found}")
            time.sleep(0.005)

    def _settle(self, n_frames):
        """Each turn of the switch's main loop takes one frame a port."""
        for _ in range(n_frames + 4):
            self.box.vswitchd("version")

    def _send(self, bursts):
        """'bursts' is a list of (port name, frames)."""
        for name, frames in bursts:
            self.box.vswitchd("netdev-dummy/receive", name,
                              *[frame.hex() for frame in frames])
        if bursts:
            self._settle(max(len(frames) for _, frames in bursts))

    @staticmethod
    def _rounds(steps):
        """Phases, runs of steps in one direction, as (direction, numbers); and
        those in rounds, which begin without any connection."""
        rounds = [[]]
        for i, step in enumerate(steps):
            if step.get("flush") and i:
                rounds.append([])
            phases = rounds[-1]
            if (not phases or phases[-1][0] != step["dir"]
                    or len(phases[-1][1]) >= BURST):
                phases.append((step["dir"], []))
            phases[-1][1].append(i)
        return rounds

    def _play_round(self, work):
        """'work' is a list of (cell, frames, phases)."""
        for turn in range(max((len(phases) for _, _, phases in work),
                              default=0)):
            self._send([(cell.ports["guest"] if phases[turn][0] == "out"
                         else cell.far(),
                         [frames[i] for i in phases[turn][1]])
                        for cell, frames, phases in work
                        if turn < len(phases)])
        # What the daemon was shown has come back after this: it takes 200
        # messages in one turn of its main loop.  An ARP frame that it has
        # wrapped comes to it once more, to be unwrapped.
        for _ in range(2):
            for _ in range(10):
                self.box.daemon("version")
            self._settle(4)

    def install(self, cases):
        """Puts each case into a cell.  Returns the cells and the status of
        their ports, "installed" or "error: ..."."""
        cells = self._set_up(cases)
        return cells, self._wait(cells)

    def play(self, cases):
        """What becomes of each case: {"error": TEXT} or {"verdicts": [...],
        "odd": [...]}."""
        self.batch += 1
        cells, statuses = self.install(cases)
        self.box.vswitchd("dpctl/flush-conntrack")
        work = []
        for cell, case, status in zip(cells, cases, statuses):
            if status == "installed":
                frames = [mark(bytes.fromhex(step["frame"]), i, self.batch)
                          for i, step in enumerate(case["steps"])]
                work.append((cell, case, frames, self._rounds(case["steps"])))
        for number in range(max((len(w[3]) for w in work), default=0)):
            if number:
                self.box.vswitchd("dpctl/flush-conntrack")
            self._play_round([(cell, frames, rounds[number])
                              for cell, _, frames, rounds in work
                              if number < len(rounds)])
        results = [{"error": status} for status in statuses]
        for cell, case, frames, _ in work:
            results[cell.number] = self._judge(cell, case, frames)
        return results

    def _judge(self, cell, case, frames):
        came = {"in": set(), "out": set()}
        odd = []
        far = "peer" if "peer" in cell.ports else "net"
        if far == "peer":
            cell.captures["net"].read()
        for end, direction in ((far, "out"), ("guest", "in")):
            for frame in cell.captures[end].read():
                number = number_of(frame, self.batch)
                if number is None:
                    continue
                if (number >= len(frames) or frame != frames[number]
                        or case["steps"][number]["dir"] != direction
                        or number in came[direction]):
                    odd.append(f"{end}: {frame.hex()}")
                came[direction].add(number)
        verdicts = ["pass" if i in came[step["dir"]] else "drop"
                    for i, step in enumerate(case["steps"])]
        return {"verdicts": verdicts, "odd": odd}

    def trace(self, step):
        """What the switch says about a frame of the first cell's case."""
        cell = self.cells[0]
        port = cell.ports["guest"] if step["dir"] == "out" else cell.far()
        try:
            return self.box.vswitchd("ofproto/trace", cell.bridge,
                                     f"in_port={port}", step["frame"])
        except sandbox.Failure as e:
            return str(e)
