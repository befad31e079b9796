/*
 * The common packet, forwarded where the network stack begins (tc): for devices whose drivers run no programs, and where bulk matters.
 * What the kernel or a network card has joined stays one packet, as large as it is, and is cut where it leaves. All else is let through
 * untouched, so that the rules in Java judge it; nothing is dropped but what the kernel has no memory for. The same program runs on the
 * devices of either side.
 */
#include "judge.h"
#include "tc.h"

static long (*const change_tail)(struct __sk_buff *packet, __u32 length, __u64 flags) = (void *) BPF_FUNC_skb_change_tail;

/* Linux 6.3: what is taken away was the header round IPv4. */
#define DECAPSULATES_IPV4 (1ULL << 7)

/* How many packets one is, or will be. */
INLINE __u32 parts_of(const struct given *packet, const struct judged *as)
{
    return packet->part == 0 || as->length <= as->headers ? 1 : (as->length - as->headers + packet->part - 1) / packet->part;
}

/* What fills up a short frame is no part of the packet; one that was joined has nothing of the kind. */
INLINE int trim(struct __sk_buff *packet, const struct given *given, __u32 length)
{
    return given->octets == length || (given->part == 0 && change_tail(packet, ETHERNET + length, 0) == 0);
}

/* Takes the outer header off: 0, LEFT if the packet is as it was, or DROPPED. */
INLINE int take_out(struct __sk_buff *packet)
{
    if (adjust_room(packet, -IPV6, BPF_ADJ_ROOM_MAC,
                    BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET | DECAPSULATES_IPV4) == 0) {
        return 0;
    }
    /* In two steps for older kernels. */
    if (change_protocol(packet, NET16(TYPE_IPV4), 0)) {
        return LEFT;
    }
    return adjust_room(packet, -IPV6 / 2, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET) ? DROPPED
                                                                                                                  : 0;
}

INLINE int carry_from_tunnel(struct __sk_buff *packet, const struct given *given, const struct dstm_settings *set,
                             const struct ethernet *frame, const void *end)
{
    struct judged as = from_tunnel(given, set, (const void *) (frame + 1), end);
    const struct dstm_exit *by = as.hop ? exit_of(as.hop) : 0;
    if (!by || !trim(packet, given, IPV6 + as.length)) {
        return LEFT;
    }
    int taken = take_out(packet);
    if (taken) {
        return taken;
    }
    struct ethernet *bare = (void *) (long) packet->data;
    struct ipv4 *header = (void *) (bare + 1);
    if ((void *) (header + 1) > (void *) (long) packet->data_end) {
        return DROPPED;
    }
    decapsulated(header, &as);
    address(bare, as.hop, by, TYPE_IPV4);
    __u32 parts = parts_of(given, &as);
    count(DSTM_DECAPSULATED, parts, (__u64) as.length + (__u64) parts * IPV6 + (__u64) (parts - 1) * as.headers);
    return (int) redirect(by->index, 0);
}

INLINE int carry_to_tunnel(struct __sk_buff *packet, const struct given *given, const struct dstm_settings *set,
                           const struct ethernet *frame, const void *end)
{
    struct ipv6 outer = {0};
    struct judged as = to_tunnel(given, set, (const void *) (frame + 1), end, &outer);
    const struct dstm_exit *by = as.hop ? exit_of(as.hop) : 0;
    if (!by || !trim(packet, given, as.length)
        || adjust_room(packet, IPV6, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6)) {
        return LEFT;
    }
    if (store(packet, ETHERNET, &outer, IPV6, BPF_F_RECOMPUTE_CSUM)) {
        return DROPPED;
    }
    struct ethernet *whole = (void *) (long) packet->data;
    struct ipv4 *header = (void *) (whole + 1) + IPV6;
    if ((void *) (header + 1) > (void *) (long) packet->data_end) {
        return DROPPED;
    }
    decrement_ttl(header);
    address(whole, as.hop, by, TYPE_IPV6);
    __u32 parts = parts_of(given, &as);
    count(DSTM_ENCAPSULATED, parts, (__u64) as.length + (__u64) (parts - 1) * as.headers);
    return (int) redirect(by->index, 0);
}

SECTION("tc/carry") int carry(struct __sk_buff *packet)
{
    __u32 zero = 0;
    const struct dstm_settings *set = map_lookup(&settings, &zero);
    if (!set || packet->vlan_present || !arrived(packet->ifindex, (void *) (long) packet->data, (void *) (long) packet->data_end)
        || !gather(packet, ETHERNET + IPV6 + LONGEST_LOOKED_AT)) {
        return LEFT;
    }
    void *end = (void *) (long) packet->data_end;
    struct ethernet *frame = (void *) (long) packet->data;
    if ((void *) (frame + 1) > end) {
        return LEFT;
    }
    struct given given = {
        .context = packet, .arrived_by = packet->ifindex, .octets = packet->len - ETHERNET, .part = packet->gso_size};
    return frame->type == NET16(TYPE_IPV6) ? carry_from_tunnel(packet, &given, set, frame, end)
                                           : carry_to_tunnel(packet, &given, set, frame, end);
}
