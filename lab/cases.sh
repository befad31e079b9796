# A TEP alone between two wires on which every byte is chosen, for cases of packets in and packets out. Sourced by lab.
#
#   inside -- tunnel side (IPv6) -- edge -- world side (IPv4) -- outside
#
# inside and outside have no addresses and no kernel that answers; edge takes them for its routers.

# cases_up IPV4_MTU IPV6_ADDRESS...: the TEP's addresses; made anew, so that no kernel remembers the case before.
cases_up() {
    [ $# -ge 2 ] || usage
    local mtu="$1" name address
    shift
    cases_down
    mkdir -p "$LAB_DIR"
    for name in edge inside outside; do
        new_namespace "$name"
    done
    ip -n "$(ns edge)" link add tunnel address 02:00:00:00:00:06 mtu 4000 type veth \
        peer name wire address 02:00:00:00:01:06 mtu 4000 netns "$(ns inside)"
    ip -n "$(ns edge)" link add world address 02:00:00:00:00:04 mtu "$mtu" type veth \
        peer name wire address 02:00:00:00:01:04 mtu 4000 netns "$(ns outside)"
    for name in inside outside; do
        ip netns exec "$(ns "$name")" sysctl -q -w net.ipv6.conf.wire.disable_ipv6=1
        ip -n "$(ns "$name")" link set wire up
    done
    # Below 1280 bytes a device has no IPv6 to switch off.
    ip netns exec "$(ns edge)" sysctl -q -e -w net.ipv6.conf.world.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 \
        net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.world.rp_filter=0
    ip -n "$(ns edge)" link set tunnel up
    ip -n "$(ns edge)" link set world up
    for address in "$@"; do
        ip -n "$(ns edge)" addr add "$address/128" dev tunnel nodad
    done
    ip -n "$(ns edge)" neigh add fe80::1 lladdr 02:00:00:00:01:06 dev tunnel nud permanent
    ip -n "$(ns edge)" -6 route add default via fe80::1 dev tunnel src "$1"
    ip -n "$(ns edge)" neigh add 192.0.2.254 lladdr 02:00:00:00:01:04 dev world nud permanent
    ip -n "$(ns edge)" route add default via 192.0.2.254 dev world onlink
}

cases_down() {
    local name
    for name in edge inside outside; do
        remove_namespace "$(ns "$name")"
    done
}
