# Namespaces, links and the programs that are not ours. Sourced by lab.

NAMESPACES="access app node1 node2 dns web relay far node3 beyond edge inside outside guest farguest aside asideguest void"

die() {
    echo "lab: $*" >&2
    exit 1
}

ns() { echo "$LAB_PREFIX-$1"; }

known() {
    [[ " $NAMESPACES " == *" $1 "* ]] || die "no namespace '$1'; there are: $NAMESPACES"
    [ -e "/run/netns/$(ns "$1")" ] || die "namespace $(ns "$1") is not there; run 'lab up' first"
}

net_exec() {
    [ $# -ge 2 ] || usage
    known "$1"
    local name="$1"
    shift
    exec ip netns exec "$(ns "$name")" "$@"
}

# Waits until a command succeeds: within SECONDS COMMAND...
within() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}

new_namespace() {
    local full
    full="$(ns "$1")"
    ip netns add "$full"
    # Duplicate address detection would make every address wait a second; the lab has no duplicates.
    ip netns exec "$full" sysctl -q -w net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
        net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0
    ip -n "$full" link set lo up
}

new_bridge() {
    new_namespace "$1"
    ip -n "$(ns "$1")" link add bridge type bridge stp_state 0 forward_delay 0 mcast_snooping 0
    ip netns exec "$(ns "$1")" sysctl -q -w net.ipv6.conf.bridge.disable_ipv6=1
    ip -n "$(ns "$1")" link set bridge up
}

# plug NS DEVICE BRIDGE ADDRESS: a cable from a namespace to a bridge, with an IPv6 address at its end.
plug() {
    local port="$1"
    ip -n "$(ns "$3")" link add "$port" type veth peer name "$2" netns "$(ns "$1")"
    ip netns exec "$(ns "$3")" sysctl -q -w "net.ipv6.conf.$port.disable_ipv6=1"
    ip -n "$(ns "$3")" link set "$port" master bridge up
    ip -n "$(ns "$1")" link set "$2" up
    ip -n "$(ns "$1")" addr add "$4" dev "$2" nodad
}

# A node asks the stub on itself, and asks nobody else: nss-resolve would leave the namespace through a socket of the host.
resolver_of() {
    mkdir -p "/etc/netns/$(ns "$1")"
    echo "nameserver $2" >"/etc/netns/$(ns "$1")/resolv.conf"
    echo "hosts: files dns" >"/etc/netns/$(ns "$1")/nsswitch.conf"
}

net_up() {
    net_down
    [ -c /dev/net/tun ] || modprobe -q tun || true
    [ -c /dev/net/tun ] || die "/dev/net/tun is missing: load the tun module or give the container the device"
    mkdir -m 0700 "$LAB_DIR"
    # What is half laid out is removed, also after Ctrl-C.
    trap 'net_down' EXIT
    # Where a TEP's programs can be kept: in a namespace nobody sees the machine's own /sys/fs/bpf. A kernel without BPF has none.
    mkdir "$LAB_DIR/bpf"
    mount -t bpf bpf "$LAB_DIR/bpf" 2>/dev/null || rmdir "$LAB_DIR/bpf"

    new_bridge access
    local name
    for name in app node1 node2 dns web; do
        new_namespace "$name"
    done
    plug app access access 2001:db8:a::1/64
    plug node1 access access 2001:db8:a::11/64
    plug node2 access access 2001:db8:a::12/64
    plug dns access access 2001:db8:a::53/64
    for name in node1 node2 dns; do
        ip -n "$(ns "$name")" route add default via 2001:db8:a::1
    done
    ip netns exec "$(ns app)" sysctl -q -w net.ipv6.conf.all.forwarding=1

    ip -n "$(ns app)" link add world type veth peer name world netns "$(ns web)"
    for name in app web; do
        ip netns exec "$(ns "$name")" sysctl -q -w net.ipv6.conf.world.disable_ipv6=1
        ip -n "$(ns "$name")" link set world up
    done
    ip -n "$(ns app)" addr add 198.51.100.1/24 dev world
    ip -n "$(ns web)" addr add 198.51.100.80/24 dev world
    ip -n "$(ns web)" route add 192.0.2.0/24 via 198.51.100.1

    resolver_of node1 ::1
    resolver_of node2 ::1
    if [ "${1:-}" = relay ]; then
        net_far
    fi
    start_dns
    start_web
    trap - EXIT
}

# A place without any network: loopback, with the addresses that an appliance's configuration names.
net_void() {
    net_down
    mkdir -m 0700 "$LAB_DIR"
    new_namespace void
    ip -n "$(ns void)" addr add 2001:db8:a::1/64 dev lo nodad
    ip -n "$(ns void)" link set lo multicast on
}

# A second access network, reached through a router that relays DHCPv6.
net_far() {
    new_bridge far
    new_namespace relay
    new_namespace node3
    plug relay access access 2001:db8:a::2/64
    plug relay far far 2001:db8:b::1/64
    plug node3 access far 2001:db8:b::13/64
    ip netns exec "$(ns relay)" sysctl -q -w net.ipv6.conf.all.forwarding=1
    ip -n "$(ns relay)" route add default via 2001:db8:a::1
    ip -n "$(ns node3)" route add default via 2001:db8:b::1
    ip -n "$(ns app)" route add 2001:db8:b::/64 via 2001:db8:a::2
    ip -n "$(ns dns)" route add 2001:db8:b::/64 via 2001:db8:a::2
    resolver_of node3 ::1
}

