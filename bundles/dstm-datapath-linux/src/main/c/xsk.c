#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"
#include "offload.h"

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

#define ETHERNET 14
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86DD

/* A frame holds what the program hands over (DSTM_LONGEST_FRAME) behind what the kernel leaves free and the note. */
#define FRAME 4096U
/* Frames of each direction, and entries of each ring. */
#define FRAMES 1024U

/* The parts of a next hop, as in maps.h. */
#define HOP_EXIT 12
#define HOP_ADDRESS 16

/* Calls that one batch is given to leave: the kernel sends some 32 frames a call. */
#define MOST_KICKS 64

struct ring {
    void *memory;
    size_t bytes;
    uint32_t *producer;
    uint32_t *consumer;
    void *entries;
};

struct dstm_xsk {
    int fd;
    uint8_t *frames;
    struct ring receive;
    struct ring fill;
    struct ring transmit;
    struct ring completed;
    uint32_t free_count;
    uint64_t free[FRAMES];
};

static uint32_t load(const uint32_t *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *at, uint32_t value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static int map_ring(int fd, int size_option, off_t page, const struct xdp_ring_offset *offsets, size_t entry, struct ring *ring)
{
    uint32_t size = FRAMES;
    if (setsockopt(fd, SOL_XDP, size_option, &size, sizeof size) < 0) {
        return -errno;
    }
    ring->bytes = offsets->desc + FRAMES * entry;
    ring->memory = mmap(NULL, ring->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, page);
    if (ring->memory == MAP_FAILED) {
        ring->memory = NULL;
        return -errno;
    }
    ring->producer = (uint32_t *) (void *) ((uint8_t *) ring->memory + offsets->producer);
    ring->consumer = (uint32_t *) (void *) ((uint8_t *) ring->memory + offsets->consumer);
    ring->entries = (uint8_t *) ring->memory + offsets->desc;
    return 0;
}

static void unmap_ring(const struct ring *ring)
{
    if (ring->memory != NULL) {
        munmap(ring->memory, ring->bytes);
    }
}

int32_t dstm_xsk_close(int64_t handle)
{
    struct dstm_xsk *socket = (struct dstm_xsk *) (intptr_t) handle;
    if (socket->fd >= 0) {
        dstm_close(socket->fd);
    }
    unmap_ring(&socket->receive);
    unmap_ring(&socket->fill);
    unmap_ring(&socket->transmit);
    unmap_ring(&socket->completed);
    if (socket->frames != NULL) {
        munmap(socket->frames, (size_t) 2 * FRAMES * FRAME);
    }
    munmap(socket, sizeof *socket);
    return 0;
}

static void *anonymous(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static int prepare(struct dstm_xsk *made, uint32_t device, uint32_t queue)
{
    made->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (made->fd < 0) {
        return -errno;
    }
    made->frames = anonymous((size_t) 2 * FRAMES * FRAME);
    if (made->frames == NULL) {
        return -ENOMEM;
    }
    struct xdp_umem_reg area = {.addr = (uint64_t) (uintptr_t) made->frames, .len = (uint64_t) 2 * FRAMES * FRAME, .chunk_size = FRAME};
    if (setsockopt(made->fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof area) < 0) {
        return -errno;
    }
    struct xdp_mmap_offsets offsets;
    socklen_t length = sizeof offsets;
    if (getsockopt(made->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) < 0) {
        return -errno;
    }
    if (length != sizeof offsets) {
        return -EPROTO;
    }
    int result = map_ring(made->fd, XDP_UMEM_FILL_RING, (off_t) XDP_UMEM_PGOFF_FILL_RING, &offsets.fr, sizeof(uint64_t), &made->fill);
    result = result < 0 ? result
                        : map_ring(made->fd, XDP_UMEM_COMPLETION_RING, (off_t) XDP_UMEM_PGOFF_COMPLETION_RING, &offsets.cr,
                                   sizeof(uint64_t), &made->completed);
    result = result < 0 ? result
                        : map_ring(made->fd, XDP_RX_RING, XDP_PGOFF_RX_RING, &offsets.rx, sizeof(struct xdp_desc), &made->receive);
    result = result < 0 ? result
                        : map_ring(made->fd, XDP_TX_RING, XDP_PGOFF_TX_RING, &offsets.tx, sizeof(struct xdp_desc), &made->transmit);
    if (result < 0) {
        return result;
    }
    uint64_t *fill = made->fill.entries;
    for (uint32_t i = 0; i < FRAMES; i++) {
        fill[i] = (uint64_t) i * FRAME;
        made->free[i] = (uint64_t) (FRAMES + i) * FRAME;
    }
    made->free_count = FRAMES;
    store(made->fill.producer, FRAMES);
    /* Copying, which every driver can: what a driver does without copying is not proven here. */
    struct sockaddr_xdp place = {.sxdp_family = AF_XDP, .sxdp_ifindex = device, .sxdp_queue_id = queue, .sxdp_flags = XDP_COPY};
    return bind(made->fd, (const struct sockaddr *) &place, sizeof place) < 0 ? -errno : 0;
}

int64_t dstm_xsk_open(int32_t device, int32_t queue)
{
    struct dstm_xsk *made = anonymous(sizeof *made);
    if (made == NULL) {
        return -ENOMEM;
    }
    int result = prepare(made, (uint32_t) device, (uint32_t) queue);
    if (result < 0) {
        dstm_xsk_close((int64_t) (intptr_t) made);
        return result;
    }
    return (int64_t) (intptr_t) made;
}

int32_t dstm_xsk_fd(int64_t handle)
{
    return ((struct dstm_xsk *) (intptr_t) handle)->fd;
}

static uint32_t net16(const uint8_t *at)
{
    return (uint32_t) at[0] << 8 | at[1];
}

/* The kernel does this where it forwards; the program lets nothing pass that has but one left. */
static void decrement_ttl(uint8_t *packet)
{
    uint32_t sum = net16(packet + 10) + 0x100;
    sum = (sum + (sum >> 16)) & 0xFFFF;
    packet[8]--;
    packet[10] = (uint8_t) (sum >> 8);
    packet[11] = (uint8_t) sum;
}

/* The length of the IP packet in a frame, without what fills up a short one; 0 if it is none. */
static uint32_t packet_length(const uint8_t *frame, uint32_t bytes)
{
    uint32_t length = 0;
    if (bytes >= ETHERNET + IPV6_HEADER && net16(frame + 12) == TYPE_IPV6) {
        length = IPV6_HEADER + net16(frame + ETHERNET + 4);
    } else if (bytes >= ETHERNET + IPV4_HEADER && net16(frame + 12) == TYPE_IPV4) {
        length = net16(frame + ETHERNET + 2);
    }
    return length >= IPV4_HEADER && length <= bytes - ETHERNET ? length : 0;
}

enum dstm_taken dstm_take_frame(const uint8_t *frame, uint32_t bytes, uint8_t *memory, int32_t slot_size, int32_t headroom,
                                uint8_t *version, int32_t slot, struct dstm_entry *entries)
{
    uint32_t length = packet_length(frame, bytes);
    if (length == 0 || length > (uint32_t) (slot_size - headroom)) {
        return DSTM_NO_PACKET;
    }
    uint8_t own = frame[ETHERNET] >> 4;
    if (slot > 0 && own != *version) {
        return DSTM_OTHER_SIDE;
    }
    *version = own;
    int32_t offset = slot * slot_size + headroom;
    uint8_t *packet = memory + offset;
    memcpy(packet, frame + ETHERNET, length);
    if (own == 4) {
        decrement_ttl(packet);
        dstm_complete(packet, (int32_t) length);
    } else {
        dstm_complete(packet + IPV6_HEADER, (int32_t) length - IPV6_HEADER);
    }
    entries[slot].offset = offset;
    entries[slot].length = (int32_t) length;
    return DSTM_TAKEN;
}

int32_t dstm_xsk_receive(int64_t handle, int32_t wake_fd, uint8_t *memory, int32_t memory_bytes, int32_t slot_size,
                         int32_t headroom, struct dstm_entry *entries, struct dstm_note *notes, int32_t capacity,
                         struct dstm_dropped *dropped, int32_t timeout_millis)
{
    struct dstm_xsk *from = (struct dstm_xsk *) (intptr_t) handle;
    dropped->too_long = 0;
    dropped->not_ours = 0;
    if (!dstm_slots_fit(memory_bytes, slot_size, headroom, capacity)) {
        return -EINVAL;
    }
    int64_t deadline = dstm_deadline(timeout_millis);
    const struct xdp_desc *filled = from->receive.entries;
    uint64_t *empty = from->fill.entries;
    for (;;) {
        uint32_t next = *from->receive.consumer;
        uint32_t end = load(from->receive.producer);
        uint32_t returned = *from->fill.producer;
        int32_t count = 0;
        uint8_t version = 0;
        for (; next != end && count < capacity; next++) {
            const struct xdp_desc *frame = &filled[next & (FRAMES - 1)];
            /* The kernel wrote this, but nobody has to trust it with our memory. */
            bool inside = frame->addr < (uint64_t) FRAMES * FRAME && frame->len <= FRAME
                && frame->addr % FRAME + frame->len <= FRAME && frame->addr % FRAME >= sizeof *notes;
            const uint8_t *data = from->frames + (inside ? frame->addr : 0);
            enum dstm_taken taken = dstm_take_frame(data, inside ? frame->len : 0, memory, slot_size, headroom, &version, count, entries);
            if (taken == DSTM_OTHER_SIDE) {
                break;
            }
            if (taken == DSTM_NO_PACKET) {
                dropped->too_long++;
            } else {
                memcpy(&notes[count], data - sizeof *notes, sizeof *notes);
                count++;
            }
            if (inside) {
                empty[returned++ & (FRAMES - 1)] = frame->addr - frame->addr % FRAME;
            }
        }
        store(from->receive.consumer, next);
        store(from->fill.producer, returned);
        if (count > 0) {
            return count;
        }
        int ready = dstm_wait(from->fd, -1, wake_fd, deadline);
        if (ready <= 0) {
            return ready;
        }
        if (load(from->receive.producer) == next) {
            /* Woken for nothing: the device may be gone. */
            int error = 0;
            socklen_t length = sizeof error;
            if (getsockopt(from->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0) {
                return -ENODEV;
            }
        }
    }
}

/* Takes back the frames that have left. */
static void collect(struct dstm_xsk *by)
{
    uint32_t next = *by->completed.consumer;
    uint32_t end = load(by->completed.producer);
    const uint64_t *done = by->completed.entries;
    for (; next != end && by->free_count < FRAMES; next++) {
        by->free[by->free_count++] = done[next & (FRAMES - 1)];
    }
    store(by->completed.consumer, next);
}

static int32_t kick(struct dstm_xsk *by)
{
    uint32_t end = *by->transmit.producer;
    for (int i = 0; i < MOST_KICKS && load(by->transmit.consumer) != end; i++) {
        if (sendto(by->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EBUSY && errno != ENOBUFS
            && errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

/* Whether what the rules made of a packet goes where the packet was found to go. */
static bool is_noted(const struct dstm_note *note, const uint8_t *packet, int32_t length, uint32_t exit)
{
    if (note->hop == 0 || (note->hop >> HOP_EXIT & 0xF) != exit || (uint32_t) length + ETHERNET > FRAME) {
        return false;
    }
    if (packet[0] >> 4 == 4) {
        uint64_t destination = 0;
        memcpy(&destination, packet + 16, 4);
        return length >= IPV4_HEADER && packet[8] > 1 && note->destination[1] == 0 && note->destination[0] == destination;
    }
    return length >= IPV6_HEADER && memcmp(note->destination, packet + 24, 16) == 0;
}

int32_t dstm_xsk_send(int64_t handle, int32_t exit, int64_t own_address, const uint8_t *memory, int32_t memory_bytes, int32_t slot_size,
                      struct dstm_entry *entries, int32_t count, const struct dstm_note *notes, int32_t note_count, int32_t *left)
{
    struct dstm_xsk *by = (struct dstm_xsk *) (intptr_t) handle;
    struct xdp_desc *ring = by->transmit.entries;
    uint32_t next = *by->transmit.producer;
    int32_t taken = 0;
    int32_t kept = 0;
    if (slot_size <= 0) {
        return -EINVAL;
    }
    collect(by);
    for (int32_t i = 0; i < count; i++) {
        struct dstm_entry entry = entries[i];
        int32_t slot = entry.offset / slot_size;
        if (!dstm_entry_fits(&entry, memory_bytes, IPV4_HEADER) || slot >= note_count
            || !is_noted(&notes[slot], memory + entry.offset, entry.length, (uint32_t) exit)) {
            entries[kept++] = entry;
            continue;
        }
        if (by->free_count == 0) {
            store(by->transmit.producer, next);
            kick(by);
            collect(by);
            if (by->free_count == 0) {
                /* A full queue drops. */
                continue;
            }
        }
        uint64_t address = by->free[--by->free_count];
        uint8_t *frame = by->frames + address;
        uint64_t hop = notes[slot].hop >> HOP_ADDRESS;
        /* Octets as in a packet, the first in the lowest bits: the processors that this is for have it so. */
        memcpy(frame, &hop, 6);
        for (int octet = 0; octet < 6; octet++) {
            frame[6 + octet] = (uint8_t) (own_address >> 8 * (5 - octet));
        }
        bool ipv4 = memory[entry.offset] >> 4 == 4;
        frame[12] = ipv4 ? TYPE_IPV4 >> 8 : TYPE_IPV6 >> 8;
        frame[13] = ipv4 ? TYPE_IPV4 & 0xFF : TYPE_IPV6 & 0xFF;
        memcpy(frame + ETHERNET, memory + entry.offset, (size_t) entry.length);
        if (ipv4) {
            decrement_ttl(frame + ETHERNET);
        }
        ring[next & (FRAMES - 1)] = (struct xdp_desc) {.addr = address, .len = (uint32_t) entry.length + ETHERNET};
        next++;
        taken++;
    }
    *left = kept;
    if (taken == 0) {
        return 0;
    }
    store(by->transmit.producer, next);
    int32_t result = kick(by);
    return result < 0 && dstm_is_fatal(-result) ? result : taken;
}

int32_t dstm_xsk_overflows(int64_t handle)
{
    struct dstm_xsk *of = (struct dstm_xsk *) (intptr_t) handle;
    struct xdp_statistics seen;
    memset(&seen, 0, sizeof seen);
    socklen_t length = sizeof seen;
    if (getsockopt(of->fd, SOL_XDP, XDP_STATISTICS, &seen, &length) < 0) {
        return -errno;
    }
    return (int32_t) ((seen.rx_dropped + seen.rx_ring_full) & INT32_MAX);
}
