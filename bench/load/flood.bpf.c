/*
 * Makes small packets as fast as a processor can, and counts what arrives at the other end: bench/datapath loads both. A packet is UDP
 * with 64 octets of payload, of a client at random.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flood.h"

struct ethernet {
    __u8 to[6], from[6];
    __u16 type;
} __attribute__((packed));

struct ipv4 {
    __u8 version, tos;
    __u16 length, id, fragment;
    __u8 ttl, protocol;
    __u16 checksum;
    __u32 from, to;
} __attribute__((packed));

struct ipv6 {
    __u32 first;
    __u16 length;
    __u8 next, hops;
    __u64 from[2], to[2];
} __attribute__((packed));

struct udp {
    __u16 from, to, length, checksum;
} __attribute__((packed));

const volatile struct flood_order order;
__u64 seed = 88172645463325252ULL;

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u64);
} seen SEC(".maps");

#define INLINE static inline __attribute__((always_inline))

INLINE __u32 client(void)
{
    __u64 x = seed;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    seed = x;
    return (__u32) (((x & 0xFFFFFFFF) * order.clients) >> 32);
}

INLINE void write_ipv4(struct ipv4 *header, __u32 from, __u32 to)
{
    const __u16 *words = (const __u16 *) header;
    header->version = 0x45;
    header->tos = 0;
    header->length = bpf_htons(20 + 8 + FLOOD_PAYLOAD);
    header->id = 0;
    header->fragment = bpf_htons(0x4000);
    header->ttl = 64;
    header->protocol = 17;
    header->checksum = 0;
    header->from = bpf_htonl(from);
    header->to = bpf_htonl(to);
    __u32 sum = 0;
#pragma unroll
    for (int i = 0; i < 10; i++) {
        sum += words[i];
    }
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    header->checksum = (__u16) ~sum;
}

INLINE void write_udp(struct udp *header, __u16 from, __u16 to)
{
    header->from = bpf_htons(from);
    header->to = bpf_htons(to);
    header->length = bpf_htons(8 + FLOOD_PAYLOAD);
    /* Not the right one, but not 0 either, which translators would have to replace; nobody checks it on the way. */
    header->checksum = bpf_htons(0x1234);
}

INLINE void write_ipv6(struct ipv6 *header, __u16 length, __u8 next)
{
    header->first = bpf_htonl(0x60000000);
    header->length = bpf_htons(length);
    header->next = next;
    header->hops = 64;
    header->from[0] = order.from6[0];
    header->from[1] = order.from6[1];
    header->to[0] = order.to6[0];
    header->to[1] = order.to6[1];
}

/* Octets 8 to 15 of a client's IPv6 address are its number. */
INLINE __u64 number(__u32 which)
{
    return bpf_cpu_to_be64((__u64) which + 1);
}

SEC("xdp") int flood(struct xdp_md *context)
{
    void *end = (void *) (long) context->data_end;
    struct ethernet *frame = (void *) (long) context->data;
    struct ipv6 *outer = (void *) (frame + 1);
    if ((void *) frame + FLOOD_FRAME > end) {
        return XDP_DROP;
    }
#pragma unroll
    for (int i = 0; i < 3; i++) {
        ((__u16 *) frame->to)[i] = order.to[i];
        ((__u16 *) frame->from)[i] = order.from[i];
    }
    __u32 which = client();
    __u32 address = order.first + (which >> order.shared);
    __u16 port = (__u16) ((which & ((1U << order.shared) - 1)) << (16 - order.shared)) + 40;
    if (order.kind == FLOOD_IPV4 || order.kind == FLOOD_DOWN) {
        struct ipv4 *header = (void *) (frame + 1);
        frame->type = bpf_htons(0x0800);
        write_ipv4(header, order.kind == FLOOD_DOWN ? order.world : order.first, order.kind == FLOOD_DOWN ? address : order.world);
        write_udp((void *) (header + 1), 53, port);
    } else if (order.kind == FLOOD_UP) {
        struct ipv4 *inner = (void *) (outer + 1);
        frame->type = bpf_htons(0x86DD);
        write_ipv6(outer, 20 + 8 + FLOOD_PAYLOAD, 4);
        outer->from[1] = number(which);
        write_ipv4(inner, address, order.world);
        write_udp((void *) (inner + 1), port, 53);
    } else {
        frame->type = bpf_htons(0x86DD);
        write_ipv6(outer, 8 + FLOOD_PAYLOAD, 17);
        if (order.kind == FLOOD_TRANSLATED) {
            outer->from[1] = number(which);
        }
        write_udp((void *) (outer + 1), port, 53);
    }
    long excess = end - (void *) frame;
    __u32 wanted = order.kind == FLOOD_UP ? 14 + 40 + 20 + 8 + FLOOD_PAYLOAD
        : order.kind == FLOOD_IPV4 || order.kind == FLOOD_DOWN ? 14 + 20 + 8 + FLOOD_PAYLOAD
                                                               : 14 + 40 + 8 + FLOOD_PAYLOAD;
    if (excess != wanted && bpf_xdp_adjust_tail(context, (int) wanted - (int) excess)) {
        return XDP_DROP;
    }
    return XDP_TX;
}

INLINE void count(__u32 which)
{
    __u64 *counter = bpf_map_lookup_elem(&seen, &which);
    if (counter) {
        (*counter)++;
    }
}

/* Counts and drops UDP of the flood's size, bare or in IPv6; what keeps a network alive passes. */
SEC("xdp") int sink(struct xdp_md *context)
{
    void *end = (void *) (long) context->data_end;
    struct ethernet *frame = (void *) (long) context->data;
    if ((void *) frame + 14 + 20 + 8 + FLOOD_PAYLOAD > end) {
        return XDP_PASS;
    }
    struct ipv4 *header = (void *) (frame + 1);
    if (frame->type == bpf_htons(0x0800)) {
        if (header->protocol != 17 || header->length != bpf_htons(20 + 8 + FLOOD_PAYLOAD)) {
            return XDP_PASS;
        }
        count(0);
        return XDP_DROP;
    }
    struct ipv6 *outer = (void *) (frame + 1);
    if (frame->type != bpf_htons(0x86DD) || (outer->next != 4 && outer->next != 17)) {
        return XDP_PASS;
    }
    if (outer->next == 4) {
        struct ipv4 *inner = (void *) (outer + 1);
        if ((void *) (inner + 1) > end || inner->version != 0x45 || inner->length != bpf_htons(20 + 8 + FLOOD_PAYLOAD)) {
            return XDP_PASS;
        }
        /* The client that the address and port say. */
        struct udp *ports = (void *) (inner + 1);
        if ((void *) (ports + 1) > end) {
            return XDP_PASS;
        }
        __u32 which = (bpf_ntohl(inner->to) - order.first) << order.shared | bpf_ntohs(ports->to) >> 1 >> (15 - order.shared);
        count(order.clients != 0 && outer->to[1] != number(which) ? 1 : 0);
        return XDP_DROP;
    }
    count(0);
    return XDP_DROP;
}

char terms[] SEC("license") = "GPL";
