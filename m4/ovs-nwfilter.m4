# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

# NWF_OPENVSWITCH
# ---------------
# Finds a built source tree of Open vSwitch: the headers of the database and
# OpenFlow sessions (ovsdb-idl.h, rconn.h, unixctl.h ...) are not installed by
# any package.  Sets OVS_SOURCE, OVS_CPPFLAGS, OVS_LIBS and OVSDB_IDLC.
AC_DEFUN([NWF_OPENVSWITCH], [
  AC_ARG_WITH([ovs-source],
    [AS_HELP_STRING([--with-ovs-source=DIR],
       [built source tree of Open vSwitch
        @<:@default: _ovs/openvswitch, made by build-aux/ovs-build@:>@])],
    [OVS_SOURCE=$withval],
    [OVS_SOURCE=$srcdir/_ovs/openvswitch])
  AC_MSG_CHECKING([for a built source tree of Open vSwitch])
  nwf_missing=
  for nwf_file in config.h include/openvswitch/vlog.h lib/vswitch-idl.h \
                  lib/libopenvswitch.la ovsdb/ovsdb-idlc.in; do
    test -e "$OVS_SOURCE/$nwf_file" || nwf_missing="$nwf_missing $nwf_file"
  done
  AS_IF([test -n "$nwf_missing"], [
    AC_MSG_RESULT([no])
    AC_MSG_ERROR([$OVS_SOURCE lacks$nwf_missing
  Run build-aux/ovs-build to build Open vSwitch from Debian's package
  openvswitch-source, or name a built tree with --with-ovs-source=DIR.])])
  OVS_SOURCE=`cd "$OVS_SOURCE" && pwd`
  AC_MSG_RESULT([$OVS_SOURCE])

  # As system headers: their warnings are not ours to mend.
  OVS_CPPFLAGS="-isystem $OVS_SOURCE/include -isystem $OVS_SOURCE/lib"
  OVS_CPPFLAGS="$OVS_CPPFLAGS -isystem $OVS_SOURCE"
  OVS_LIBS="$OVS_SOURCE/lib/libopenvswitch.la -lpthread"
  OVSDB_IDLC="PYTHONPATH=$OVS_SOURCE/python \$(PYTHON)"
  OVSDB_IDLC="$OVSDB_IDLC $OVS_SOURCE/ovsdb/ovsdb-idlc.in"
  AC_SUBST([OVS_SOURCE])
  AC_SUBST([OVS_CPPFLAGS])
  AC_SUBST([OVS_LIBS])
  AC_SUBST([OVSDB_IDLC])

  # Structures in the library's headers depend on what its own configure
  # found, so our config.h repeats that.
  AC_CONFIG_COMMANDS([ovs-config.h],
    [$SED -n 's/^#define HAVE_/&/p' "$nwf_ovs_source/config.h" > ovs-config.h],
    [SED=$SED nwf_ovs_source=$OVS_SOURCE])
  AH_BOTTOM([/* What Open vSwitch's configure found, for its headers. */
#include "ovs-config.h"])
])

# NWF_COMPILER_OPTIONS
# --------------------
# --enable-werror, --enable-sanitizers, --enable-fuzz.  Sets NWF_CFLAGS and
AC_DEFUN([NWF_COMPILER_OPTIONS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [warnings are errors])])
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers],
       [build with AddressSanitizer and UndefinedBehaviorSanitizer])])
  AC_ARG_ENABLE([fuzz],
    [AS_HELP_STRING([--enable-fuzz],
       [link the fuzz targets with libFuzzer (needs CC=clang); without it they
        only replay their seed inputs])])

  NWF_CFLAGS="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes"
  NWF_CFLAGS="$NWF_CFLAGS -Wpointer-arith -Wformat-security -Wundef"
  NWF_CFLAGS="$NWF_CFLAGS -Wold-style-definition -Wno-sign-compare"
  NWF_CFLAGS="$NWF_CFLAGS -Wno-unused-parameter -fno-strict-aliasing"
  NWF_LDFLAGS=
  FUZZ_LDFLAGS=
  AS_IF([test "x$enable_werror" = xyes], [NWF_CFLAGS="$NWF_CFLAGS -Werror"])
  nwf_sanitize=
  AS_IF([test "x$enable_sanitizers" = xyes],
        [nwf_sanitize="-fsanitize=address,undefined"
         NWF_CFLAGS="$NWF_CFLAGS -fno-omit-frame-pointer"
         NWF_CFLAGS="$NWF_CFLAGS -fno-sanitize-recover=all"])
  AS_IF([test "x$enable_fuzz" = xyes],
        [NWF_CFLAGS="$NWF_CFLAGS -fsanitize=fuzzer-no-link"
         FUZZ_LDFLAGS="-fsanitize=fuzzer"])
  NWF_CFLAGS="$NWF_CFLAGS $nwf_sanitize"
  NWF_LDFLAGS="$nwf_sanitize"
  AM_CONDITIONAL([FUZZ], [test "x$enable_fuzz" = xyes])

  AC_MSG_CHECKING([whether $CC takes the options for our sources])
  nwf_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS $NWF_CFLAGS"
  AC_LINK_IFELSE([AC_LANG_SOURCE([int main(void) { return 0; }])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([$CC fails with $NWF_CFLAGS])])
  CFLAGS=$nwf_save_CFLAGS

  AC_SUBST([NWF_CFLAGS])
  AC_SUBST([NWF_LDFLAGS])
  AC_SUBST([FUZZ_LDFLAGS])
])
