# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The HTTP server: /metrics and /healthz."""

import http.client
import json
import os
import re
import socket
import time

import frames
import prometheus
import sandbox as s

REJECT = """<filter name='reject'>
  <rule action='reject' direction='out'><udp/></rule>
</filter>"""
DASHBOARD = "doc/grafana-dashboard.json"
HOST = s.loopback()


def configure(box, address):
    box.vsctl("set", "Open_vSwitch", ".",
              f'external_ids:nwfilter-http="{address}"')


def request(port, path, method="GET", host=HOST, body=None,
            headers=None):
    """(status, headers, body)"""
    connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


def answers(port, host=HOST):
    try:
        return request(port, "/metrics", host=host)[0] == 200
    except OSError:
        return False


def serve(box):
    """Turns the server on, and returns its port."""
    port = s.free_port()
    configure(box, f"{HOST}:{port}")
    s.wait_until(lambda: answers(port), "the server answers")
    if "policy-db" in box.processes:
        box.sync()              # Everything is connected.
    return port


def metrics(port):
    return prometheus.parse(request(port, "/metrics")[2])


def populate(box):
    """A port of each kind."""
    box.define(REJECT)
    guest = box.add_port("guest", mac=frames.mac(1), filter="reject")
    box.add_port("broken", mac=frames.mac(2), filter="missing")
    box.add_port("net")
    box.wait_installed("guest")
    box.wait_status("broken", "error")
    box.sync()
    return guest


def test_metrics(sandbox):
    port = serve(sandbox)
    guest = populate(sandbox)
    guest.send(frames.udp(src=frames.mac(1)))

    def find(name, **labels):
        return prometheus.value(metrics(port), f"ovs_nwfilter_{name}",
                                **labels)

    s.wait_until(lambda: find("packet_ins_total", purpose="reject") == 1,
                 "the rejected packet is counted")
    s.wait_until(lambda: find("drop_samples_total") == 1, "it is a drop")
    for status, n in (("installed", 1), ("error", 1), ("open", 2),
                      ("pending", 0)):
        assert find("ports", bridge="br-int", status=status) == n, status
    flows = len(sandbox.flows())
    assert find("flows_desired", bridge="br-int") == flows
    assert find("flows_installed", bridge="br-int") == flows
    assert find("flow_mods_total") >= flows
    assert find("bundles_total", result="committed") >= 1
    assert find("bundles_total", result="refused") == 0
    assert find("openflow_connected", bridge="br-int") == 1
    assert find("database_connected", database="OVS_NWFilter") == 1
    assert find("database_ready", database="Open_vSwitch") == 1
    assert find("settled") == 1
    assert find("filters") == len(
        sandbox.nwfctl("--bare", "--columns=name", "list", "Filter").split())
    assert find("compile_duration_seconds_count") >= 1
    assert find("barrier_latency_seconds_count") == find("bundles_total")
    version = sandbox.daemon("version").split()[1]
    assert find("build_info") == 1
    assert any(labels["version"] == version for _, labels, _
               in metrics(port)["ovs_nwfilter_build_info"].samples)


def test_outage(sandbox):
    """What is true of now follows outages; what counts does not."""
    port = serve(sandbox)
    populate(sandbox)
    flows = len(sandbox.flows())
    sandbox.stop("ovs-vswitchd")
    sandbox.stop("policy-db")

    def disconnected():
        now = metrics(port)
        return not any(prometheus.value(now, f"ovs_nwfilter_{name}", **labels)
                       for name, labels in (
                           ("openflow_connected", {}), ("settled", {}),
                           ("database_connected",
                            {"database": "OVS_NWFilter"})))
    s.wait_until(disconnected, "disconnected")
    now = metrics(port)
    assert prometheus.value(now, "ovs_nwfilter_database_ready",
                            database="OVS_NWFilter") == 1
    sandbox.start_policy_db()
    sandbox.start_vswitchd()

    def repaired():
        now = metrics(port)
        return (prometheus.value(now, "ovs_nwfilter_flows_installed") == flows
                and prometheus.value(now, "ovs_nwfilter_settled") == 1)
    s.wait_until(repaired, "settled again")
    assert prometheus.value(metrics(port),
                            "ovs_nwfilter_openflow_connects_total") == 2


