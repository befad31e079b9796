# What demo and verify share: installing what the machine lacks, and running long work in sight. Sourced by both.

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }

# watched LOG PATTERN COMMAND...: runs a long command, its output into LOG; shows each line that matches PATTERN as it appears.
watched() {
    local log="$1" pattern="$2" status
    shift 2
    set +e
    "$@" 2>&1 | tee "$log" | grep --line-buffered -E "$pattern" | sed -u -E 's/^\[(INFO|ERROR|WARNING)\] (Building )?/         /'
    status=${PIPESTATUS[0]}
    set -e
    return "$status"
}

need() { command -v "$1" >/dev/null 2>&1 || missing+=("${2:-$1}"); }

# Karaf 4.4 needs Java 17 to 23: its shell does not work on 24 and later.
java_is_good() {
    command -v javac >/dev/null 2>&1 || return 1
    local version
    version="$(javac -version 2>&1 | sed -E 's/^javac ([0-9]+).*/\1/')"
    [ "$version" -ge 17 ] && [ "$version" -lt 24 ]
}

install_missing() {
    local log="$1"
    shift
    PATH="$PATH:/usr/sbin:/sbin"
    export PATH
    missing=()
    java_is_good || missing+=(openjdk-17-jdk-headless)
    need mvn maven
    need gcc
    [ -e /usr/include/stdlib.h ] || missing+=(libc6-dev)
    # The native part is built for both processors wherever it is built.
    case "$(uname -m)" in
    x86_64) need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu; [ -d /usr/aarch64-linux-gnu/include ] || missing+=(libc6-dev-arm64-cross) ;;
    aarch64) need x86_64-linux-gnu-gcc gcc-x86-64-linux-gnu; [ -d /usr/x86_64-linux-gnu/include ] || missing+=(libc6-dev-amd64-cross) ;;
    esac
    # The programs that run in the kernel.
    need clang
    need ip iproute2
    need sysctl procps
    need named bind9
    need dig bind9-dnsutils
    need curl
    need ping iputils-ping
    need tcpdump
    need tshark
    need python3
    need dhcrelay isc-dhcp-relay
    need traceroute
    need nft nftables
    need ethtool
    [ -x /usr/lib/usrsctp/tsctp ] || missing+=(libusrsctp-examples)
    local package
    # Each is a command, or command:package.
    for package in "$@"; do
        need "${package%%:*}" "${package##*:}"
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        say "cannot: needs root and apt-get; install these Debian packages by hand and run this again"
        return 1
    fi

    # named, dhcrelay and their like are wanted as programs: their services must not start on this machine because of us.
    local policy=/usr/sbin/policy-rc.d ours=no status=0
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        ours=yes
    fi
    apt-get update -q >"$log" 2>&1 || status=$?
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 || status=$?
    [ $ours = no ] || rm -f "$policy"
    [ $status = 0 ] || tail -20 "$log"
    return $status
}
