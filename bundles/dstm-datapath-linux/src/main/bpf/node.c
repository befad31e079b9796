/*
 * The common packet of a node with a whole address: put into the tunnel where the 4over6 interface sends, taken out of it where a
 * network device receives (tc, in front of the network stack). Packets stay as large as the kernel or the network card has made them: segments
 * that belong together travel as one. All else is let through untouched, so that the rules in Java judge it: no packet that these
 * programs have not changed is dropped.
 */
#include "node.h"
#include "tc.h"

SECTION("maps") int leases;
SECTION("maps") int current;
SECTION("maps") int counts;

static __u64 (*const monotonic)(void) = (void *) BPF_FUNC_ktime_get_ns;
static long (*const change_head)(struct __sk_buff *packet, __u32 length, __u64 flags) = (void *) BPF_FUNC_skb_change_head;
static long (*const redirect_neighbour)(__u32 device, void *next_hop, int length, __u64 flags)
    = (void *) BPF_FUNC_redirect_neigh;

#define FAMILY_IPV6 10
#define TO_THIS_HOST 0
#define UDP_OR_ICMP_HEADER 8
#define PLACEHOLDER 0xC0000002U

INLINE void count(__u32 which, __u32 segments, __u32 length)
{
    struct dstm_node_count *counted = map_lookup(&counts, &which);
    if (counted) {
        counted->packets += segments > 1 ? segments : 1;
        counted->bytes += length;
    }
}

/* The lease, if there is one and it is not over. */
INLINE const struct dstm_lease *lease(__u64 now)
{
    __u32 zero = 0;
    const __u32 *slot = map_lookup(&current, &zero);
    if (!slot) {
        return 0;
    }
    __u32 which = *(const volatile __u32 *) slot & (DSTM_LEASES - 1);
    const struct dstm_lease *found = map_lookup(&leases, &which);
    return found && now < found->end ? found : 0;
}

/* Addresses that no packet of a tunnel comes from or goes to: this network, this host, multicast and beyond. */
INLINE int is_local_matter(__u32 address)
{
    __u32 first = address >> 24;
    return first == 0 || first == 127 || first >= 224 || address == PLACEHOLDER;
}

INLINE int is_common(const struct ipv4 *header)
{
    return header->version_and_length == 0x45 && (header->fragment & NET16(MORE_FRAGMENTS_OR_OFFSET)) == 0
        && is_sound(header);
}

/*
 * The length of a TCP, UDP or echo packet's own header, if its port of this node (ICMP: its identifier) is none that translated flows
 * have; 0 for all other packets.
 */
INLINE __u32 native_header(const struct dstm_lease *from, const struct ipv4 *header, __u32 length, const void *end,
                           int incoming)
{
    const struct transport *ports = (const void *) (header + 1);
    if ((const void *) (ports + 1) > end) {
        return 0;
    }
    __u32 own = NET16(incoming ? ports->destination : ports->source);
    __u32 least = UDP_OR_ICMP_HEADER;
    if (header->protocol == TCP) {
        const __u8 *octets = (const void *) ports;
        if ((const void *) (octets + TCP_HEADER) > end) {
            return 0;
        }
        least = (__u32) (octets[TCP_DATA_OFFSET] >> 4) * 4;
        if (least < TCP_HEADER) {
            return 0;
        }
    } else if (header->protocol == ICMP) {
        __u32 type = NET16(ports->source) >> 8;
        if (type != ICMP_ECHO && type != ICMP_ECHO_REPLY) {
            return 0;
        }
        own = NET16(ports->identifier);
    } else if (header->protocol != UDP) {
        return 0;
    }
    return length >= IPV4 + least && own < from->first_reserved ? least : 0;
}

/* The device by which a packet of this length leaves to the TEP; 0 if the kernel knows none at the moment, or the length does not fit. */
INLINE __u32 way(struct __sk_buff *packet, const struct dstm_lease *from, __u8 traffic_class, __u32 length)
{
    struct bpf_fib_lookup asked = {0};
    asked.family = FAMILY_IPV6;
    asked.tot_len = (__u16) length;
    asked.ifindex = from->lookup_device;
    asked.flowinfo = NET32((__u32) traffic_class << 20);
    __u64 *source = (void *) asked.ipv6_src;
    __u64 *destination = (void *) asked.ipv6_dst;
    source[0] = from->node[0];
    source[1] = from->node[1];
    destination[0] = from->tep[0];
    destination[1] = from->tep[1];
    if (fib_lookup(packet, &asked, sizeof asked, 0) != BPF_FIB_LKUP_RET_SUCCESS || asked.ifindex == from->device) {
        return 0;
    }
    return asked.ifindex;
}

