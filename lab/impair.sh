# Makes the lab's network larger or worse, and what it was again. Sourced by lab.

# Puts a router and a hop of 1280 bytes between node3 and its relay:
#   node3 ::13 -- 1500 -- ::1 far ::2 -- 1280 -- ::1 relay -- 1500 -- access
#           2001:db8:b::/64          2001:db8:c::/64
net_narrow() {
    known far
    ip -n "$(ns far)" link set relay nomaster mtu 1280
    ip -n "$(ns far)" link set node3 nomaster
    ip netns exec "$(ns far)" sysctl -q -w net.ipv6.conf.all.forwarding=1 net.ipv6.conf.relay.disable_ipv6=0 \
        net.ipv6.conf.node3.disable_ipv6=0
    ip -n "$(ns relay)" link set far mtu 1280
    ip -n "$(ns relay)" addr del 2001:db8:b::1/64 dev far
    ip -n "$(ns relay)" addr add 2001:db8:c::1/64 dev far nodad
    ip -n "$(ns far)" addr add 2001:db8:c::2/64 dev relay nodad
    ip -n "$(ns far)" addr add 2001:db8:b::1/64 dev node3 nodad
    ip -n "$(ns far)" route add default via 2001:db8:c::1
    ip -n "$(ns relay)" route add 2001:db8:b::/64 via 2001:db8:c::2
    ip -n "$(ns app)" route add 2001:db8:c::/64 via 2001:db8:a::2
    ip -n "$(ns node3)" neigh flush dev access
}

# Takes that hop away.
net_wide() {
    known far
    ip -n "$(ns app)" route del 2001:db8:c::/64
    ip -n "$(ns relay)" route del 2001:db8:b::/64 via 2001:db8:c::2
    ip -6 -n "$(ns far)" route del default
    ip -n "$(ns far)" addr flush dev relay
    ip -n "$(ns far)" addr flush dev node3
    ip netns exec "$(ns far)" sysctl -q -w net.ipv6.conf.relay.disable_ipv6=1 net.ipv6.conf.node3.disable_ipv6=1
    ip -n "$(ns relay)" addr del 2001:db8:c::1/64 dev far
    ip -n "$(ns relay)" addr add 2001:db8:b::1/64 dev far nodad
    ip -n "$(ns relay)" link set far mtu 1500
    ip -n "$(ns far)" link set relay mtu 1500 master bridge
    ip -n "$(ns far)" link set node3 master bridge
    ip -n "$(ns node3)" neigh flush dev access
}

# net_lossy NS PERMILLE: of every thousand tunnelled packets to and from a node so many are lost on its wire, at random.
net_lossy() {
    [ $# = 2 ] || usage
    known "$1"
    ip netns exec "$(ns access)" nft -f - <<NFT
table netdev loss {
    chain up {
        type filter hook ingress device "$1" priority 0
        ip6 nexthdr 4 numgen random mod 1000 < $2 counter drop
    }
    chain down {
        type filter hook ingress device "app" priority 0
        ip6 nexthdr 4 numgen random mod 1000 < $2 counter drop
    }
}
NFT
}

# Ends the loss; prints how many packets were lost on the way up and on the way down.
net_lossless() {
    ip netns exec "$(ns access)" nft list table netdev loss | sed -n 's/.* packets \([0-9]*\) .*/\1/p'
    ip netns exec "$(ns access)" nft delete table netdev loss
}

# A network behind web, which becomes a router: beyond 203.0.113.80 -- web -- world.
net_beyond() {
    known web
    [ ! -e "/run/netns/$(ns beyond)" ] || return 0
    new_namespace beyond
    ip -n "$(ns web)" link add beyond type veth peer name world netns "$(ns beyond)"
    ip -n "$(ns web)" addr add 203.0.113.1/24 dev beyond
    ip -n "$(ns web)" link set beyond up
    ip -n "$(ns beyond)" addr add 203.0.113.80/24 dev world
    ip -n "$(ns beyond)" link set world up
    ip -n "$(ns beyond)" route add default via 203.0.113.1
    ip netns exec "$(ns web)" sysctl -q -w net.ipv4.ip_forward=1
    ip -n "$(ns app)" route add 203.0.113.0/24 via 198.51.100.80
}
