#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

/* What the kernel writes before each record (linux/bpf.h): its length, with two bits that say what has become of it. */
#define RECORD_HEADER 8U
#define UNDER_WAY (1U << 31)
#define DISCARDED (1U << 30)

/* The beginning of a frame in a record, and how long it is (struct dstm_left of maps.h). */
#define FRAME 8U

struct dstm_ring {
    int fd;
    uint64_t bytes;
    size_t page;
    uint64_t *consumed;       /* a page of ours */
    const uint64_t *produced; /* one of the kernel's, and behind it the records, mapped twice so that none is broken */
    const uint8_t *records;
};

int32_t dstm_ring_close(int64_t handle)
{
    struct dstm_ring *ring = (struct dstm_ring *) (intptr_t) handle;
    if (ring->consumed != NULL) {
        munmap(ring->consumed, ring->page);
    }
    if (ring->produced != NULL) {
        munmap((void *) (uintptr_t) ring->produced, ring->page + 2 * ring->bytes);
    }
    if (ring->fd >= 0) {
        dstm_close(ring->fd);
    }
    munmap(ring, sizeof *ring);
    return 0;
}

static int prepare(struct dstm_ring *made, int32_t fd, int32_t bytes)
{
    made->fd = dup(fd);
    if (made->fd < 0) {
        return -errno;
    }
    made->bytes = (uint64_t) bytes;
    made->page = (size_t) sysconf(_SC_PAGESIZE);
    void *own = mmap(NULL, made->page, PROT_READ | PROT_WRITE, MAP_SHARED, made->fd, 0);
    if (own == MAP_FAILED) {
        return -errno;
    }
    made->consumed = own;
    void *kernels = mmap(NULL, made->page + 2 * made->bytes, PROT_READ, MAP_SHARED, made->fd, (off_t) made->page);
    if (kernels == MAP_FAILED) {
        return -errno;
    }
    made->produced = kernels;
    made->records = (const uint8_t *) kernels + made->page;
    return 0;
}

int64_t dstm_ring_open(int32_t fd, int32_t bytes)
{
    if (bytes <= 0 || (bytes & (bytes - 1)) != 0) {
        return -EINVAL;
    }
    void *memory = mmap(NULL, sizeof(struct dstm_ring), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return -ENOMEM;
    }
    struct dstm_ring *made = memory;
    made->fd = -1;
    int result = prepare(made, fd, bytes);
    if (result < 0) {
        dstm_ring_close((int64_t) (intptr_t) made);
        return result;
    }
    return (int64_t) (intptr_t) made;
}

/* Takes what is there; how many packets. */
static int32_t take(struct dstm_ring *from, uint8_t *memory, int32_t slot_size, int32_t headroom, struct dstm_entry *entries,
                    int32_t capacity, struct dstm_dropped *dropped)
{
    uint64_t at = *from->consumed;
    uint64_t end = __atomic_load_n(from->produced, __ATOMIC_ACQUIRE);
    int32_t count = 0;
    uint8_t version = 0;
    while (at < end && count < capacity) {
        const uint8_t *record = from->records + (at & (from->bytes - 1));
        uint32_t header = __atomic_load_n((const uint32_t *) (const void *) record, __ATOMIC_ACQUIRE);
        if ((header & UNDER_WAY) != 0) {
            break;
        }
        uint32_t length = header & ~(UNDER_WAY | DISCARDED);
        if ((header & DISCARDED) == 0) {
            uint32_t frame = 0;
            if (length >= FRAME) {
                memcpy(&frame, record + RECORD_HEADER, sizeof frame);
            }
            /* The kernel wrote this, but nobody has to trust it with our memory. */
            bool inside = length >= FRAME && length <= from->bytes && frame <= length - FRAME;
            enum dstm_taken taken = dstm_take_frame(record + RECORD_HEADER + FRAME, inside ? frame : 0, memory, slot_size, headroom,
                                                    &version, count, entries);
            if (taken == DSTM_OTHER_SIDE) {
                break;
            }
            if (taken == DSTM_TAKEN) {
                count++;
            } else {
                dropped->too_long++;
            }
        }
        at += (length + RECORD_HEADER + 7) & ~7U;
        __atomic_store_n(from->consumed, at, __ATOMIC_RELEASE);
    }
    return count;
}

int32_t dstm_ring_receive(int64_t handle, int32_t wake_fd, uint8_t *memory, int32_t memory_bytes, int32_t slot_size, int32_t headroom,
                          struct dstm_entry *entries, int32_t capacity, struct dstm_dropped *dropped, int32_t timeout_millis)
{
    struct dstm_ring *from = (struct dstm_ring *) (intptr_t) handle;
    dropped->too_long = 0;
    dropped->not_ours = 0;
    if (!dstm_slots_fit(memory_bytes, slot_size, headroom, capacity)) {
        return -EINVAL;
    }
    int64_t deadline = dstm_deadline(timeout_millis);
    for (;;) {
        int32_t count = take(from, memory, slot_size, headroom, entries, capacity, dropped);
        if (count > 0) {
            return count;
        }
        int ready = dstm_wait(from->fd, -1, wake_fd, deadline);
        if (ready <= 0) {
            return ready;
        }
    }
}
