#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "internal.h"
#include "offload.h"

#define IPV4_HEADER 20
#define TCP_HEADER 20
#define UDP_HEADER 8
#define ICMP_HEADER 8
#define TCP_CHECKSUM 16
#define UDP_CHECKSUM 6
#define TCP_DATA_OFFSET 12
#define TCP_FLAGS 13
#define TCP_CWR 0x80
#define TCP_SYN_RST_URG 0x26
#define ICMP_UNREACHABLE 3
#define ICMP_FRAGMENTATION_NEEDED 4

/* The least that Linux itself believes of a path (net.ipv4.route.min_pmtu): an error may be a lie. */
#define SHORTEST_PATH 552

static uint16_t read16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return ntohs(value);
}

static uint32_t read32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void write16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t) (value >> 8);
    at[1] = (uint8_t) value;
}

/* Unfinished one's complement sum, in the machine's byte order: the sum of words does not mind (RFC 1071 section 2 B). */
static uint64_t sum(const uint8_t *at, int32_t length)
{
    uint64_t result = 0;
    for (; length >= 4; at += 4, length -= 4) {
        result += read32(at);
    }
    uint8_t rest[4] = {0};
    memcpy(rest, at, (size_t) length);
    return result + read32(rest);
}

/* The folded sum as it is written into a header. */
static uint16_t fold(uint64_t unfinished)
{
    unfinished = (unfinished >> 32) + (unfinished & UINT32_MAX);
    unfinished = (unfinished >> 32) + (unfinished & UINT32_MAX);
    unfinished = (unfinished >> 16) + (unfinished & UINT16_MAX);
    unfinished = (unfinished >> 16) + (unfinished & UINT16_MAX);
    unfinished = (unfinished >> 16) + (unfinished & UINT16_MAX);
    return ntohs((uint16_t) unfinished);
}

static uint16_t pseudo_header(const uint8_t *packet, int32_t length)
{
    uint8_t last[4] = {0, packet[9], (uint8_t) (length >> 8), (uint8_t) length};
    return fold(sum(packet + 12, 8) + sum(last, 4));
}

/* The length of the IPv4 header of a packet that is whole and no fragment; 0 for any other. */
static int32_t whole(const uint8_t *packet, int32_t length)
{
    if (length < IPV4_HEADER || packet[0] >> 4 != 4) {
        return 0;
    }
    int32_t header = (packet[0] & 0xF) * 4;
    int32_t total = read16(packet + 2);
    bool fragment = (read16(packet + 6) & 0x3FFF) != 0;
    return header >= IPV4_HEADER && total >= header && total <= length && !fragment ? header : 0;
}

void dstm_complete(uint8_t *packet, int32_t length)
{
    int32_t header = whole(packet, length);
    if (header == 0) {
        return;
    }
    bool tcp = packet[9] == IPPROTO_TCP;
    int32_t field = header + (tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
    int32_t segment = read16(packet + 2) - header;
    if ((!tcp && packet[9] != IPPROTO_UDP) || segment < (tcp ? TCP_HEADER : UDP_HEADER)
        || read16(packet + field) != pseudo_header(packet, segment)) {
        return;
    }
    uint16_t checksum = (uint16_t) ~fold(sum(packet + header, segment));
    write16(packet + field, !tcp && checksum == 0 ? UINT16_MAX : checksum);
}

static uint32_t place(uint32_t address, int32_t count)
{
    return (uint32_t) ((uint64_t) (address * UINT32_C(0x9E3779B1)) * (uint32_t) count >> 32);
}

void dstm_learn_path(const uint8_t *packet, int32_t length, uint64_t *paths, int32_t path_count)
{
    if (length < IPV4_HEADER + ICMP_HEADER + IPV4_HEADER || packet[9] != IPPROTO_ICMP) {
        return;
    }
    int32_t header = whole(packet, length);
    if (header == 0 || length < header + ICMP_HEADER + IPV4_HEADER) {
        return;
    }
    const uint8_t *icmp = packet + header;
    if (icmp[0] != ICMP_UNREACHABLE || icmp[1] != ICMP_FRAGMENTATION_NEEDED || path_count <= 0) {
        return;
    }
    uint32_t mtu = read16(icmp + 6);
    if (mtu < SHORTEST_PATH) {
        mtu = SHORTEST_PATH;
    }
    uint32_t destination = read32(icmp + ICMP_HEADER + 16);
    uint64_t *path = &paths[place(destination, path_count)];
    uint64_t known = __atomic_load_n(path, __ATOMIC_RELAXED);
    if ((uint32_t) (known >> 32) != destination || (uint32_t) known > mtu) {
        __atomic_store_n(path, (uint64_t) destination << 32 | mtu, __ATOMIC_RELAXED);
    }
}

static int32_t longest_to(uint32_t destination, const uint64_t *paths, int32_t path_count, int32_t longest)
{
    if (path_count <= 0) {
        return longest;
    }
    uint64_t known = __atomic_load_n(&paths[place(destination, path_count)], __ATOMIC_RELAXED);
    bool shorter = (uint32_t) (known >> 32) == destination && (int32_t) known < longest;
    return shorter && known != 0 ? (int32_t) known : longest;
}

int32_t dstm_cut(const uint8_t *packet, int32_t length, int32_t longest, const uint64_t *paths, int32_t path_count,
                 struct virtio_net_hdr *order, uint8_t *headers)
{
    memset(order, 0, sizeof *order);
    if (longest <= 0 || length <= SHORTEST_PATH || packet[9] != IPPROTO_TCP) {
        return 0;
    }
    int32_t limit = longest_to(read32(packet + 16), paths, path_count, longest);
    int32_t header = length > limit ? whole(packet, length) : 0;
    if (header == 0 || read16(packet + 2) != length || length < header + TCP_HEADER) {
        return 0;
    }
    int32_t both = header + (packet[header + TCP_DATA_OFFSET] >> 4) * 4;
    if (both < header + TCP_HEADER || both >= length || both >= limit) {
        return 0;
    }
    /* Nobody joins segments with these, so it is one long segment, such as came in IPv6 fragments. */
    if (packet[header + TCP_FLAGS] & TCP_SYN_RST_URG) {
        return 0;
    }
    order->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    order->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
    if (packet[header + TCP_FLAGS] & TCP_CWR) {
        order->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
    }
    order->hdr_len = (uint16_t) both;
    order->gso_size = (uint16_t) (limit - both);
    order->csum_start = (uint16_t) header;
    order->csum_offset = TCP_CHECKSUM;
    memcpy(headers, packet, (size_t) both);
    write16(headers + header + TCP_CHECKSUM, pseudo_header(packet, length - header));
    return both;
}