def check_histogram(name, family):
    for one in prometheus.histograms(family).values():
        bounds = [bound for bound, _ in one["buckets"]]
        counts = [count for _, count in one["buckets"]]
        assert bounds == sorted(bounds) and bounds[-1] == float("inf"), name
        assert counts == sorted(counts) and counts[-1] == one["count"], name
        assert one["count"] or not one["sum"], name


def test_conventions(sandbox):
    """Prometheus' "Metric and label naming"."""
    port = serve(sandbox)
    populate(sandbox)
    status, headers, text = request(port, "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = prometheus.parse(text)
    for name, family in families.items():
        assert re.fullmatch(r"(ovs_nwfilter|process)_[a-z_]+", name), name
        assert (family.type == "counter") == name.endswith("_total"), name
        assert family.type != "histogram" or name.endswith("_seconds"), name
        assert family.help.endswith("."), name
        assert family.samples, name
        assert not re.search(r"_(ms|us|kb|mb|milli|micro|percent)", name), name
        seen = [(sample, sorted(labels.items()))
                for sample, labels, _ in family.samples]
        assert all(seen.count(one) == 1 for one in seen), name
        if family.type == "histogram":
            check_histogram(name, family)
        else:
            assert all(number >= 0 for _, _, number in family.samples), name
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes",
                 "process_open_fds", "process_max_fds"):
        assert prometheus.value(families, name) > 0, name
    start = prometheus.value(families, "process_start_time_seconds")
    assert abs(time.time() - start) < 3600


def test_start_time(sandbox):
    """Monitors take another one for a restart."""
    port = serve(sandbox)
    starts = set()
    end = time.monotonic() + 1.2
    while time.monotonic() < end:
        families = prometheus.parse(request(port, "/metrics")[2])
        starts.add(prometheus.value(families, "process_start_time_seconds"))
        time.sleep(0.05)
    assert len(starts) == 1, starts


def healthy(port):
    status, _, text = request(port, "/healthz")
    assert text.count("\n") == 1 and text.endswith("\n"), text
    return status, text.rstrip()


def test_health(sandbox):
    port = serve(sandbox)
    populate(sandbox)
    assert healthy(port) == (200, "ok")
    for name, what in (("policy-db", "database OVS_NWFilter"),
                       ("ovs-vswitchd", "bridge br-int"),
                       ("ovsdb-server", "database Open_vSwitch")):
        sandbox.stop(name)
        s.wait_until(lambda: healthy(port)
                     == (503, f"no connection with {what}"), what)
        {"policy-db": sandbox.start_policy_db,
         "ovs-vswitchd": sandbox.start_vswitchd,
         "ovsdb-server": sandbox.start_ovsdb}[name]()
        s.wait_until(lambda: healthy(port) == (200, "ok"), f"{what}: well")


def test_never_read():
    """Before the policy database was ever there."""
    with s.Sandbox(daemon=False) as box:
        box.start_daemon()
        port = serve(box)
        assert healthy(port) == (503,
                                 "no connection with database OVS_NWFilter")


def test_configuration():
    """Off by default; an address comes, changes, goes."""
    with s.Sandbox() as box:
        assert "http" not in box.daemon("nwfilter/status")
        first = serve(box)
        assert (f"http {HOST}:{first}: listening"
                in box.daemon("nwfilter/status"))
        second = s.free_port()
        configure(box, f"{HOST}:{second}")
        s.wait_until(lambda: answers(second), "the second address answers")
        assert not answers(first)
        box.vsctl("remove", "Open_vSwitch", ".", "external_ids",
                  "nwfilter-http")
        s.wait_until(lambda: not answers(second), "off")
        assert "http" not in box.daemon("nwfilter/status")
        third = serve(box)
        box.restart("ovs-nwfilterd")
        s.wait_until(lambda: answers(third), "on after a restart")


