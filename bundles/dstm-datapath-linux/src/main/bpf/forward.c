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
SECTION("maps") int counts;
SECTION("maps") int devices;

#define NANOS 1000000000ULL
#define SMALLEST_IPV6_MTU 1280
#define DSCP 0xFC
#define ECN 3
#define NONE 0xFFFFFFFFU

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

INLINE const struct dstm_binding *binding(const struct dstm_settings *set, __u32 address, __u16 port)
{
    __u32 index = place(set, address, port);
    const struct dstm_binding *found = map_lookup(&bindings, &index);
    if (!found) {
        return 0;
    }
    __s64 now = set->epoch + (__s64) (monotonic_nanos() / NANOS);
    return (__s64) *(const volatile __u32 *) &found->expiry > now ? found : 0;
}

/* Whether a packet is common: version 4, no options, whole, sound. */
INLINE int is_common(const struct ipv4 *header)
{
    return header->version_and_length == 0x45
        && (header->fragment & NET16(MORE_FRAGMENTS_OR_OFFSET)) == 0 && header->ttl > 1 && is_sound(header);
}

/* RFC 6040 section 4.2, figure 4; -1 where a packet must be dropped or the combination be thought about. */
INLINE int merged_ecn(__u8 outer, __u8 inner)
{
    outer &= ECN;
    inner &= ECN;
    if (outer == inner || outer == 0) {
        return inner;
    }
    if (outer == 3) {
        return inner == 0 ? -1 : 3;
    }
    return -1;
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
    const __u16 *one = (const __u16 *) frame->destination;
    const __u16 *other = (const __u16 *) link->address;
    return one[0] == other[0] && one[1] == other[1] && one[2] == other[2];
}

INLINE int leave(struct xdp_md *context, const struct bpf_fib_lookup *hop, __u16 type, int delta,
                 __u32 excess)
{
    /* What fills up a short frame is no part of the packet. */
    if ((excess != 0 && adjust_tail(context, -(int) excess)) || adjust_head(context, delta)) {
        return XDP_ABORTED;
    }
    struct ethernet *frame = (void *) (long) context->data;
    if ((void *) (frame + 1) > (void *) (long) context->data_end) {
        return XDP_ABORTED;
    }
    __builtin_memcpy(frame->destination, hop->dmac, 6);
    __builtin_memcpy(frame->source, hop->smac, 6);
    frame->type = NET16(type);
    return (int) redirect_map(&devices, hop->ifindex, XDP_ABORTED);
}

/* Whether the kernel knows a next hop, on a device that this program may send to, for a packet that fits there. */
INLINE int has_hop(struct xdp_md *context, struct bpf_fib_lookup *hop)
{
    if (fib_lookup(context, hop, sizeof *hop, 0) != BPF_FIB_LKUP_RET_SUCCESS) {
        return 0;
    }
    __u32 out = hop->ifindex;
    return map_lookup(&devices, &out) != 0;
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
    const struct dstm_binding *from = binding(set, NET32(inner->source), NET16(port));
    if (!from || from->source[1] != outer->source[1] || from->source[0] != outer->source[0]
        || from->tunnel[1] != outer->destination[1] || from->tunnel[0] != outer->destination[0]) {
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
    struct bpf_fib_lookup hop = {.family = 2 /* AF_INET */,
                                 .l4_protocol = inner->protocol,
                                 .tot_len = (__u16) length,
                                 .ifindex = context->ingress_ifindex,
                                 .tos = (__u8) (tos & DSCP)};
    hop.ipv4_src = inner->source;
    hop.ipv4_dst = inner->destination;
    if (!has_hop(context, &hop)) {
        return XDP_PASS;
    }
    if (tos != inner->tos) {
        change_tos(inner, tos);
    }
    decrement_ttl(inner);
    count(DSTM_DECAPSULATED, IPV6 + length);
    return leave(context, &hop, TYPE_IPV4, IPV6, size_of(frame, end) - (ETHERNET + IPV6 + length));
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
    const struct dstm_binding *to = binding(set, NET32(header->destination), NET16(ports->destination));
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
    struct ipv6 outer = {.first = NET32(0x60000000 | (__u32) (header->tos & set->outer_mask) << 20),
                         .payload_length = NET16((__u16) length),
                         .next = IPV4_IN_IPV6,
                         .hop_limit = set->hop_limit,
                         .source = {now->tunnel[0], now->tunnel[1]},
                         .destination = {now->source[0], now->source[1]}};
    if (now->expiry == 0 || now->generation != generation) {
        return XDP_PASS;
    }
    struct bpf_fib_lookup hop = {.family = 10 /* AF_INET6 */,
                                 .l4_protocol = IPV4_IN_IPV6,
                                 .tot_len = (__u16) (length + IPV6),
                                 .ifindex = set->lookup_link};
    __builtin_memcpy(hop.ipv6_src, outer.source, 16);
    __builtin_memcpy(hop.ipv6_dst, outer.destination, 16);
    if (!has_hop(context, &hop)) {
        return XDP_PASS;
    }
    decrement_ttl(header);
    count(DSTM_ENCAPSULATED, length);
    int verdict = leave(context, &hop, TYPE_IPV6, -IPV6,
                        size_of(frame, end) - (ETHERNET + length));
    struct ipv6 *written = (void *) (long) context->data + ETHERNET;
    if ((void *) (written + 1) > (void *) (long) context->data_end) {
        return XDP_ABORTED;
    }
    *written = outer;
    return verdict;
}

SECTION("xdp") int forward(struct xdp_md *context)
{
    void *end = (void *) (long) context->data_end;
    struct ethernet *frame = (void *) (long) context->data;
    if ((void *) (frame + 1) > end || (frame->type != NET16(TYPE_IPV6) && frame->type != NET16(TYPE_IPV4))) {
        return XDP_PASS;
    }
    __u32 key = context->ingress_ifindex & (DSTM_LINKS - 1);
    const struct dstm_link *link = map_lookup(&links, &key);
    __u32 zero = 0;
    const struct dstm_settings *set = map_lookup(&settings, &zero);
    if (!link || !set || link->index != context->ingress_ifindex || !is_to(frame, link)) {
        return XDP_PASS;
    }
    return frame->type == NET16(TYPE_IPV6) ? from_tunnel(context, set, frame, end) : to_tunnel(context, set, frame, end);
}
