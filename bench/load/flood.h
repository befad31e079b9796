#ifndef FLOOD_H
#define FLOOD_H

#define FLOOD_PAYLOAD 64
#define FLOOD_FRAME 146 /* the longest: Ethernet, IPv6, IPv4, UDP, payload */

enum flood_kind {
    FLOOD_IPV4,       /* plain, from the first address */
    FLOOD_IPV6,       /* plain */
    FLOOD_UP,         /* from clients, in IPv6 */
    FLOOD_DOWN,       /* to clients */
    FLOOD_TRANSLATED, /* IPv6 from clients, for a translator */
};

struct flood_order {
    __u16 to[3], from[3]; /* Ethernet addresses */
    __u32 kind;
    __u32 clients;
    __u32 first;  /* their first IPv4 address */
    __u32 shared; /* so many bits of the port tell the clients of one address apart */
    __u32 world;  /* who they talk to */
    __u64 from6[2], to6[2];
};

#endif