def test_ipv6(sandbox):
    try:
        port = s.free_port(socket.AF_INET6, "::1")
    except OSError:             # A host without IPv6.
        configure(sandbox, "[::1]:9100")
        s.wait_until(lambda: "can not listen at [::1]:9100" in sandbox.log(),
                     "it is said that there is no such address")
        return
    configure(sandbox, f"[::1]:{port}")
    s.wait_until(lambda: answers(port, "::1"), "IPv6 answers")
    assert not answers(port)


def test_wrong_address(sandbox):
    """Said, and without any other effect."""
    for address in ("9100", "nonsense", "localhost:9100", "127.0.0.1",
                    "127.0.0.1:0", "127.0.0.1:99999",
                    "127.0.0.1:91x", "::1", "[::1]",
                    "192.0.2.1:9100", "127.0.0.1:9100 ", ":", "x" * 3000):
        configure(sandbox, address)

        def said():
            text = sandbox.daemon("nwfilter/status")
            match = re.search(rf"^http {re.escape(address)}: (.*)$", text,
                              re.M)
            return match and match[1] not in ("", "listening")
        s.wait_until(said, address)
        assert f"can not listen at {address}" in sandbox.log()
    port = serve(sandbox)
    assert healthy(port)[0] == 200


def test_address_in_use(sandbox):
    """It is tried again until the address is free."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        configure(sandbox, f"{HOST}:{port}")
        s.wait_until(lambda: "in use" in sandbox.daemon("nwfilter/status"),
                     "the status says that the address is in use")
        assert "in use" in sandbox.log()
    s.wait_until(lambda: answers(port), "it listens once it can")
    assert "listening" in sandbox.daemon("nwfilter/status")


def test_methods(sandbox):
    port = serve(sandbox)
    status, headers, text = request(port, "/healthz", "HEAD")
    assert (status, text) == (200, "")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        for path in ("/metrics", "/healthz"):
            status, headers, _ = request(port, path, method, body="x")
            assert status == 405 and headers["Allow"] == "GET, HEAD", method
    assert request(port, "/metrics", "NONSENSE")[0] in (400, 405, 501)
    for path in ("/", "/nonsense", "/metrics/", "/metrics/x", "//metrics",
                 "/%6detrics%00", "/../metrics"):
        assert request(port, path)[0] == 404, path
    assert request(port, "/metrics?x=1")[0] == 200
    # As a client that keeps its connection.
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    for _ in range(3):
        connection.request("GET", "/metrics")
        assert connection.getresponse().read()
    connection.close()


def exchange(port, data, seconds=60):
    """What comes back for these bytes, until the server closes."""
    with socket.create_connection((HOST, port),
                                  timeout=seconds) as sock:
        answer = b""
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while chunk := sock.recv(65536):
                answer += chunk
        except OSError:
            pass
        return answer


def test_hostile_requests(sandbox):
    port = serve(sandbox)
    get = b"GET /metrics HTTP/1.1\r\nHost: x\r\n"
    for data in (b"", b"\n", b"\0" * 100, b"GET", b"GET / HTTP/9.9\r\n\r\n",
                 b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 100000,
                 b"GET /" + b"a" * 1000000 + b" HTTP/1.1\r\n\r\n",
                 get + b"X: " + b"y" * 1000000 + b"\r\n\r\n",
                 get + b"Content-Length: 99999999999999999999\r\n\r\n",
                 get + b"Content-Length: -1\r\n\r\n",
                 get + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
                 b"POST /metrics HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n"
                 + b"z" * 1000000,
                 b"GET http://[/ HTTP/1.1\r\n\r\n",
                 b"CONNECT a:1 HTTP/1.1\r\n\r\n",
                 b"GET * HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00" * 50,
                 os.urandom(5000)):
        answer = exchange(port, data)
        assert b"ovs_nwfilter" not in answer, data[:80]
        assert b" 200 " not in answer, data[:80]
        assert healthy(port) == (200, "ok"), data[:80]


def test_many_connections(sandbox):
    """Silent clients, and such that do not read: the rest goes on, and once
    some have gone others get their turn."""
    port = serve(sandbox)
    silent = [socket.socket() for _ in range(80)]
    for sock in silent:
        sock.setblocking(False)
        sock.connect_ex((HOST, port))
    for sock in silent[:20:2]:
        sock.setblocking(True)
        sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
    populate(sandbox)
    pid = sandbox.processes["ovs-nwfilterd"].pid
    assert len(os.listdir(f"/proc/{pid}/fd")) < 70
    for sock in silent:
        sock.close()
    s.wait_until(lambda: answers(port), "others get their turn")


def test_no_descriptors(sandbox):
    """Without a free descriptor the loop does not spin."""
    port = serve(sandbox)
    populate(sandbox)
    pid = sandbox.processes["ovs-nwfilterd"].pid
    n = len(os.listdir(f"/proc/{pid}/fd"))
    sandbox.run("prlimit", f"--pid={pid}", f"--nofile={n}:1024")
    with socket.create_connection((HOST, port)):
        s.wait_until(lambda: "can not accept" in sandbox.log(), "it is said")
        before = cpu_seconds(pid)
        time.sleep(2)
        assert cpu_seconds(pid) - before < 1
    sandbox.run("prlimit", f"--pid={pid}", "--nofile=1024:1024")
    s.wait_until(lambda: answers(port), "it accepts again")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stream:
        fields = stream.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_memory_show(sandbox):
    """The usual commands of an Open vSwitch daemon, with counts of our own."""
    def usage_now():
        return dict(pair.split(":") for pair
                    in sandbox.daemon("memory/show").split())

    populate(sandbox)
    s.wait_until(lambda: int(usage_now()["filters"]) > 20,
                 "the shipped filters are there")
    usage = usage_now()
    assert int(usage["ports"]) == 4 and int(usage["programs"]) == 1, usage
    assert int(usage["flows"]) == len(sandbox.flows()), usage
    commands = sandbox.daemon("list-commands")
    for name in ("coverage/show", "exit", "memory/show", "version",
                 "vlog/list", "vlog/reopen", "vlog/set", "nwfilter/status"):
        assert re.search(rf"^  {name}\b", commands, re.M), name
    assert "ovs-nwfilterd" in sandbox.daemon("version")
    assert "\n" in sandbox.daemon("coverage/show")


def dashboard_targets():
    """(panel's title, expression, legend) of each query of the dashboard."""
    with open(f"{s.SOURCE}/{DASHBOARD}") as stream:
        panels = json.load(stream)["panels"]
    return [(panel["title"], target["expr"], target["legendFormat"])
            for panel in panels for target in panel.get("targets", ())]


def test_dashboard(sandbox):
    """It asks for metrics and labels that there are."""
    port = serve(sandbox)
    populate(sandbox)
    labels = {}
    for family in metrics(port).values():
        for name, own, _ in family.samples:
            labels.setdefault(name, {"job", "instance"}).update(own)
    targets = dashboard_targets()
    assert len(targets) > 20
    asked = set()
    for title, expr, legend in targets:
        names = re.findall(r"\b(?:ovs_nwfilter|process)_\w+", expr)
        assert names, f"{title}: {expr}"
        assert set(names) <= labels.keys(), f"{title}: {expr}"
        asked.update(names)
        known = set.union(*(labels[name] for name in names)) | {"le"}
        used = re.findall(r"{{(\w+)}}", legend)
        for names in re.findall(r"\bby \(([^)]*)\)", expr):
            used += names.split(", ")
        for names in re.findall(r"{([^}]*)}", expr):
            used += re.findall(r"(\w+)=", names)
        assert set(used) <= known, f"{title}: {expr} {legend}"
    assert len(asked) > 15, asked
