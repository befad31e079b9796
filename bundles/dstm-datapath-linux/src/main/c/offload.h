/*
 * Work that others left to the network card, or took from it. The kernel joins the TCP segments of a flow that arrive together
 * (GRO), and a sender on the same machine hands over what its card would cut (TSO): packets of up to 64 KB come through the raw
 * socket, often with a checksum that covers the pseudo-header only. They stay whole, since each packet costs the same whatever
 * its length, and a TUN with the virtio-net header takes them whole and has them cut where they leave.
 */
#ifndef DSTM_OFFLOAD_H
#define DSTM_OFFLOAD_H

#include <linux/virtio_net.h>
#include <stdint.h>

/* The headers of IPv4 and TCP at their longest. */
#define DSTM_LONGEST_HEADERS 120

/*
 * Finishes the checksum of a TCP or UDP packet that has the sum of the pseudo-header in its place. A finished checksum that looks
 * so by chance is found again by the calculation.
 */
void dstm_complete(uint8_t *packet, int32_t length);

/* Remembers what an ICMPv4 error says about the longest packet to a destination: its sender never made the joined packet. */
void dstm_learn_path(const uint8_t *packet, int32_t length, uint64_t *paths, int32_t path_count);

/*
 * Says how the kernel is to cut a TCP packet longer than longest, or than the path to its destination lets through; the size of
 * its segments before they were joined is lost. Returns how many octets of headers to send in place of the packet's first; 0 if
 * it is to go as it is.
 */
int32_t dstm_cut(const uint8_t *packet, int32_t length, int32_t longest, const uint64_t *paths, int32_t path_count,
                 struct virtio_net_hdr *order, uint8_t *headers);

#endif