/* The device has no frames; the kernel tries programs with frames only, so that there is this for both. */
INLINE int encapsulate(struct __sk_buff *packet, __u32 frame)
{
    __u64 now = monotonic();
    const struct dstm_lease *from = packet->protocol == NET16(TYPE_IPV4) ? lease(now) : 0;
    if (!from || !gather(packet, frame + LONGEST_LOOKED_AT)) {
        return LEFT;
    }
    void *end = (void *) (long) packet->data_end;
    const struct ipv4 *header = (void *) (long) packet->data + frame;
    if ((const void *) (header + 1) > end) {
        return LEFT;
    }
    __u32 length = NET16(header->total_length);
    __u32 destination = NET32(header->destination);
    if (!is_common(header) || frame + length != packet->len || header->source != from->address
        || header->destination == from->address || is_local_matter(destination)) {
        return LEFT;
    }
    __u32 own = native_header(from, header, length, end, 0);
    if (own == 0) {
        return LEFT;
    }
    /* The kernel cuts it later: what counts is the length of the parts. */
    __u32 part = packet->gso_size ? IPV4 + own + packet->gso_size : length;
    __u32 longest = now < from->path_end ? from->path_mtu : from->tunnel_mtu;
    if (part + IPV6 > longest) {
        return LEFT;
    }
    __u8 traffic_class = header->tos & from->outer_mask;
    __u32 device = way(packet, from, traffic_class, part + IPV6);
    if (device == 0) {
        return LEFT;
    }
    __u32 segments = packet->gso_segs;
    struct {
        __u16 unused; /* so that the header lies at a place that is good for words */
        struct ethernet frame;
        struct ipv6 header;
    } outer = {
        .frame = {.type = NET16(TYPE_IPV6)},
        .header = {.first = NET32(0x60000000 | (__u32) traffic_class << 20),
                   .payload_length = NET16((__u16) length),
                   .next = IPV4_IN_IPV6,
                   .hop_limit = from->hop_limit,
                   .source = {from->node[0], from->node[1]},
                   .destination = {from->tep[0], from->tep[1]}}};
    if (adjust_room(packet, IPV6, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6)) {
        return LEFT;
    }
    if ((frame == 0 && change_head(packet, ETHERNET, 0)) || store(packet, 0, &outer.frame, ETHERNET + IPV6, 0)) {
        return DROPPED;
    }
    count(DSTM_NODE_ENCAPSULATED, segments, length);
    return (int) redirect_neighbour(device, 0, 0, 0);
}

SECTION("tc/send") int send(struct __sk_buff *packet)
{
    return encapsulate(packet, 0);
}

SECTION("tc/send_frame") int send_frame(struct __sk_buff *packet)
{
    return encapsulate(packet, ETHERNET);
}

SECTION("tc/receive") int receive(struct __sk_buff *packet)
{
    const struct dstm_lease *to = packet->protocol == NET16(TYPE_IPV6) ? lease(monotonic()) : 0;
    if (!to || packet->pkt_type != TO_THIS_HOST || packet->vlan_present
        || !gather(packet, ETHERNET + IPV6 + LONGEST_LOOKED_AT)) {
        return LEFT;
    }
    void *end = (void *) (long) packet->data_end;
    const struct ipv6 *outer = (void *) (long) packet->data + ETHERNET;
    const struct ipv4 *inner = (const void *) (outer + 1);
    if ((const void *) (inner + 1) > end) {
        return LEFT;
    }
    __u32 first = NET32(outer->first);
    __u32 length = NET16(inner->total_length);
    if (outer->next != IPV4_IN_IPV6 || first >> 28 != 6 || outer->source[0] != to->tep[0] || outer->source[1] != to->tep[1]
        || outer->destination[0] != to->node[0] || outer->destination[1] != to->node[1]
        || NET16(outer->payload_length) != length || ETHERNET + IPV6 + length != packet->len) {
        return LEFT;
    }
    __u32 source = NET32(inner->source);
    if (!is_common(inner) || inner->destination != to->address || inner->source == to->address || is_local_matter(source)
        || native_header(to, inner, length, end, 1) == 0) {
        return LEFT;
    }
    __u8 traffic_class = (__u8) (first >> 20);
    int ecn = merged_ecn(traffic_class, inner->tos);
    if (ecn < 0) {
        return LEFT;
    }
    __u32 segments = packet->gso_segs;
    struct ipv4 header = *inner;
    change_tos(&header, (__u8) ((traffic_class & DSCP) | ecn));
    /* In two steps, for no kernel before 6.3 has one that makes an IPv4 packet of it at once. */
    if (change_protocol(packet, NET16(TYPE_IPV4), 0)) {
        return LEFT;
    }
    struct ethernet type = {.type = NET16(TYPE_IPV4)};
    if (adjust_room(packet, -IPV6 / 2, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET)
        || store(packet, ETHERNET - sizeof type.type, &type.type, sizeof type.type, 0)
        || store(packet, ETHERNET, &header, sizeof header, 0)) {
        return DROPPED;
    }
    count(DSTM_NODE_DECAPSULATED, segments, IPV6 + length);
    return (int) redirect(to->device, BPF_F_INGRESS);
}
