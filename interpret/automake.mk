# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

noinst_LTLIBRARIES += interpret/libinterpret.la
interpret_libinterpret_la_SOURCES = \
	interpret/chain.c \
	interpret/check.c \
	interpret/ct-ftp.c \
	interpret/ct-private.h \
	interpret/ct-sum.c \
	interpret/ct-tcp.c \
	interpret/ct-userspace.c \
	interpret/ct.c \
	interpret/ct.h \
	interpret/flatten.c \
	interpret/frame.c \
	interpret/frame.h \
	interpret/interpret.c \
	interpret/interpret.h \
	interpret/match-l3.c \
	interpret/match.c \
	interpret/private.h \
	interpret/set.c \
	interpret/set.h
