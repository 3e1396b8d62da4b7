#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""echo.py ADDRESS TCP-PORT UDP-PORT: sends back whatever comes."""
import socketserver
import sys
import threading


class Stream(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(data, self.client_address)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


address, tcp, udp = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
datagrams = socketserver.ThreadingUDPServer((address, udp), Datagram)
threading.Thread(target=datagrams.serve_forever, daemon=True).start()
Server((address, tcp), Stream).serve_forever()
