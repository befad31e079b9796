/*
 * How packets are judged, wherever a program has them from: which are common, where their binding lies, where they go. The rules in
 * Java judge all others.
 */
#ifndef DSTM_JUDGE_H
#define DSTM_JUDGE_H

#include "headers.h"
#include "maps.h"

SECTION("maps") int settings;
SECTION("maps") int links;
SECTION("maps") int bindings;
SECTION("maps") int tunnels;
SECTION("maps") int counts;
SECTION("maps") int exits;
SECTION("maps") int truth;
SECTION("maps") int routes;
SECTION("maps") int ways;

#define NANOS 1000000000ULL
#define SMALLEST_IPV6_MTU 1280
#define NONE 0xFFFFFFFFU
#define TICK 10000000ULL

#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

INLINE void count(__u32 which, __u32 packets, __u64 bytes)
{
    struct dstm_count *counted = map_lookup(&counts, &which);
    if (counted) {
        counted->packets += packets;
        counted->bytes += bytes;
    }
}

/* Where the binding of an address and port lies; NONE if the address is in no range or the port in no set. */
INLINE __u32 place(const struct dstm_settings *set, __u32 address, __u16 port)
{
#pragma unroll
    for (int i = 0; i < DSTM_RANGES; i++) {
        const struct dstm_range *range = &set->ranges[i];
        if (range->last == 0) {
            return NONE;
        }
        if (address < range->first || address > range->last) {
            continue;
        }
        if (range->psid_offset > 15) {
            return NONE;
        }
        __u32 length = range->psid_length & 31;
        __u32 offset = range->psid_offset & 15;
        if (offset != 0 && port >> (16 - offset) == 0) {
            return NONE;
        }
        __u32 psid = (__u32) port >> ((16 - offset - length) & 31) & ((1U << length) - 1);
        return range->base + ((address - range->first) << length | psid);
    }
    return NONE;
}

INLINE int is_served(const struct dstm_settings *set, __u32 address)
{
#pragma unroll
    for (int i = 0; i < DSTM_RANGES; i++) {
        const struct dstm_range *range = &set->ranges[i];
        if (range->last == 0) {
            return 0;
        }
        if (address >= range->first && address <= range->last) {
            return 1;
        }
    }
    return 0;
}

/* The time is rounded up: whose binding ends at this moment meets the rules. */
INLINE struct dstm_binding *binding(const struct dstm_settings *set, __u32 address, __u16 port, __u64 now)
{
    __u32 index = place(set, address, port);
    struct dstm_binding *found = map_lookup(&bindings, &index);
    if (!found) {
        return 0;
    }
    __s64 left = (__s64) *(const volatile __u32 *) &found->expiry - set->epoch;
    return left * (__s64) NANOS > (__s64) (now + TICK) ? found : 0;
}

INLINE const struct dstm_tunnel *tunnel(const struct dstm_binding *of)
{
    __u32 which = of->tunnel;
    return map_lookup(&tunnels, &which);
}

/* Whether a packet is common: version 4, no options, whole, sound. */
INLINE int is_common(const struct ipv4 *header)
{
    return header->version_and_length == 0x45
        && (header->fragment & NET16(MORE_FRAGMENTS_OR_OFFSET)) == 0 && header->ttl > 1 && is_sound(header);
}

INLINE int is_to(const struct ethernet *frame, const struct dstm_link *link)
{
    return frame->destination[0] == link->address[0] && frame->destination[1] == link->address[1]
        && frame->destination[2] == link->address[2];
}

/* The device that a frame has come by if it is one for us, of a kind that we look at. */
INLINE const struct dstm_link *arrived(__u32 by, const struct ethernet *frame, const void *end)
{
    if ((const void *) (frame + 1) > end || (frame->type != NET16(TYPE_IPV6) && frame->type != NET16(TYPE_IPV4))) {
        return 0;
    }
    __u32 key = by & (DSTM_LINKS - 1);
    const struct dstm_link *link = map_lookup(&links, &key);
    return link && link->index == by && is_to(frame, link) ? link : 0;
}

