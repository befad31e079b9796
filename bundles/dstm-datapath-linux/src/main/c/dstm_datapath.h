/*
 * Native part of the DSTM datapath: few calls that each move many packets.
 *
 * Buffer contract. The caller owns all memory and keeps it during the call; nothing is kept after it.
 *
 *   memory    one block of memory_bytes, cut into equal slots of slot_size bytes. A received packet begins headroom bytes into
 *             its slot and never reaches into the next. The block may be longer than the slots that are received into.
 *   entries   a list of packets, struct dstm_entry each: where a packet begins in memory and how long it is. Receiving fills
 *             the list from its first entry; sending reads count entries. An entry that does not lie in memory is refused
 *             before a byte of it is touched.
 *   dropped   counts of packets that were taken off the queue and not delivered, written by every receive call.
 *
 * A packet begins with its IP header. Calls return a count, or an error number negated: Java sees no errno.
 * No call allocates and none keeps state between calls, so any number of threads may send on one descriptor at once.
 */
#ifndef DSTM_DATAPATH_H
#define DSTM_DATAPATH_H

#include <stdint.h>

/* Raised whenever a signature or a layout changes; the Java side refuses any other. */
#define DSTM_ABI 8

#define DSTM_EXPORT __attribute__((visibility("default")))

struct dstm_entry {
    int32_t offset;
    int32_t length;
};

struct dstm_dropped {
    int32_t too_long;  /* longer than a slot */
    int32_t not_ours;  /* to an address that is not one of the tunnel's */
};

/* common.c: what all devices share */

DSTM_EXPORT int32_t dstm_abi(void);

/* An event that makes a waiting receive return; a descriptor or an error. */
DSTM_EXPORT int32_t dstm_wake_open(void);
DSTM_EXPORT int32_t dstm_wake(int32_t wake_fd);
/* Forgets wake-ups that nobody has seen. */
DSTM_EXPORT int32_t dstm_wake_drain(int32_t wake_fd);
DSTM_EXPORT int32_t dstm_close(int32_t fd);

/*
 * tun.c: whole IPv4 packets through a TUN device
 *
 *   paths     path_count words, zero at first, kept by the caller for the life of the device: what ICMPv4 errors that were received
 *             said about the longest packet to a destination. Any number of threads may use them at once.
 */

/* Opens the clone device (/dev/net/tun), non-blocking. */
DSTM_EXPORT int32_t dstm_tun_open(const char *path);
/*
 * Creates the device; -EBUSY if one of that name exists. It goes when the descriptor is closed. Of a device of several queues each has a
 * descriptor: queue counts them from 0, of queues; the first one creates it, and it goes with the last.
 */
DSTM_EXPORT int32_t dstm_tun_create(int32_t fd, const char *name, int32_t queue, int32_t queues);
/*
 * Takes at least one packet and at most capacity, as many as there are. Waits timeout_millis for the first (-1: for ever);
 * 0 if there is none in time or the wake event came.
 */
DSTM_EXPORT int32_t dstm_tun_receive(int32_t fd, int32_t wake_fd, uint8_t *memory, int32_t memory_bytes, int32_t slot_size,
                                     int32_t headroom, struct dstm_entry *entries, int32_t capacity,
                                     struct dstm_dropped *dropped, uint64_t *paths, int32_t path_count,
                                     int32_t timeout_millis);
/*
 * Hands the packets to the kernel; how many it took. A TCP packet longer than longest, or than its path, is one that the kernel
 * had joined from several: it goes as one and is cut where it leaves, with its sequence numbers, flags and checksums. 0: none is.
 */
DSTM_EXPORT int32_t dstm_tun_send(int32_t fd, const uint8_t *memory, int32_t memory_bytes,
                                  const struct dstm_entry *entries, int32_t count, int32_t longest,
                                  const uint64_t *paths, int32_t path_count);

/* raw6.c: whole IPv6 packets that carry IPv4 (next header 4), and ICMPv6 errors, which tell of these */

/*
 * A socket that receives; wants receive_buffer bytes of queue and takes what it gets. Of several sockets, share counted from 0, each
 * takes what comes by its part of the processors: so by the queues of the network card, and all of a flow.
 */
DSTM_EXPORT int32_t dstm_raw6_open_receiver(int32_t receive_buffer, int32_t share, int32_t shares);
/* A socket that receives ICMPv6 errors: types 1 to 4, whatever they are about. */
DSTM_EXPORT int32_t dstm_raw6_open_errors(int32_t receive_buffer);
/* A socket that sends packets with the header the caller wrote. */
DSTM_EXPORT int32_t dstm_raw6_open_sender(int32_t send_buffer);
/*
 * Like dstm_tun_receive. The kernel has reassembled the packet and taken its outer headers off; a plain IPv6 header with the
 * packet's addresses, traffic class and hop limit is put before it again, within the slot, and a TCP or UDP checksum that was left
 * to a network card is finished. addresses are address_count times
 * sixteen octets, the tunnel's own; none means any. errors_fd is a socket for ICMPv6 errors or -1: they are received beside the
 * packets, up to a quarter of capacity, when the call has to wait or if errors_first is not 0; a caller that is never idle sets it
 * now and then. Errors to other addresses are not counted: they are about other things this machine does.
 */
