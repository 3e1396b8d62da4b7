#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
#
# Makes "configure" and its relatives from a fresh checkout.
set -e
cd "$(dirname "$0")"
build-aux/list-tests
autoreconf --install