/* The next hop as the kernel knows it for a packet that fits there, by a device that this program may send to; 0: none such. */
INLINE __u64 find_hop(void *context, struct bpf_fib_lookup *asked, __u32 mark)
{
    if (fib_lookup(context, asked, sizeof *asked, 0) != BPF_FIB_LKUP_RET_SUCCESS) {
        return 0;
    }
    __u32 key = asked->ifindex & (DSTM_LINKS - 1);
    const struct dstm_link *link = map_lookup(&links, &key);
    if (!link || link->index != asked->ifindex) {
        return 0;
    }
    const __u16 *address = (const __u16 *) asked->dmac;
    __u64 hop = address[0] | (__u64) address[1] << 16 | (__u64) address[2] << 32;
    return hop << DSTM_HOP_ADDRESS | (__u64) (link->exit & (DSTM_EXITS - 1)) << DSTM_HOP_EXIT | (mark & DSTM_HOP_MARK);
}

/* Where the next hop of an IPv4 destination may be noted. */
INLINE __u32 place_of_route(__u32 destination)
{
    return (destination ^ destination >> 12 ^ destination >> 20) & (DSTM_ROUTES - 1);
}

/*
 * The next hop towards an IPv4 destination. A kernel from 5.12 on says in tot_len how long a packet may be; from an older one it is the
 * length that was asked for.
 */
INLINE __u64 hop_to_world(void *context, __u32 arrived_by, const struct ipv4 *inner, __u32 length, __u8 tos, __u64 now)
{
    __u32 zero = 0;
    const struct dstm_truth *holds = map_lookup(&truth, &zero);
    __u32 destination = inner->destination;
    __u32 key = place_of_route(destination);
    struct dstm_route *known = map_lookup(&routes, &key);
    if (!holds || !known) {
        return 0;
    }
    __u32 generation = *(const volatile __u32 *) &holds->generation;
    int current = *(const volatile __u64 *) &holds->until > now;
    if (current && known->destination == destination && known->generation == generation && known->tos == tos
        && length <= known->mtu) {
        return known->hop;
    }
    struct bpf_fib_lookup asked = {.family = FAMILY_IPV4,
                                   .l4_protocol = inner->protocol,
                                   .tot_len = (__u16) length,
                                   .ifindex = arrived_by,
                                   .tos = (__u8) (tos & DSCP)};
    asked.ipv4_src = inner->source;
    asked.ipv4_dst = destination;
    __u64 hop = find_hop(context, &asked, 0);
    if (hop != 0 && current) {
        known->destination = destination;
        known->generation = generation;
        known->hop = hop;
        known->mtu = asked.tot_len;
        known->tos = tos;
    }
    return hop;
}

INLINE void ask_for_client(struct bpf_fib_lookup *asked, const struct dstm_settings *set, const struct ipv6 *outer, __u32 length)
{
    __builtin_memset(asked, 0, sizeof *asked);
    asked->family = FAMILY_IPV6;
    asked->l4_protocol = IPV4_IN_IPV6;
    asked->tot_len = (__u16) length;
    asked->ifindex = set->lookup_link;
    __builtin_memcpy(asked->ipv6_src, outer->source, 16);
    __builtin_memcpy(asked->ipv6_dst, outer->destination, 16);
}

/* The next hop towards a client. */
INLINE __u64 hop_to_client(void *context, const struct dstm_settings *set, struct dstm_binding *to, const struct ipv6 *outer,
                           __u32 generation, __u32 length, __u64 now)
{
    __u32 zero = 0;
    const struct dstm_truth *holds = map_lookup(&truth, &zero);
    if (!holds) {
        return 0;
    }
    __u32 mark = *(const volatile __u32 *) &holds->generation + generation;
    __u64 hop = *(volatile __u64 *) &to->hop;
    int current = *(const volatile __u64 *) &holds->until > now;
    if (current && hop != 0 && ((hop ^ mark) & DSTM_HOP_MARK) == 0) {
        return hop;
    }
    struct bpf_fib_lookup asked;
    ask_for_client(&asked, set, outer, set->tunnel_mtu);
    hop = find_hop(context, &asked, mark);
    if (hop != 0 && current) {
        *(volatile __u64 *) &to->hop = hop;
    }
    if (hop == 0) {
        ask_for_client(&asked, set, outer, length);
        hop = find_hop(context, &asked, mark);
    }
    return hop;
}

