/*
 * What the programs and the Java side share: the layout of every map, in the machine's byte order unless said otherwise. Whoever
 * changes something here changes io.dstm.datapath.internal.bpf.KernelFastPath too.
 *
 * The loader makes the maps itself and knows them by the names of these symbols; what the symbols hold means nothing.
 */
#ifndef DSTM_MAPS_H
#define DSTM_MAPS_H

#include <linux/types.h>

/*
 * Whether lines of bindings are asked for ahead of the judgement (ahead.h). Before they are, everything must leave by the second program's
 * map for as long as the kernel still gathers packets that did not.
 */
#define DSTM_AT_ONCE 0
#define DSTM_ONE_MAP 1
#define DSTM_AHEAD 2

/* Ranges of addresses. A look-up goes through all of them: more would cost more than the hand-over to the rules. */
#define DSTM_RANGES 8

/* Network devices that packets come from, found by the low bits of their index. */
#define DSTM_LINKS 256

/* The same as those that packets leave by, found by a number of our own, which takes 4 bits. */
#define DSTM_EXITS 16

/* Places for next hops of IPv4, of each processor. */
#define DSTM_ROUTES 4096

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
    __u8 ahead;         /* one of these: */
    __u8 unused;
    struct dstm_range ranges[DSTM_RANGES];
};

/*
 * Whether next hops that were found before still hold. Java raises the number whenever the kernel says that routes, neighbours or
 * devices have changed, and moves the time on as long as it listens; after that time the kernel is asked for each packet.
 */
struct dstm_truth {
    __u32 generation;
    __u32 unused;
    __u64 until; /* on the monotonic clock, in nanoseconds */
};

/*
 * A next hop in one word, so that it is read and written whole: 48 bits for the neighbour's hardware address, octets as in a packet,
 * 4 for the exit, 12 for a mark that must be the right one; 0 is none.
 */
#define DSTM_HOP_MARK 0xFFF
#define DSTM_HOP_EXIT 12
#define DSTM_HOP_ADDRESS 16

/* The TEP's addresses that bindings name. Only the first few are looked for where no binding has named one. */
#define DSTM_TUNNELS 64
#define DSTM_FIRST_TUNNELS 4

/* Receive queues of a device whose packets can go to sockets (AF_XDP), and how long these may be. */
#define DSTM_QUEUES 8
#define DSTM_LONGEST_FRAME 3072

struct dstm_tunnel {
    __u64 address[2]; /* octets as in a packet */
};

/*
 * Half a line of the processor's cache: what a packet costs with many bindings is to fetch one. The expiry is written last when a binding
 * is made and first, as 0, when it is changed or forgotten. The hop is the programs' own: they look it up when they first need it, and
 * note it if the longest packet of the tunnel fits that way. Its mark is the sum of the truth's number and the binding's, so that a hop
 * found for another client, or under other routes, is none. Java clears all hops before the mark comes round to where it was.
 */
struct dstm_binding {
    __u64 source[2];    /* the client's address, octets as in a packet */
    __u64 hop;          /* towards the client */
    __u32 expiry;       /* seconds since 1970; 0: there is no binding */
    __u16 generation;   /* another one whenever the rest is written: who read it meanwhile has read nothing */
    __u8 tunnel;        /* which of the TEP's addresses */
    __u8 touched;       /* written by programs, read by nobody: see ahead.h */
};

/* A next hop of IPv4 by destination and type of service. */
struct dstm_route {
    __u32 destination;
    __u32 generation; /* the truth's */
    __u64 hop;
    __u16 mtu;
    __u8 tos;
    __u8 unused[5];
};

/*
 * What lies before a packet that is handed to a socket: where it would go, so that what the rules make of it can go there without the
 * kernel. It holds for this destination alone; an IPv4 one is the first half of the first word, and the rest is 0.
 */
struct dstm_note {
    __u64 hop;
    __u64 destination[2];
};

/* Ways to clients that were found: none, by one exit (its number and 1), or this. */
#define DSTM_SEVERAL_WAYS 0xFFFFFFFFU

/* A frame for the rules as it lies in the ring for what was judged too late to be handed to a socket. Most are short. */
#define DSTM_SHORT_FRAME 248

struct dstm_left {
    __u32 length;
    __u32 unused;
    __u8 frame[DSTM_LONGEST_FRAME];
};

/* A device that packets come from. */
struct dstm_link {
    __u32 index;
    __u16 address[3];
    __u16 exit;
};

/* One that they leave by. */
struct dstm_exit {
    __u16 address[3];
    __u16 unused;
    __u32 index;
};

/* Counts per processor; a packet passed up counts nothing here, for the rules count it. */
#define DSTM_DECAPSULATED 0
#define DSTM_ENCAPSULATED 1
#define DSTM_LOST 2 /* for want of a place in the ring */
#define DSTM_COUNTS 3

struct dstm_count {
    __u64 packets;
    __u64 bytes; /* as they arrived */
};

#endif
