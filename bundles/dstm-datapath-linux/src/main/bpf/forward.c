/*
 * The common packet, forwarded in the driver: whole, without options, of a binding that it fits in every respect, small enough,
 * and with a next hop that the kernel knows. All else is passed up untouched, so that the rules in Java judge it: there is no
 * packet that these programs drop. The same program runs on the devices of either side.
 */
#include "headers.h"
#include "maps.h"

SECTION("maps") int settings;
SECTION("maps") int links;
SECTION("maps") int bindings;
SECTION("maps") int tunnels;
SECTION("maps") int counts;
SECTION("maps") int devices;
SECTION("maps") int exits;
SECTION("maps") int truth;
SECTION("maps") int routes;
SECTION("maps") int sockets;

#define NANOS 1000000000ULL
#define SMALLEST_IPV6_MTU 1280
#define NONE 0xFFFFFFFFU
#define TICK 10000000ULL

#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

INLINE void count(__u32 which, __u64 bytes)
{
    struct dstm_count *counted = map_lookup(&counts, &which);
    if (counted) {
        counted->packets++;
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

/* The verifier lets no addresses into calculations; the compiler would mix them into any that it sees. */
INLINE __u32 size_of(const void *frame, const void *end)
{
    __u64 size = (__u64) end - (__u64) frame;
    __asm__ volatile("" : "+r"(size));
    return (__u32) size;
}

INLINE int is_to(const struct ethernet *frame, const struct dstm_link *link)
{
    return frame->destination[0] == link->address[0] && frame->destination[1] == link->address[1]
        && frame->destination[2] == link->address[2];
}

INLINE int leave(struct xdp_md *context, __u64 hop, __u16 type, int delta, __u32 excess)
{
    __u32 exit = (__u32) (hop >> DSTM_HOP_EXIT) & (DSTM_EXITS - 1);
    const struct dstm_exit *by = map_lookup(&exits, &exit);
    /* What fills up a short frame is no part of the packet. */
    if (!by || (excess != 0 && adjust_tail(context, -(int) excess)) || adjust_head(context, delta)) {
        return XDP_ABORTED;
    }
    struct ethernet *frame = (void *) (long) context->data;
    if ((void *) (frame + 1) > (void *) (long) context->data_end) {
        return XDP_ABORTED;
    }
    frame->destination[0] = (__u16) (hop >> DSTM_HOP_ADDRESS);
    frame->destination[1] = (__u16) (hop >> (DSTM_HOP_ADDRESS + 16));
    frame->destination[2] = (__u16) (hop >> (DSTM_HOP_ADDRESS + 32));
    frame->source[0] = by->address[0];
    frame->source[1] = by->address[1];
    frame->source[2] = by->address[2];
    frame->type = NET16(type);
    return (int) redirect_map(&devices, exit, XDP_ABORTED);
}

/* The next hop as the kernel knows it for a packet that fits there, by a device that this program may send to; 0: none such. */
INLINE __u64 find_hop(struct xdp_md *context, struct bpf_fib_lookup *asked, __u32 mark)
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

/*
 * The next hop towards an IPv4 destination. A kernel from 5.12 on says in tot_len how long a packet may be; from an older one it is the
 * length that was asked for.
 */
INLINE __u64 hop_to_world(struct xdp_md *context, const struct ipv4 *inner, __u32 length, __u8 tos, __u64 now)
{
    __u32 zero = 0;
    const struct dstm_truth *holds = map_lookup(&truth, &zero);
    __u32 destination = inner->destination;
    __u32 key = (destination ^ destination >> 12 ^ destination >> 20) & (DSTM_ROUTES - 1);
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
                                   .ifindex = context->ingress_ifindex,
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
INLINE __u64 hop_to_client(struct xdp_md *context, const struct dstm_settings *set, struct dstm_binding *to, const struct ipv6 *outer,
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

INLINE int from_tunnel(struct xdp_md *context, const struct dstm_settings *set, struct ethernet *frame, void *end)
{
    struct ipv6 *outer = (void *) (frame + 1);
    struct ipv4 *inner = (void *) (outer + 1);
    struct transport *ports = (void *) (inner + 1);
    if ((void *) (ports + 1) > end || outer->next != IPV4_IN_IPV6 || (outer->first & NET32(0xF0000000)) != NET32(0x60000000)) {
        return XDP_PASS;
    }
    __u32 length = NET16(inner->total_length);
    if (!is_common(inner) || NET16(outer->payload_length) != length || (void *) inner + length > end) {
        return XDP_PASS;
    }
    __u16 port;
    if (inner->protocol == TCP) {
        if (length < IPV4 + TCP_HEADER || (void *) ports + TCP_HEADER > end
            || (set->tcp_mss != 0 && ((__u8 *) ports)[TCP_FLAGS] & TCP_SYN)) {
            return XDP_PASS;
        }
        port = ports->source;
    } else if (inner->protocol == UDP) {
        if (length < IPV4 + UDP_HEADER) {
            return XDP_PASS;
        }
        port = ports->source;
    } else if (inner->protocol == ICMP) {
        __u8 type = *(__u8 *) ports;
        if (length < IPV4 + UDP_HEADER || (type != ICMP_ECHO && type != ICMP_ECHO_REPLY)) {
            return XDP_PASS;
        }
        port = ports->identifier;
    } else {
        return XDP_PASS;
    }
    __u64 now = monotonic_tick();
    const struct dstm_binding *from = binding(set, NET32(inner->source), NET16(port), now);
    if (!from || from->source[1] != outer->source[1] || from->source[0] != outer->source[0]) {
        return XDP_PASS;
    }
    const struct dstm_tunnel *own = tunnel(from);
    if (!own || own->address[1] != outer->destination[1] || own->address[0] != outer->destination[0]) {
        return XDP_PASS;
    }
    __u32 destination = NET32(inner->destination);
    if (destination == set->ipv4_address || is_martian(destination) || is_served(set, destination)) {
        return XDP_PASS;
    }
    __u8 traffic_class = (__u8) (NET32(outer->first) >> 20);
    __u8 tos = inner->tos;
    if (traffic_class != tos) {
        int ecn = merged_ecn(traffic_class, tos);
        if (ecn < 0) {
            return XDP_PASS;
        }
        tos = (__u8) ((traffic_class & DSCP) | ecn);
    }
    __u64 hop = hop_to_world(context, inner, length, tos, now);
    if (hop == 0) {
        return XDP_PASS;
    }
    if (tos != inner->tos) {
        change_tos(inner, tos);
    }
    decrement_ttl(inner);
    count(DSTM_DECAPSULATED, IPV6 + length);
    return leave(context, hop, TYPE_IPV4, IPV6, size_of(frame, end) - (ETHERNET + IPV6 + length));
}

INLINE int to_tunnel(struct xdp_md *context, const struct dstm_settings *set, struct ethernet *frame, void *end)
{
    struct ipv4 *header = (void *) (frame + 1);
    struct transport *ports = (void *) (header + 1);
    if ((void *) (ports + 1) > end) {
        return XDP_PASS;
    }
    __u32 length = NET16(header->total_length);
    if (!is_common(header) || (void *) header + length > end) {
        return XDP_PASS;
    }
    if (header->protocol == TCP) {
        if (length < IPV4 + TCP_HEADER || (void *) ports + TCP_HEADER > end
            || (set->tcp_mss != 0 && ((__u8 *) ports)[TCP_FLAGS] & TCP_SYN)) {
            return XDP_PASS;
        }
    } else if (header->protocol != UDP || length < IPV4 + UDP_HEADER) {
        /* The checksum of an ICMP message covers all of it: for the rules. */
        return XDP_PASS;
    }
    __u32 source = NET32(header->source);
    if (is_martian(source) || is_served(set, source)) {
        return XDP_PASS;
    }
    __u64 time = monotonic_tick();
    struct dstm_binding *to = binding(set, NET32(header->destination), NET16(ports->destination), time);
    if (!to) {
        return XDP_PASS;
    }
    /* The rules know how narrow the way to a client is; a packet that must not be fragmented learns it by the error alone. */
    if (length + IPV6 > set->tunnel_mtu
        || (length + IPV6 > SMALLEST_IPV6_MTU && (header->fragment & NET16(DONT_FRAGMENT)) == 0)) {
        return XDP_PASS;
    }
    const volatile struct dstm_binding *now = to;
    __u32 generation = now->generation;
    const struct dstm_tunnel *own = tunnel(to);
    if (!own) {
        return XDP_PASS;
    }
    struct ipv6 outer = {.first = NET32(0x60000000 | (__u32) (header->tos & set->outer_mask) << 20),
                         .payload_length = NET16((__u16) length),
                         .next = IPV4_IN_IPV6,
                         .hop_limit = set->hop_limit,
                         .source = {own->address[0], own->address[1]},
                         .destination = {now->source[0], now->source[1]}};
    if (now->expiry == 0 || now->generation != generation) {
        return XDP_PASS;
    }
    __u64 hop = hop_to_client(context, set, to, &outer, generation, length + IPV6, time);
    if (hop == 0) {
        return XDP_PASS;
    }
    decrement_ttl(header);
    count(DSTM_ENCAPSULATED, length);
    int verdict = leave(context, hop, TYPE_IPV6, -IPV6,
                        size_of(frame, end) - (ETHERNET + length));
    struct ipv6 *written = (void *) (long) context->data + ETHERNET;
    if ((void *) (written + 1) > (void *) (long) context->data_end) {
        return XDP_ABORTED;
    }
    *written = outer;
    return verdict;
}

/* The device that a frame has come from if it is one for us, of a kind that we look at. */
INLINE const struct dstm_link *arrived(const struct xdp_md *context, const struct ethernet *frame, const void *end)
{
    if ((const void *) (frame + 1) > end || (frame->type != NET16(TYPE_IPV6) && frame->type != NET16(TYPE_IPV4))) {
        return 0;
    }
    __u32 key = context->ingress_ifindex & (DSTM_LINKS - 1);
    const struct dstm_link *link = map_lookup(&links, &key);
    return link && link->index == context->ingress_ifindex && is_to(frame, link) ? link : 0;
}

SECTION("xdp") int forward(struct xdp_md *context)
{
    void *end = (void *) (long) context->data_end;
    struct ethernet *frame = (void *) (long) context->data;
    __u32 zero = 0;
    const struct dstm_settings *set = map_lookup(&settings, &zero);
    if (!set || !arrived(context, frame, end)) {
        return XDP_PASS;
    }
    return frame->type == NET16(TYPE_IPV6) ? from_tunnel(context, set, frame, end) : to_tunnel(context, set, frame, end);
}

INLINE int is_tunnel_address(const struct ipv6 *outer)
{
#pragma unroll
    for (__u32 i = 0; i < DSTM_FIRST_TUNNELS; i++) {
        __u32 which = i;
        const struct dstm_tunnel *own = map_lookup(&tunnels, &which);
        if (own && own->address[1] == outer->destination[1] && own->address[0] == outer->destination[0]) {
            return 1;
        }
    }
    return 0;
}

/* Whether a packet is one that the raw socket would be given; and where its content would go if all is well with it. */
INLINE int is_for_rules_from_tunnel(struct xdp_md *context, const struct ethernet *frame, const void *end, struct dstm_note *note)
{
    const struct ipv6 *outer = (const void *) (frame + 1);
    const struct ipv4 *inner = (const void *) (outer + 1);
    if ((const void *) (inner + 1) > end || outer->next != IPV4_IN_IPV6
        || (outer->first & NET32(0xF0000000)) != NET32(0x60000000) || !is_tunnel_address(outer)) {
        return 0;
    }
    __u32 length = NET16(outer->payload_length);
    if (length < IPV4 || (const void *) inner + length > end) {
        return 0;
    }
    if (is_common(inner) && NET16(inner->total_length) == length && !is_martian(NET32(inner->destination))) {
        int ecn = merged_ecn((__u8) (NET32(outer->first) >> 20), inner->tos);
        __u8 tos = (__u8) ((NET32(outer->first) >> 20 & DSCP) | (ecn & ECN));
        note->destination[0] = inner->destination;
        note->hop = hop_to_world(context, inner, length, tos, monotonic_tick());
    }
    return 1;
}

/* The same for one that would be routed into the TUN. What the kernel answers or drops by itself it shall have. */
INLINE int is_for_rules_to_tunnel(struct xdp_md *context, const struct dstm_settings *set, const struct ethernet *frame, const void *end,
                                  struct dstm_note *note)
{
    const struct ipv4 *header = (const void *) (frame + 1);
    const struct transport *ports = (const void *) (header + 1);
    if ((const void *) (ports + 1) > end) {
        return 0;
    }
    __u32 length = NET16(header->total_length);
    if (header->version_and_length != 0x45 || header->ttl <= 1 || !is_sound(header) || length < IPV4 + UDP_HEADER
        || (const void *) header + length > end || is_martian(NET32(header->source))
        || !is_served(set, NET32(header->destination))) {
        return 0;
    }
    if ((header->protocol != TCP && header->protocol != UDP) || (header->fragment & NET16(MORE_FRAGMENTS_OR_OFFSET)) != 0) {
        return 1;
    }
    __u64 now = monotonic_tick();
    struct dstm_binding *to = binding(set, NET32(header->destination), NET16(ports->destination), now);
    const struct dstm_tunnel *own = to ? tunnel(to) : 0;
    if (!own) {
        return 1;
    }
    const volatile struct dstm_binding *read = to;
    __u32 generation = read->generation;
    struct ipv6 outer = {.source = {own->address[0], own->address[1]}, .destination = {read->source[0], read->source[1]}};
    if (read->expiry == 0 || read->generation != generation) {
        return 1;
    }
    note->destination[0] = outer.destination[0];
    note->destination[1] = outer.destination[1];
    note->hop = hop_to_client(context, set, to, &outer, generation, length + IPV6, now);
    return 1;
}

/* Hands what the rules are to judge to a socket, round the network stack; without a socket that wants it, all goes as ever. */
SECTION("hand") int hand_over(struct xdp_md *context)
{
    void *end = (void *) (long) context->data_end;
    struct ethernet *frame = (void *) (long) context->data;
    __u32 zero = 0;
    const struct dstm_settings *set = map_lookup(&settings, &zero);
    const struct dstm_link *link = arrived(context, frame, end);
    __u32 queue = context->rx_queue_index;
    if (!set || !link || queue >= DSTM_QUEUES || size_of(frame, end) > DSTM_LONGEST_FRAME) {
        return XDP_PASS;
    }
    __u32 key = (link->exit & (DSTM_EXITS - 1)) * DSTM_QUEUES + queue;
    struct dstm_note note = {0};
    if (frame->type == NET16(TYPE_IPV6) ? !is_for_rules_from_tunnel(context, frame, end, &note)
                                        : !is_for_rules_to_tunnel(context, set, frame, end, &note)) {
        return XDP_PASS;
    }
    if (adjust_meta(context, -(int) sizeof note)) {
        return XDP_PASS;
    }
    struct dstm_note *place = (void *) (long) context->data_meta;
    if ((void *) (place + 1) > (void *) (long) context->data) {
        return XDP_PASS;
    }
    *place = note;
    return (int) redirect_map(&sockets, key, XDP_PASS);
}
