/*
 * The common packet, forwarded in the driver: whole, without options, of a binding that it fits in every respect, small enough,
 * and with a next hop that the kernel knows. All else is left untouched to the rules in Java, by a socket where there is one and it is
 * theirs alone, else up the network stack: there is no packet that these programs drop. The same program runs on the devices of either
 * side.
 */
#include "judge.h"

SECTION("maps") int devices;
SECTION("maps") int followed;
SECTION("maps") int sockets;

/* Where a packet may leave by: anywhere. Otherwise a device, and by any other it is left to the rules. */
#define ANYWHERE 0

/* The verifier lets no addresses into calculations; the compiler would mix them into any that it sees. */
INLINE __u32 size_of(const void *frame, const void *end)
{
    __u64 size = (__u64) end - (__u64) frame;
    __asm__ volatile("" : "+r"(size));
    return (__u32) size;
}

/* Sends a packet by an exit. A program that runs where packets leave (only is a device) says so, and the kernel goes on sending. */
INLINE int leave(struct xdp_md *context, const struct dstm_settings *set, __u64 hop, const struct dstm_exit *by, __u16 type, int delta, __u32 excess, __u32 only)
{
    __u32 exit = (__u32) (hop >> DSTM_HOP_EXIT) & (DSTM_EXITS - 1);
    /* What fills up a short frame is no part of the packet. */
    if ((excess != 0 && adjust_tail(context, -(int) excess)) || adjust_head(context, delta)) {
        return XDP_ABORTED;
    }
    struct ethernet *frame = (void *) (long) context->data;
    if ((void *) (frame + 1) > (void *) (long) context->data_end) {
        return XDP_ABORTED;
    }
    address(frame, hop, by, type);
    if (only != ANYWHERE) {
        return XDP_TX;
    }
    return (int) (set->ahead != DSTM_AT_ONCE ? redirect_map(&followed, exit, XDP_ABORTED) : redirect_map(&devices, exit, XDP_ABORTED));
}

INLINE int forward_from_tunnel(struct xdp_md *context, const struct dstm_settings *set, struct ethernet *frame, void *end, __u32 only)
{
    __u32 size = size_of(frame, end);
    struct ipv6 *outer = (void *) (frame + 1);
    struct given packet = {.context = context, .arrived_by = context->ingress_ifindex, .octets = size - ETHERNET};
    struct judged as = from_tunnel(&packet, set, outer, end);
    const struct dstm_exit *by = as.hop ? exit_of(as.hop) : 0;
    if (!by || (only != ANYWHERE && only != by->index)) {
        return XDP_PASS;
    }
    decapsulated((struct ipv4 *) (outer + 1), &as);
    count(DSTM_DECAPSULATED, 1, IPV6 + as.length);
    return leave(context, set, as.hop, by, TYPE_IPV4, IPV6, size - (ETHERNET + IPV6 + as.length), only);
}

INLINE int forward_to_tunnel(struct xdp_md *context, const struct dstm_settings *set, struct ethernet *frame, void *end, __u32 only)
{
    __u32 size = size_of(frame, end);
    struct ipv4 *header = (void *) (frame + 1);
    struct ipv6 outer;
    struct given packet = {.context = context, .arrived_by = context->ingress_ifindex, .octets = size - ETHERNET};
    struct judged as = to_tunnel(&packet, set, header, end, &outer);
    const struct dstm_exit *by = as.hop ? exit_of(as.hop) : 0;
    if (by) {
        learn_way(as.hop);
    }
    if (!by || (only != ANYWHERE && only != by->index)) {
        return XDP_PASS;
    }
    decrement_ttl(header);
    count(DSTM_ENCAPSULATED, 1, as.length);
    int verdict = leave(context, set, as.hop, by, TYPE_IPV6, -IPV6, size - (ETHERNET + as.length), only);
    struct ipv6 *written = (void *) (long) context->data + ETHERNET;
    if ((void *) (written + 1) > (void *) (long) context->data_end) {
        return XDP_ABORTED;
    }
    *written = outer;
    return verdict;
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

#include "ahead.h"

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
        note->hop = hop_to_world(context, context->ingress_ifindex, inner, length, tos, monotonic_tick());
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
INLINE int hand(struct xdp_md *context, const struct dstm_settings *set, const struct dstm_link *link)
{
    void *end = (void *) (long) context->data_end;
    struct ethernet *frame = (void *) (long) context->data;
    __u32 queue = context->rx_queue_index;
    __u32 key = (link->exit & (DSTM_EXITS - 1)) * DSTM_QUEUES + queue;
    if ((void *) (frame + 1) > end || queue >= DSTM_QUEUES || size_of(frame, end) > DSTM_LONGEST_FRAME || !map_lookup(&sockets, &key)) {
        return XDP_PASS;
    }
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

SECTION("xdp") int forward(struct xdp_md *context)
{
    void *end = (void *) (long) context->data_end;
    struct ethernet *frame = (void *) (long) context->data;
    __u32 zero = 0;
    const struct dstm_settings *set = map_lookup(&settings, &zero);
    const struct dstm_link *link = arrived(context->ingress_ifindex, frame, end);
    if (!set || !link) {
        return XDP_PASS;
    }
    if (set->ahead == DSTM_AHEAD) {
        __u32 exit = frame->type == NET16(TYPE_IPV6) ? ahead_from_tunnel(set, frame, end) : ahead_to_tunnel(set, frame, end);
        if (exit != NONE) {
            return ask_later(frame, exit);
        }
    }
    int verdict = frame->type == NET16(TYPE_IPV6) ? forward_from_tunnel(context, set, frame, end, ANYWHERE)
                                                  : forward_to_tunnel(context, set, frame, end, ANYWHERE);
    return verdict == XDP_PASS ? hand(context, set, link) : verdict;
}

/* Judges what was asked for ahead, where it leaves: sent, or given to the rules. */
SECTION("follow") int follow_up(struct xdp_md *context)
{
    return judge_late(context, context->egress_ifindex);
}

/* The same for trials (BPF_PROG_TEST_RUN), which know no devices that packets leave by. */
SECTION("trial") int try_out(struct xdp_md *context)
{
    return judge_late(context, context->ingress_ifindex);
}

/* Forwards nothing: the rules have every packet. */
SECTION("hand") int hand_over(struct xdp_md *context)
{
    void *end = (void *) (long) context->data_end;
    struct ethernet *frame = (void *) (long) context->data;
    __u32 zero = 0;
    const struct dstm_settings *set = map_lookup(&settings, &zero);
    const struct dstm_link *link = arrived(context->ingress_ifindex, frame, end);
    return set && link ? hand(context, set, link) : XDP_PASS;
}
