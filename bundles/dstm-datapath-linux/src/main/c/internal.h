/* Shared by the parts of the library, not visible outside. */
#ifndef DSTM_INTERNAL_H
#define DSTM_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "dstm_datapath.h"

/* When a wait that begins now ends, on the monotonic clock in milliseconds; -1 for never. */
int64_t dstm_deadline(int32_t timeout_millis);

/*
 * Waits until fd or other_fd (-1: none) may have something or is broken, which the next read tells. DSTM_READY and
 * DSTM_OTHER_READY, or both: read; 0: time is up or woken; or an error.
 * Seeing the wake event consumes it. Call it also when all that was read had to be dropped: a flood of such packets must not
 * keep the caller from its deadline or from being woken.
 */
#define DSTM_READY 1
#define DSTM_OTHER_READY 2
int dstm_wait(int fd, int other_fd, int wake_fd, int64_t deadline);

/* Whether capacity slots fit the memory and a packet can lie in a slot. */
bool dstm_slots_fit(int32_t memory_bytes, int32_t slot_size, int32_t headroom, int32_t capacity);

/* Whether the entry lies in the memory and is at least least bytes long. */
static inline bool dstm_entry_fits(const struct dstm_entry *entry, int32_t memory_bytes, int32_t least)
{
    return entry->offset >= 0 && entry->length >= least && entry->length <= memory_bytes
        && entry->offset <= memory_bytes - entry->length;
}

/*
 * Takes the IP packet out of a frame that was handed over past the network stack and puts it into a slot, with what forwarding would have done
 * to it; version is that of the packets before it, from which the batch may not differ.
 */
enum dstm_taken { DSTM_TAKEN, DSTM_NO_PACKET, DSTM_OTHER_SIDE };
enum dstm_taken dstm_take_frame(const uint8_t *frame, uint32_t bytes, uint8_t *memory, int32_t slot_size, int32_t headroom,
                                uint8_t *version, int32_t slot, struct dstm_entry *entries);

/* Whether an error concerns the descriptor and not the packet: no later packet will fare better. */
bool dstm_is_fatal(int error);

#endif