/* The device that a hop leads by. */
INLINE const struct dstm_exit *exit_of(__u64 hop)
{
    __u32 exit = (__u32) (hop >> DSTM_HOP_EXIT) & (DSTM_EXITS - 1);
    return map_lookup(&exits, &exit);
}

/* Notes by which exit there is a way to clients. */
INLINE void learn_way(__u64 hop)
{
    __u32 zero = 0;
    __u32 exit = ((__u32) (hop >> DSTM_HOP_EXIT) & (DSTM_EXITS - 1)) + 1;
    __u32 *way = map_lookup(&ways, &zero);
    if (way && *way != exit && *way != DSTM_SEVERAL_WAYS) {
        *way = *way == 0 ? exit : DSTM_SEVERAL_WAYS;
    }
}

INLINE void address(struct ethernet *frame, __u64 hop, const struct dstm_exit *by, __u16 type)
{
    frame->destination[0] = (__u16) (hop >> DSTM_HOP_ADDRESS);
    frame->destination[1] = (__u16) (hop >> (DSTM_HOP_ADDRESS + 16));
    frame->destination[2] = (__u16) (hop >> (DSTM_HOP_ADDRESS + 32));
    frame->source[0] = by->address[0];
    frame->source[1] = by->address[1];
    frame->source[2] = by->address[2];
    frame->type = NET16(type);
}

/* A packet as a program was given it. */
struct given {
    void *context;
    __u32 arrived_by; /* the device */
    __u32 octets;     /* behind the frame's header, whether they can be read here or not */
    __u32 part;       /* what of it each packet carries that it will be cut into; 0: it is one packet */
};

/* What is to become of it. */
struct judged {
    __u64 hop;      /* where it goes; 0: to the rules, untouched */
    __u32 length;   /* of the IPv4 packet */
    __u32 headers;  /* those that each part has */
    __u8 tos;       /* that it leaves with; from the tunnel alone */
};

/* How long IPv4 and TCP header are; 20 octets of the latter can be read. */
INLINE __u32 tcp_headers(const struct transport *ports)
{
    return IPV4 + (__u32) (((const __u8 *) ports)[TCP_DATA_OFFSET] >> 4) * 4;
}

/* The longest packet that leaves here. */
INLINE __u32 longest(const struct given *packet, const struct judged *as)
{
    return packet->part == 0 ? as->length : as->headers + packet->part;
}

/* One with an IPv4 packet inside. */
INLINE struct judged from_tunnel(const struct given *packet, const struct dstm_settings *set, const struct ipv6 *outer,
                                 const void *end)
{
    struct judged as = {.headers = IPV4 + UDP_HEADER};
    const struct ipv4 *inner = (const void *) (outer + 1);
    const struct transport *ports = (const void *) (inner + 1);
    if ((const void *) (ports + 1) > end || outer->next != IPV4_IN_IPV6
        || (outer->first & NET32(0xF0000000)) != NET32(0x60000000)) {
        return as;
    }
    as.length = NET16(inner->total_length);
    if (!is_common(inner) || NET16(outer->payload_length) != as.length || IPV6 + as.length > packet->octets) {
        return as;
    }
    __u16 port;
    if (inner->protocol == TCP) {
        if (as.length < IPV4 + TCP_HEADER || (const void *) ports + TCP_HEADER > end
            || (set->tcp_mss != 0 && ((const __u8 *) ports)[TCP_FLAGS] & TCP_SYN)) {
            return as;
        }
        as.headers = tcp_headers(ports);
        port = ports->source;
    } else if (inner->protocol == UDP) {
        if (as.length < IPV4 + UDP_HEADER) {
            return as;
        }
        port = ports->source;
    } else if (inner->protocol == ICMP) {
        /* Whose a reply is depends on the policy for requests from outside, which the rules know. */
        if (as.length < IPV4 + UDP_HEADER || *(const __u8 *) ports != ICMP_ECHO) {
            return as;
        }
        port = ports->identifier;
    } else {
        return as;
    }
    __u64 now = monotonic_tick();
    const struct dstm_binding *from = binding(set, NET32(inner->source), NET16(port), now);
    if (!from || from->source[1] != outer->source[1] || from->source[0] != outer->source[0]) {
        return as;
    }
    const struct dstm_tunnel *own = tunnel(from);
    if (!own || own->address[1] != outer->destination[1] || own->address[0] != outer->destination[0]) {
        return as;
    }
    __u32 destination = NET32(inner->destination);
    if (destination == set->ipv4_address || is_martian(destination) || is_served(set, destination)) {
        return as;
    }
    __u8 traffic_class = (__u8) (NET32(outer->first) >> 20);
    as.tos = inner->tos;
    if (traffic_class != as.tos) {
        int ecn = merged_ecn(traffic_class, as.tos);
        if (ecn < 0) {
            return as;
        }
        as.tos = (__u8) ((traffic_class & DSCP) | ecn);
    }
    as.hop = hop_to_world(packet->context, packet->arrived_by, inner, longest(packet, &as), as.tos, now);
    return as;
}

