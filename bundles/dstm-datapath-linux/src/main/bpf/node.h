/*
 * What the node's programs and the Java side share: the layout of every map, in the machine's byte order unless said otherwise. Whoever
 * changes something here changes io.dstm.datapath.internal.bpf.TcNodePath too.
 */
#ifndef DSTM_NODE_H
#define DSTM_NODE_H

#include <linux/types.h>

/*
 * Places for what is known of the lease, a power of two. Java writes the next one and then says that it is the current one: a packet would
 * have to take as long as so many changes to see half of one.
 */
#define DSTM_LEASES 64

struct dstm_lease {
    __u64 end;      /* on the monotonic clock, in nanoseconds; 0: there is none */
    __u64 path_end; /* until then the path is narrower than the tunnel */
    __u64 node[2];  /* the ends of the tunnel, octets as in a packet */
    __u64 tep[2];
    __u32 address;       /* octets as in a packet */
    __u32 device;        /* the 4over6 interface */
    __u32 lookup_device; /* as which the way is asked for: one that forwards in the kernel's eyes */
    __u16 tunnel_mtu;
    __u16 path_mtu;
    __u16 first_reserved; /* ports from here on may be translated flows' */
    __u8 hop_limit;
    __u8 outer_mask; /* which bits of the type of service go into the outer header */
};

/* Counts per processor; what is left to the rules counts nothing here. */
#define DSTM_NODE_DECAPSULATED 0
#define DSTM_NODE_ENCAPSULATED 1

struct dstm_node_count {
    __u64 packets;
    __u64 bytes; /* as they arrived */
};

#endif
