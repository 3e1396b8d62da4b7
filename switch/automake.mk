# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

noinst_LTLIBRARIES += switch/libswitch.la
switch_libswitch_la_SOURCES = \
	switch/bundle.c \
	switch/bundle.h \
	switch/familiar.c \
	switch/familiar.h \
	switch/flush.c \
	switch/flush.h \
	switch/greeting.c \
	switch/greeting.h \
	switch/histogram.c \
	switch/histogram.h \
	switch/install-picture.c \
	switch/install-private.h \
	switch/install.c \
	switch/install.h \
	switch/leftovers.c \
	switch/leftovers.h \
	switch/observe.c \
	switch/observe.h \
	switch/questions.c \
	switch/questions.h \
	switch/rule-sums.c \
	switch/rule-sums.h \
	switch/survey.c \
	switch/survey.h \
	switch/switch.c \
	switch/switch.h \
	switch/table-names.c \
	switch/table-names.h
