/* Headers as they lie in a packet, fields in network byte order, and what is done to them. */
#ifndef DSTM_HEADERS_H
#define DSTM_HEADERS_H

#include "kernel.h"

/*
 * Ethernet leaves IP headers at an even place only. The structures do not say so, else the compiler would fetch every field by halves: the
 * processors that these programs are for (and so the verifiers there) take a word at any place.
 */
struct ethernet {
    __u16 destination[3];
    __u16 source[3];
    __u16 type;
};

struct ipv4 {
    __u8 version_and_length;
    __u8 tos;
    __u16 total_length;
    __u16 identification;
    __u16 fragment;
    __u8 ttl;
    __u8 protocol;
    __u16 checksum;
    __u32 source;
    __u32 destination;
};

struct ipv6 {
    __u32 first; /* version, traffic class, flow label */
    __u16 payload_length;
    __u8 next;
    __u8 hop_limit;
    __u64 source[2];
    __u64 destination[2];
};

/* As far as the programs look. */
struct transport {
    __u16 source; /* of an ICMP message: type and code */
    __u16 destination;
    __u16 identifier; /* of an ICMP query */
};

#define ETHERNET 14
#define IPV4 20
#define IPV6 40

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86DD

#define ICMP 1
#define IPV4_IN_IPV6 4
#define TCP 6
#define UDP 17

#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO 8

#define TCP_DATA_OFFSET 12
#define TCP_FLAGS 13
#define TCP_SYN 2
#define TCP_HEADER 20
#define UDP_HEADER 8

#define MORE_FRAGMENTS_OR_OFFSET 0x3FFF
#define DONT_FRAGMENT 0x4000

#define DSCP 0xFC
#define ECN 3

INLINE __u16 fold(__u32 sum)
{
    sum = (sum >> 16) + (sum & 0xFFFF);
    sum = (sum >> 16) + (sum & 0xFFFF);
    return (__u16) sum;
}

/* Whether a header of 20 octets is as it left its sender. */
INLINE int is_sound(const struct ipv4 *header)
{
    const __u32 *words = (const __u32 *) header;
    __u64 sum = (__u64) words[0] + words[1] + words[2] + words[3] + words[4];
    sum = (sum >> 32) + (__u32) sum;
    return fold((__u32) (sum >> 16) + (__u32) (sum & 0xFFFF)) == 0xFFFF;
}

/* RFC 1624 equation 3 */
INLINE void changed(struct ipv4 *header, __u16 old_word, __u16 new_word)
{
    header->checksum = (__u16) ~fold((__u32) (__u16) ~header->checksum + (__u16) ~old_word + new_word);
}

INLINE void decrement_ttl(struct ipv4 *header)
{
    __u16 *word = (__u16 *) &header->ttl;
    __u16 before = *word;
    header->ttl--;
    changed(header, before, *word);
}

INLINE void change_tos(struct ipv4 *header, __u8 tos)
{
    __u16 *word = (__u16 *) header;
    __u16 before = *word;
    header->tos = tos;
    changed(header, before, *word);
}

/* Source addresses that may not cross a router (RFC 1812 section 5.3.7); address in the machine's order. */
INLINE int is_martian(__u32 address)
{
    __u32 first = address >> 24;
    return first == 0 || first == 127 || first >= 224 || address >> 16 == 0xA9FE;
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

#endif
