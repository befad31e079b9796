# Hosts for DHCPv6 programs that are not ours. Sourced by lab.

# A host on the access network, and one behind the relay, that know no IPv6 address but their link-local one: for other people's
# programs, which get one. Where they are is what router advertisements would say.
net_guests() {
    net_guest guest access 2001:db8:a::/64 2001:db8:a::1
    net_guest farguest far 2001:db8:b::/64 2001:db8:b::1
    # Another link of the relay.
    new_bridge aside
    plug relay aside aside 2001:db8:c::1/64
    net_guest asideguest aside 2001:db8:c::/64 2001:db8:c::1
}

# net_guest NS BRIDGE PREFIX ROUTER
net_guest() {
    known "$2"
    new_namespace "$1"
    ip -n "$(ns "$2")" link add "$1" type veth peer name access netns "$(ns "$1")"
    ip netns exec "$(ns "$2")" sysctl -q -w "net.ipv6.conf.$1.disable_ipv6=1"
    ip -n "$(ns "$2")" link set "$1" master bridge up
    ip -n "$(ns "$1")" link set access up
    ip -n "$(ns "$1")" route add "$3" dev access
    ip -n "$(ns "$1")" route add default via "$4" dev access
}

# net_guest_run NS COMMAND...: a program in a guest's namespace, as if on a machine of its own.
net_guest_run() {
    [ $# -ge 2 ] || usage
    known "$1"
    local name="$1"
    shift
    mkdir -p "$LAB_DIR/guests"
    exec ip netns exec "$(ns "$name")" bash "$LAB_HOME/guest.sh" "$LAB_DIR/guests/$name" "$@"
}