DSTM_EXPORT int32_t dstm_raw6_receive(int32_t fd, int32_t errors_fd, int32_t errors_first, int32_t wake_fd,
                                      uint8_t *memory, int32_t memory_bytes, int32_t slot_size, int32_t headroom,
                                      const uint8_t *addresses, int32_t address_count, struct dstm_entry *entries,
                                      int32_t capacity, struct dstm_dropped *dropped, int32_t timeout_millis);
/* Sends each packet to the destination in its header; how many the kernel took. */
DSTM_EXPORT int32_t dstm_raw6_send(int32_t fd, const uint8_t *memory, int32_t memory_bytes,
                                   const struct dstm_entry *entries, int32_t count);
/* How many packets the kernel dropped since the socket's queue was full, modulo 2^31. */
DSTM_EXPORT int32_t dstm_raw6_overflows(int32_t fd);

/*
 * xsk.c: frames past the network stack (AF_XDP), for which a program of the fast path chooses them
 *
 * A socket has state, the only calls here of which that is true: frames and rings shared with the kernel, behind a handle. One
 * thread receives at a time, one sends, and both may do so at once. Packets are copied from and into the caller's memory.
 */

/* What the program noted before a packet (struct dstm_note of maps.h): where it would go, and for which destination that holds. */
struct dstm_note {
    uint64_t hop;
    uint64_t destination[2];
};

/* A socket for one receive queue of a device, by its index; a handle or an error. */
DSTM_EXPORT int64_t dstm_xsk_open(int32_t device, int32_t queue);
DSTM_EXPORT int32_t dstm_xsk_fd(int64_t handle);
/*
 * Like dstm_tun_receive; the packets of one call are all of IPv6 or all of IPv4, and notes says of each what was noted. The time to live
 * of an IPv4 packet is lowered as forwarding would. A TCP or UDP checksum that was left to a card is finished.
 */
DSTM_EXPORT int32_t dstm_xsk_receive(int64_t handle, int32_t wake_fd, uint8_t *memory, int32_t memory_bytes, int32_t slot_size,
                                     int32_t headroom, struct dstm_entry *entries, struct dstm_note *notes, int32_t capacity,
                                     struct dstm_dropped *dropped, int32_t timeout_millis);
/*
 * Sends those packets of a batch whose note says that they leave by this exit and still go where they went: the others move to the
 * front of the list, in their order, and left says how many they are. The time to live of an IPv4 packet is lowered.
 * own_address: the device's hardware address in the lower 48 bits. Returns how many were sent.
 */
DSTM_EXPORT int32_t dstm_xsk_send(int64_t handle, int32_t exit, int64_t own_address, const uint8_t *memory, int32_t memory_bytes,
                                  int32_t slot_size, struct dstm_entry *entries, int32_t count, const struct dstm_note *notes,
                                  int32_t note_count, int32_t *left);
/* How many packets the kernel dropped since nobody fetched them, modulo 2^31. */
DSTM_EXPORT int32_t dstm_xsk_overflows(int64_t handle);
DSTM_EXPORT int32_t dstm_xsk_close(int64_t handle);

/* ring.c: frames that a program has put into a ring (BPF_MAP_TYPE_RINGBUF), struct dstm_left of maps.h each */

/* Begins to read the ring of a descriptor, which stays the caller's, of so many bytes; a handle or an error. One reader at a time. */
DSTM_EXPORT int64_t dstm_ring_open(int32_t fd, int32_t bytes);
/* Like dstm_xsk_receive. */
DSTM_EXPORT int32_t dstm_ring_receive(int64_t handle, int32_t wake_fd, uint8_t *memory, int32_t memory_bytes, int32_t slot_size,
                                      int32_t headroom, struct dstm_entry *entries, int32_t capacity, struct dstm_dropped *dropped,
                                      int32_t timeout_millis);
DSTM_EXPORT int32_t dstm_ring_close(int64_t handle);

/* netlink.c: rtnetlink, one conversation or what it tells by itself */

/*
 * Sends one request with NLM_F_ACK or NLM_F_DUMP and collects all that is answered, the closing NLMSG_ERROR or NLMSG_DONE
 * included. Returns the bytes of the answer; -ENOBUFS if it is longer than capacity; an error of the socket otherwise.
 */
DSTM_EXPORT int32_t dstm_netlink(const uint8_t *request, int32_t request_bytes, uint8_t *answer, int32_t capacity);

/* A socket that is told of what happens in the groups, a bit each (RTMGRP_*). */
DSTM_EXPORT int32_t dstm_netlink_listen(uint32_t groups);
/* The next messages, at most 32 KB at once; 0 if none came in time or the wake event did; -ENOBUFS if some were lost. */
DSTM_EXPORT int32_t dstm_netlink_events(int32_t fd, int32_t wake_fd, uint8_t *events, int32_t capacity, int32_t timeout_millis);

/* bpf.c: programs and maps in the kernel */

/* bpf(2): what it returns, or an error number negated. The attributes are the caller's to lay out. */
DSTM_EXPORT int32_t dstm_bpf(int32_t command, uint8_t *attributes, int32_t length);
/* Returns when all programs have ended that were running, with what the kernel gathers of the packets that they forward. */
DSTM_EXPORT int32_t dstm_bpf_settle(void);
/* Maps the first bytes of an array map into memory, to be read and written; its address or an error. */
DSTM_EXPORT int64_t dstm_bpf_map_memory(int32_t fd, int64_t bytes);
DSTM_EXPORT int32_t dstm_bpf_unmap_memory(int64_t address, int64_t bytes);

#endif
