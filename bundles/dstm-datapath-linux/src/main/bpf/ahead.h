/*
 * Judging in two steps, where the table of bindings is larger than the processor's caches: most of what a packet costs then is the wait for the
 * line of memory that its binding lies in. A read stops the processor until the line is there, and nothing else asks for one; but a
 * write waits beside the processor's work. So the first program writes to an octet of the binding that nobody reads, and leaves the packet,
 * untouched, to a second program: the kernel runs that when it has gathered some packets for the device that they leave by
 * (a program in a map of devices, Linux 5.8), and by then their lines are there. The second program judges as the only one does
 * elsewhere. It can but send or drop. So only those packets go this way that are the rules' if they are not common, and what it does not
 * send lies in a ring for them.
 *
 * The kernel has one queue for each device and processor, and runs the program of the first packet for all: so where packets go this way, what was
 * judged at once goes through the same map. What was not bears a type that no other frame in the queue has.
 */
#ifndef DSTM_AHEAD_H
#define DSTM_AHEAD_H

SECTION("maps") int left;

/* For local experiments (IEEE 802): frames of these types that arrive are not looked at. */
#define UNJUDGED_IPV4 0x88B5
#define UNJUDGED_IPV6 0x88B6

/* Asks for the line of a binding; whether there is a place for one. */
INLINE int touch(const struct dstm_settings *set, __u32 address, __u16 port)
{
    __u32 index = place(set, address, port);
    struct dstm_binding *found = map_lookup(&bindings, &index);
    if (!found) {
        return 0;
    }
    *(volatile __u8 *) &found->touched = 0;
    return 1;
}

/* Whether a packet of these ports may be common: UDP, or TCP that the rules need not see. */
INLINE int may_be_common(const struct dstm_settings *set, const struct ipv4 *header, const void *end)
{
    const __u8 *octets = (const void *) (header + 1);
    return header->version_and_length == 0x45 && (header->fragment & NET16(MORE_FRAGMENTS_OR_OFFSET)) == 0
        && (header->protocol == UDP
            || (header->protocol == TCP && (const void *) (octets + TCP_HEADER) <= end
                && (set->tcp_mss == 0 || (octets[TCP_FLAGS] & TCP_SYN) == 0)));
}

/* The exit that a packet from a tunnel will leave by if it is common; NONE if that is not known, or the packet is not the rules'. */
INLINE __u32 ahead_from_tunnel(const struct dstm_settings *set, const struct ethernet *frame, const void *end)
{
    const struct ipv6 *outer = (const void *) (frame + 1);
    const struct ipv4 *inner = (const void *) (outer + 1);
    const struct transport *ports = (const void *) (inner + 1);
    if ((const void *) (ports + 1) > end || size_of(frame, end) > DSTM_LONGEST_FRAME || outer->next != IPV4_IN_IPV6
        || (outer->first & NET32(0xF0000000)) != NET32(0x60000000) || !may_be_common(set, inner, end)) {
        return NONE;
    }
    __u32 length = NET16(outer->payload_length);
    if (length < IPV4 || (const void *) inner + length > end || !touch(set, NET32(inner->source), NET16(ports->source))
        || !is_tunnel_address(outer)) {
        return NONE;
    }
    __u32 key = place_of_route(inner->destination);
    const struct dstm_route *known = map_lookup(&routes, &key);
    return known && known->destination == inner->destination && known->hop != 0
        ? (__u32) (known->hop >> DSTM_HOP_EXIT) & (DSTM_EXITS - 1)
        : NONE;
}

/* The same for one that would be routed into the TUN. */
INLINE __u32 ahead_to_tunnel(const struct dstm_settings *set, const struct ethernet *frame, const void *end)
{
    const struct ipv4 *header = (const void *) (frame + 1);
    const struct transport *ports = (const void *) (header + 1);
    if ((const void *) (ports + 1) > end || size_of(frame, end) > DSTM_LONGEST_FRAME || !may_be_common(set, header, end)) {
        return NONE;
    }
    __u32 length = NET16(header->total_length);
    __u32 zero = 0;
    const __u32 *way = map_lookup(&ways, &zero);
    if (length < IPV4 + UDP_HEADER || (const void *) header + length > end || !way || *way - 1 >= DSTM_EXITS
        || !touch(set, NET32(header->destination), NET16(ports->destination)) || header->ttl <= 1
        || is_martian(NET32(header->source)) || !is_sound(header)) {
        return NONE;
    }
    return *way - 1;
}

/* Writes a frame to its place in the ring; the verifier has to see both bounds by themselves, which the compiler would make one. */
INLINE void put(struct xdp_md *context, struct dstm_left *place, __u64 length, __u64 most)
{
    place->length = (__u32) length;
    __asm__ volatile("" : "+r"(length));
    if (length < ETHERNET) {
        goto unfit;
    }
    __asm__ volatile("" : "+r"(length));
    if (length > most || load_bytes(context, 0, place->frame, (__u32) length)) {
        goto unfit;
    }
    ring_submit(place, 0);
    return;
unfit:
    ring_discard(place, 0);
}

/* Leaves a frame to the second program. */
INLINE int ask_later(struct ethernet *frame, __u32 exit)
{
    frame->type = frame->type == NET16(TYPE_IPV6) ? NET16(UNJUDGED_IPV6) : NET16(UNJUDGED_IPV4);
    return (int) redirect_map(&followed, exit, XDP_ABORTED);
}

/* Puts a frame where the rules find it, and nobody else does. */
INLINE int leave_to_rules(struct xdp_md *context)
{
    __u32 length = size_of((void *) (long) context->data, (void *) (long) context->data_end);
    if (length <= DSTM_SHORT_FRAME) {
        struct dstm_left *place = ring_reserve(&left, sizeof *place - DSTM_LONGEST_FRAME + DSTM_SHORT_FRAME, 0);
        if (!place) {
            count(DSTM_LOST, 1, length);
            return XDP_DROP;
        }
        put(context, place, length, DSTM_SHORT_FRAME);
    } else {
        struct dstm_left *place = ring_reserve(&left, sizeof *place, 0);
        if (!place) {
            count(DSTM_LOST, 1, length);
            return XDP_DROP;
        }
        put(context, place, length, DSTM_LONGEST_FRAME);
    }
    return XDP_DROP;
}

INLINE int judge_late(struct xdp_md *context, __u32 leaves_by)
{
    void *end = (void *) (long) context->data_end;
    struct ethernet *frame = (void *) (long) context->data;
    __u32 zero = 0;
    const struct dstm_settings *set = map_lookup(&settings, &zero);
    if ((void *) (frame + 1) > end) {
        return XDP_DROP;
    }
    if (frame->type == NET16(UNJUDGED_IPV6)) {
        frame->type = NET16(TYPE_IPV6);
    } else if (frame->type == NET16(UNJUDGED_IPV4)) {
        frame->type = NET16(TYPE_IPV4);
    } else {
        return XDP_PASS;
    }
    if (!set || !arrived(context->ingress_ifindex, frame, end)) {
        return leave_to_rules(context);
    }
    int verdict = frame->type == NET16(TYPE_IPV6) ? forward_from_tunnel(context, set, frame, end, leaves_by)
                                                  : forward_to_tunnel(context, set, frame, end, leaves_by);
    return verdict == XDP_PASS ? leave_to_rules(context) : verdict == XDP_TX ? XDP_PASS : XDP_DROP;
}

#endif
