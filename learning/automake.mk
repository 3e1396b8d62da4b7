# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

noinst_LTLIBRARIES += learning/liblearning.la
learning_liblearning_la_SOURCES = \
	learning/learner-private.h \
	learning/learner-table.c \
	learning/learner-text.c \
	learning/learner.c \
	learning/learner.h \
	learning/snoop-dhcp.c \
	learning/snoop-dhcpv6.c \
	learning/snoop-nd.c \
	learning/snoop-private.h \
	learning/snoop.c \
	learning/snoop.h