net_relay_start() {
    known relay
    ! kill -0 "$(cat "$LAB_DIR/dhcrelay.pid" 2>/dev/null)" 2>/dev/null || return 0
    # The link-local addresses it binds to must be usable; without duplicate detection they are at once.
    start_in relay dhcrelay dhcrelay -6 -d -l far -u access
    sleep 0.3
    kill -0 "$(cat "$LAB_DIR/dhcrelay.pid")" 2>/dev/null || die "dhcrelay ended: $(tail -3 "$LAB_DIR/dhcrelay.log")"
}

net_relay_stop() {
    local pid
    pid="$(cat "$LAB_DIR/dhcrelay.pid")"
    kill "$pid" 2>/dev/null || true
    within 10 gone "$pid" || die "dhcrelay $pid does not end"
    rm -f "$LAB_DIR/dhcrelay.pid"
}

# start_in NS NAME COMMAND...: a program in the background; its pid and output lie in the lab's directory.
start_in() {
    local name="$1" label="$2"
    shift 2
    setsid ip netns exec "$(ns "$name")" "$@" >"$LAB_DIR/$label.log" 2>&1 </dev/null &
    echo $! >"$LAB_DIR/$label.pid"
    disown
}

start_dns() {
    local home="$LAB_DIR/named"
    mkdir -p "$home"
    cat >"$home/named.conf" <<CONF
options {
    directory "$home";
    pid-file none;
    session-keyfile none;
    listen-on { none; };
    listen-on-v6 { 2001:db8:a::53; };
    recursion no;
    dnssec-validation no;
};
controls { };
zone "example.test" { type primary; file "$home/example.test.zone"; };
CONF
    cat >"$home/example.test.zone" <<'ZONE'
$TTL 60
@     SOA   ns hostmaster 1 3600 900 604800 60
      NS    ns
ns    AAAA  2001:db8:a::53
; IPv4 alone: the name that needs a lease.
www   A     198.51.100.80
many  A     198.51.100.80
      A     198.51.100.81
alias CNAME www
; Both: no lease is needed.
dual  A     198.51.100.80
      AAAA  2001:db8:a::53
; IPv6 alone.
six   AAAA  2001:db8:a::53
text  TXT   "neither address"
ZONE
    start_in dns named named -g -c "$home/named.conf"
    within 20 ip netns exec "$(ns dns)" dig +short +tries=1 +time=1 @2001:db8:a::53 www.example.test A ||
        die "named does not answer: $(tail -5 "$LAB_DIR/named.log")"
}

start_web() {
    local files="$LAB_DIR/www"
    mkdir -p "$files"
    echo "<h1>Served over IPv4 alone</h1>" >"$files/index.html"
    start_in web web python3 "$LAB_HOME/web.py" 198.51.100.80 80 "$files"
    within 20 ip netns exec "$(ns web)" curl -4 -s -f --max-time 1 http://198.51.100.80/ ||
        die "the web server does not answer: $(tail -5 "$LAB_DIR/web.log")"
}

net_capture() {
    [ $# -ge 2 ] || usage
    known "$1"
    local name="$1" label="$2" device=access
    shift 2
    [ "$name" != web ] || device=world
    start_in "$name" "capture-$label" tcpdump -i "$device" -n -U --immediate-mode -s 0 -Z root -w "$LAB_DIR/$label.pcap" "$@"
    within 10 grep -q 'listening on' "$LAB_DIR/capture-$label.log" ||
        die "tcpdump does not start: $(cat "$LAB_DIR/capture-$label.log")"
    echo "$LAB_DIR/$label.pcap"
}

net_capture_stop() {
    [ $# = 1 ] || usage
    local pid
    pid="$(cat "$LAB_DIR/capture-$1.pid")"
    kill -INT "$pid" 2>/dev/null || true
    within 10 gone "$pid" || die "tcpdump $pid does not end"
    rm -f "$LAB_DIR/capture-$1.pid"
    echo "$LAB_DIR/$1.pcap"
}

gone() { ! kill -0 "$1" 2>/dev/null; }

empty() { [ -z "$(ip netns pids "$1" 2>/dev/null)" ]; }

remove_namespace() {
    local pid
    [ -e "/run/netns/$1" ] || return 0
    for pid in $(ip netns pids "$1" 2>/dev/null); do
        kill -9 "$pid" 2>/dev/null || true
    done
    within 10 empty "$1" || echo "lab: processes remain in $1" >&2
    ip netns del "$1" 2>/dev/null || true
}

net_down() {
    local name
    for name in $NAMESPACES; do
        remove_namespace "$(ns "$name")"
    done
    for name in $NAMESPACES; do
        rm -rf "/etc/netns/$(ns "$name")"
    done
    rmdir /etc/netns 2>/dev/null || true
    if [ -e "$LAB_DIR" ] || [ -L "$LAB_DIR" ]; then
        # The directory's name can be guessed: what is not a directory of ours is not touched.
        [ ! -L "$LAB_DIR" ] && [ -O "$LAB_DIR" ] || die "$LAB_DIR is not ours; remove it or choose another prefix"
        ! mountpoint -q "$LAB_DIR/bpf" || umount -l "$LAB_DIR/bpf"
        rm -rf "$LAB_DIR"
    fi
}
