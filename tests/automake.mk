# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

include tests/programs.mk

# With libFuzzer a fuzz target searches; otherwise it replays its inputs.
if FUZZ
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/replay-main.c
endif

check_PROGRAMS += $(UNIT_TESTS) $(FUZZ_TARGETS) $(TEST_TOOLS)
EXTRA_DIST += tests/fuzz/replay-main.c tests/run-tests

# Extra arguments for tests/run-tests, such as TESTFLAGS='-k parse'.
TESTFLAGS =

check-local:
	$(AM_V_at)$(PYTHON) $(srcdir)/tests/run-tests --build . $(TESTFLAGS)

# In makes of their own, one after the other: "all" is one, too.
check-programs: all
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) $(check_PROGRAMS)
fuzz-programs: $(BUILT_SOURCES)
	$(AM_V_at)$(MAKE) $(AM_MAKEFLAGS) $(FUZZ_TARGETS)

$(srcdir)/tests/programs.mk: always
	@$(PYTHON) $(srcdir)/build-aux/list-tests

always:
.PHONY: always check-programs fuzz-programs
