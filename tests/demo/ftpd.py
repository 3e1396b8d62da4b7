#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""ftpd.py ADDRESS DIRECTORY: Debian's pyftpdlib as an anonymous FTP server.

RFC 959, section 5.2: the data connections of active mode come from port 20.
pyftpdlib would take any port for them."""
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import ActiveDTP, FTPHandler
from pyftpdlib.servers import MultiprocessFTPServer


class Port20DTP(ActiveDTP):
    def bind(self, address):
        self.set_reuse_addr()
        super().bind((address[0], 20))


class Handler(FTPHandler):
    authorizer = DummyAuthorizer()
    active_dtp = Port20DTP


address, directory = sys.argv[1:]
Handler.authorizer.add_anonymous(directory)
MultiprocessFTPServer((address, 21), Handler).serve_forever()