/* An IPv4 packet; the header that it is to be put behind is written to outer. */
INLINE struct judged to_tunnel(const struct given *packet, const struct dstm_settings *set, const struct ipv4 *header,
                               const void *end, struct ipv6 *outer)
{
    struct judged as = {.headers = IPV4 + UDP_HEADER};
    const struct transport *ports = (const void *) (header + 1);
    if ((const void *) (ports + 1) > end) {
        return as;
    }
    as.length = NET16(header->total_length);
    if (!is_common(header) || as.length > packet->octets) {
        return as;
    }
    if (header->protocol == TCP) {
        if (as.length < IPV4 + TCP_HEADER || (const void *) ports + TCP_HEADER > end
            || (set->tcp_mss != 0 && ((const __u8 *) ports)[TCP_FLAGS] & TCP_SYN)) {
            return as;
        }
        as.headers = tcp_headers(ports);
    } else if (header->protocol != UDP || as.length < IPV4 + UDP_HEADER) {
        /* The checksum of an ICMP message covers all of it: for the rules. */
        return as;
    }
    __u32 source = NET32(header->source);
    if (is_martian(source) || is_served(set, source)) {
        return as;
    }
    __u64 time = monotonic_tick();
    struct dstm_binding *to = binding(set, NET32(header->destination), NET16(ports->destination), time);
    if (!to) {
        return as;
    }
    __u32 inside = IPV6 + longest(packet, &as);
    /* The rules know how narrow the way to a client is; a packet that must not be fragmented learns it by the error alone. */
    if (inside > set->tunnel_mtu
        || (inside > SMALLEST_IPV6_MTU && (header->fragment & NET16(DONT_FRAGMENT)) == 0)) {
        return as;
    }
    const volatile struct dstm_binding *now = to;
    __u32 generation = now->generation;
    const struct dstm_tunnel *own = tunnel(to);
    if (!own) {
        return as;
    }
    *outer = (struct ipv6){.first = NET32(0x60000000 | (__u32) (header->tos & set->outer_mask) << 20),
                           .payload_length = NET16((__u16) as.length),
                           .next = IPV4_IN_IPV6,
                           .hop_limit = set->hop_limit,
                           .source = {own->address[0], own->address[1]},
                           .destination = {now->source[0], now->source[1]}};
    if (now->expiry == 0 || now->generation != generation) {
        return as;
    }
    as.hop = hop_to_client(packet->context, set, to, outer, generation, inside, time);
    return as;
}

/* Makes what came from a tunnel what a router sends on. */
INLINE void decapsulated(struct ipv4 *header, const struct judged *as)
{
    if (as->tos != header->tos) {
        change_tos(header, as->tos);
    }
    decrement_ttl(header);
}

#endif
