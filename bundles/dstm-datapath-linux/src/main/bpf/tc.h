/* What programs for tc have in common: they are given packets as the network stack keeps them, in pieces and as large as it has made them. */
#ifndef DSTM_TC_H
#define DSTM_TC_H

#include "headers.h"

static long (*const pull_data)(struct __sk_buff *packet, __u32 length) = (void *) BPF_FUNC_skb_pull_data;
static long (*const adjust_room)(struct __sk_buff *packet, __s32 delta, __u32 mode, __u64 flags)
    = (void *) BPF_FUNC_skb_adjust_room;
static long (*const change_protocol)(struct __sk_buff *packet, __u16 protocol, __u64 flags)
    = (void *) BPF_FUNC_skb_change_proto;
static long (*const store)(struct __sk_buff *packet, __u32 offset, const void *from, __u32 length, __u64 flags)
    = (void *) BPF_FUNC_skb_store_bytes;
static long (*const redirect)(__u32 device, __u64 flags) = (void *) BPF_FUNC_redirect;

/* What a program says: others may have their turn, or drop it. */
#define LEFT (-1)
#define DROPPED 2

#define LONGEST_LOOKED_AT (IPV4 + TCP_HEADER)

/* Has the headers lie in one piece; packets shorter than all that is looked at have what they have. */
INLINE int gather(struct __sk_buff *packet, __u32 length)
{
    if (packet->len < length) {
        length = packet->len;
    }
    return (void *) (long) packet->data + length <= (void *) (long) packet->data_end || pull_data(packet, length) == 0;
}

#endif
