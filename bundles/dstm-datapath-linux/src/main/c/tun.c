#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"
#include "offload.h"

#define IPV4_HEADER 20

int32_t dstm_tun_open(const char *path)
{
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int32_t dstm_tun_create(int32_t fd, const char *name, int32_t queue, int32_t queues)
{
    struct ifreq request;
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof request.ifr_name) {
        return -EINVAL;
    }
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, name, length);
    /* Without IFF_TUN_EXCL the kernel would attach to another's persistent device of that name. */
    request.ifr_flags =
        (short) (IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | (queue == 0 ? IFF_TUN_EXCL : 0) | (queues > 1 ? IFF_MULTI_QUEUE : 0));
    return ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
}

int32_t dstm_tun_receive(int32_t fd, int32_t wake_fd, uint8_t *memory, int32_t memory_bytes, int32_t slot_size,
                         int32_t headroom, struct dstm_entry *entries, int32_t capacity, struct dstm_dropped *dropped,
                         uint64_t *paths, int32_t path_count, int32_t timeout_millis)
{
    dropped->too_long = 0;
    dropped->not_ours = 0;
    if (!dstm_slots_fit(memory_bytes, slot_size, headroom, capacity)) {
        return -EINVAL;
    }
    int64_t deadline = dstm_deadline(timeout_millis);
    int32_t longest = slot_size - headroom;
    int32_t count = 0;
    while (count < capacity) {
        int32_t offset = count * slot_size + headroom;
        /* A TUN cuts a long packet off without a word; one byte more than a slot holds tells. */
        uint8_t excess;
        /* It says nothing: no offloads are on in this direction, since raw sockets have none to pass them on to. */
        struct virtio_net_hdr nothing;
        struct iovec parts[3] = {{&nothing, sizeof nothing}, {memory + offset, (size_t) longest}, {&excess, 1}};
        ssize_t length = readv(fd, parts, 3);
        length -= length > 0 ? (ssize_t) sizeof nothing : 0;
        bool wait = false;
        if (length > longest) {
            dropped->too_long++;
            wait = count == 0;
        } else if (length > 0) {
            entries[count].offset = offset;
            entries[count].length = (int32_t) length;
            dstm_learn_path(memory + offset, (int32_t) length, paths, path_count);
            count++;
        } else if (length == 0) {
            return count > 0 ? count : -EBADFD;
        } else if (errno == EAGAIN) {
            if (count > 0) {
                return count;
            }
            wait = true;
        } else if (errno != EINTR) {
            return count > 0 ? count : -errno;
        }
        if (wait) {
            int ready = dstm_wait(fd, -1, wake_fd, deadline);
            if (ready <= 0) {
                return ready;
            }
        }
    }
    return count;
}

int32_t dstm_tun_send(int32_t fd, const uint8_t *memory, int32_t memory_bytes, const struct dstm_entry *entries,
                      int32_t count, int32_t longest, const uint64_t *paths, int32_t path_count)
{
    int32_t taken = 0;
    for (int32_t i = 0; i < count; i++) {
        const struct dstm_entry *entry = &entries[i];
        if (!dstm_entry_fits(entry, memory_bytes, IPV4_HEADER)) {
            continue;
        }
        const uint8_t *packet = memory + entry->offset;
        struct virtio_net_hdr order;
        uint8_t headers[DSTM_LONGEST_HEADERS];
        int32_t replaced = dstm_cut(packet, entry->length, longest, paths, path_count, &order, headers);
        struct iovec parts[3] = {{&order, sizeof order},
                                 {headers, (size_t) replaced},
                                 {(void *) (uintptr_t) (packet + replaced), (size_t) (entry->length - replaced)}};
        ssize_t written;
        do {
            written = writev(fd, parts, 3);
        } while (written < 0 && errno == EINTR);
        if (written >= 0) {
            taken++;
        } else if (dstm_is_fatal(errno)) {
            return taken > 0 ? taken : -errno;
        }
    }
    return taken;
}
