#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

int32_t dstm_abi(void)
{
    return DSTM_ABI;
}

int32_t dstm_wake_open(void)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int32_t dstm_wake(int32_t wake_fd)
{
    uint64_t one = 1;
    /* EAGAIN: the event counts 2^64 - 2 wake-ups already, so the sleeper will see it. */
    return write(wake_fd, &one, sizeof one) < 0 && errno != EAGAIN ? -errno : 0;
}

int32_t dstm_wake_drain(int32_t wake_fd)
{
    uint64_t count;
    return read(wake_fd, &count, sizeof count) < 0 && errno != EAGAIN ? -errno : 0;
}

int32_t dstm_close(int32_t fd)
{
    /* EINTR closes as well on Linux; a second close could hit a descriptor that is another's by then. */
    return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

static int64_t now_millis(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t dstm_deadline(int32_t timeout_millis)
{
    return timeout_millis < 0 ? -1 : now_millis() + timeout_millis;
}

int dstm_wait(int fd, int other_fd, int wake_fd, int64_t deadline)
{
    /* poll takes no notice of a negative descriptor. */
    struct pollfd all[3] = {{.fd = fd, .events = POLLIN},
                            {.fd = wake_fd, .events = POLLIN},
                            {.fd = other_fd, .events = POLLIN}};
    for (;;) {
        int timeout = -1;
        if (deadline >= 0) {
            int64_t left = deadline - now_millis();
            if (left <= 0) {
                return 0;
            }
            timeout = (int) left;
        }
        int ready = poll(all, 3, timeout);
        if (ready == 0) {
            return 0;
        }
        if (ready > 0) {
            if (all[1].revents != 0) {
                dstm_wake_drain(wake_fd);
                return 0;
            }
            return (all[0].revents != 0 ? DSTM_READY : 0) | (all[2].revents != 0 ? DSTM_OTHER_READY : 0);
        }
        if (errno != EINTR) {
            return -errno;
        }
    }
}

bool dstm_slots_fit(int32_t memory_bytes, int32_t slot_size, int32_t headroom, int32_t capacity)
{
    return memory_bytes > 0 && capacity > 0 && headroom >= 0 && slot_size > headroom
        && (int64_t) capacity * slot_size <= memory_bytes;
}

bool dstm_is_fatal(int error)
{
    return error == EBADF || error == EBADFD || error == ENOTSOCK || error == ENODEV;
}
