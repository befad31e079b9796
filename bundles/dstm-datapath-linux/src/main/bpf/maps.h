/*
 * What the programs and the Java side share: the layout of every map, in the machine's byte order unless said otherwise. Whoever
 * changes something here changes io.dstm.datapath.internal.bpf.FastPathLayout too.
 *
 * The loader makes the maps itself and knows them by the names of these symbols; what the symbols hold means nothing.
 */
#ifndef DSTM_MAPS_H
#define DSTM_MAPS_H

#include <linux/types.h>

/* Ranges of addresses. A look-up goes through all of them: more would cost more than the hand-over to the rules. */
#define DSTM_RANGES 8

/* Network devices, found by the low bits of their index. */
#define DSTM_LINKS 256

/* A range of addresses whose bindings all share in the same way: binding = base + ((address - first) << psid_length | PSID). */
struct dstm_range {
    __u32 first;
    __u32 last; /* the table of ranges ends at the first one whose last is 0 */
    __u32 base;
    __u8 psid_length;
    __u8 psid_offset; /* more than 15: the addresses are inside, but no binding has a place here */
    __u16 unused;
};

struct dstm_settings {
    __s64 epoch;        /* what to add to the monotonic clock to get seconds since 1970 */
    __u32 ipv4_address; /* the TEP's own */
    __u32 lookup_link;  /* the device as which next hops of IPv6 are asked for: one that forwards in the kernel's eyes */
    __u16 tunnel_mtu;
    __u16 tcp_mss;      /* SYNs go to the rules if this is not 0 */
    __u8 hop_limit;
    __u8 outer_mask;    /* which bits of the type of service go into the outer header */
    __u16 unused;
    struct dstm_range ranges[DSTM_RANGES];
};

/*
 * A binding fills a line of the processor's cache. The expiry is written last when a binding is made and first, as 0, when it is
 * changed or forgotten.
 */
struct dstm_binding {
    __u32 expiry;       /* seconds since 1970; 0: there is no binding */
    __u32 generation;   /* another one whenever what follows is written: who read it meanwhile has read nothing */
    __u32 unused[6];
    __u64 source[2];    /* the client's address, octets as in a packet */
    __u64 tunnel[2];    /* the TEP's, likewise */
};

/* A device that packets come from. */
struct dstm_link {
    __u32 index;
    __u8 address[6];
    __u16 unused;
};

/* Counts per processor; a packet passed up counts nothing here, for the rules count it. */
#define DSTM_DECAPSULATED 0
#define DSTM_ENCAPSULATED 1
#define DSTM_COUNTS 2

struct dstm_count {
    __u64 packets;
    __u64 bytes; /* as they arrived */
};

#endif
