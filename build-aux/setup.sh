# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
#
# What ./check, ./demo and build-aux/ovs-build have in common, for a POSIX
# shell: packages, progress, configure, make.  The caller is at the top of the
# source tree and has set 'nwf_name' to its own name for messages.

nwf_jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# What the build needs, and what it runs on.
nwf_build_packages="
    autoconf automake libtool make gcc libc6-dev pkg-config python3
    libevent-dev libssl-dev libunbound-dev libxml2-dev
    openvswitch-source openvswitch-switch"

# What the tests need besides.
nwf_check_packages="
    clang-14 clang-format-14 groff-base libclang-rt-14-dev mandoc"

# The clients and servers of the demonstration.
nwf_demo_packages="
    bind9-dnsutils curl dnsmasq-base ethtool iproute2 iputils-ping
    python3-pyftpdlib tnftp udhcpc udhcpd"

nwf_say() {
    echo "$nwf_name: $*"
}

nwf_die() {
    echo "$nwf_name: error: $*" >&2
    exit 1
}

case $PWD in
*[[:space:]]*)
    nwf_die "make can not build in a folder whose name has blanks: $PWD" ;;
esac

# nwf_step TITLE LOG COMMAND...
#
# Runs a command that may take long, with its output in LOG: says that it is at
# it every 15 seconds, and shows the end of LOG if it fails.
nwf_step() {
    nwf_title=$1 nwf_log=$2
    shift 2
    nwf_start=$(date +%s)
    mkdir -p "$(dirname "$nwf_log")"
    nwf_tick &
    nwf_ticker=$!
    nwf_status=0
    ("$@") > "$nwf_log" 2>&1 < /dev/null || nwf_status=$?
    kill "$nwf_ticker" && wait "$nwf_ticker" || :
    nwf_seconds=$(($(date +%s) - nwf_start))
    if test "$nwf_status" != 0; then
        tail -n 40 "$nwf_log" >&2
        nwf_die "$nwf_title: failed after $nwf_seconds s" \
                "(all of it is in $nwf_log)"
    fi
    test "$nwf_seconds" -lt 3 || nwf_say "$nwf_title: $nwf_seconds s"
}

# Ends with the script, however that ends, and leaves no 'sleep' behind.
nwf_tick() {
    trap 'kill "$nwf_sleep"; exit 0' TERM
    nwf_seconds=0
    while kill -0 $$ 2> /dev/null; do
        sleep 1 > /dev/null 2>&1 &
        nwf_sleep=$!
        wait "$nwf_sleep"
        nwf_seconds=$((nwf_seconds + 1))
        if test $((nwf_seconds % 15)) = 0; then
            nwf_say "$nwf_title ... $nwf_seconds s"
        fi
    done
}

# nwf_packages PACKAGE...: installs what is missing of these.
nwf_packages() {
    nwf_installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' \
                      "$@" 2> /dev/null || :)"
    nwf_missing=
    for nwf_package; do
        case $nwf_installed in
        *" installed:$nwf_package "*) ;;
        *) nwf_missing="$nwf_missing $nwf_package" ;;
        esac
    done
    test -n "$nwf_missing" || return 0
    if test "$(id -u)" != 0; then
        nwf_die "missing packages; as root: apt-get install$nwf_missing"
    fi
    nwf_say "installing$nwf_missing"
    nwf_step "apt-get update" "$nwf_logs/apt-update.log" nwf_apt_update
    nwf_no_services
    nwf_step "apt-get install" "$nwf_logs/apt-install.log" \
        nwf_apt_get install -y --no-install-recommends $nwf_missing
    nwf_services_again
}

nwf_apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q \
        -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"
}

# One archive out of reach need not be the one that is wanted.
nwf_apt_update() {
    nwf_apt_get update || echo "continuing nevertheless"
}

# A package with a service would start it; nothing here needs it, and Open
# vSwitch's own might take over the machine's network.
nwf_policy=/usr/sbin/policy-rc.d
nwf_policy_is_ours=

nwf_no_services() {
    test ! -e "$nwf_policy" || return 0
    nwf_policy_is_ours=yes
    trap nwf_services_again EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' > "$nwf_policy"
    chmod 755 "$nwf_policy"
}

nwf_services_again() {
    test -n "$nwf_policy_is_ours" || return 0
    rm -f "$nwf_policy"
    nwf_policy_is_ours=
    trap - EXIT INT TERM HUP
}

# nwf_configure FOLDER [OPTION...]
#
# Configures FOLDER for a build, unless it is so already.  Folders of their own
# let the optimised and the sanitizer builds stand side by side.
nwf_configure() {
    nwf_folder=$1
    shift
    if test -e config.status; then
        nwf_die "this source tree itself has been configured;" \
                "run 'make distclean' first"
    fi
    if test ! -e configure; then
        nwf_step "autogen.sh" "$nwf_logs/autogen.log" ./autogen.sh
    fi
    nwf_options="$* $(cat _ovs/stamp 2> /dev/null)"
    if test "$(cat "$nwf_folder/options" 2> /dev/null)" != "$nwf_options"; then
        mkdir -p "$nwf_folder"
        test ! -e "$nwf_folder/Makefile" || nwf_make "$nwf_folder" clean
        nwf_step "configure $nwf_folder" "$nwf_logs/configure.log" \
            nwf_in "$nwf_folder" \
            "$(echo "$nwf_folder" | sed 's,[^/][^/]*,..,g')/configure" \
            --quiet "$@"
        echo "$nwf_options" > "$nwf_folder/options"
    fi
}

# nwf_make FOLDER [TARGET...]
nwf_make() {
    nwf_folder=$1
    shift
    nwf_step "make $nwf_folder" "$nwf_logs/make.log" \
        make -C "$nwf_folder" --no-print-directory -j"$nwf_jobs" "$@"
}

nwf_in() {
    cd "$1" && shift && "$@"
}
