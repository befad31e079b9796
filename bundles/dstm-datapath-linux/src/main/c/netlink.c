#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "internal.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* Whether the answer ends in this datagram; *ours tells whether it belongs to the request at all. */
static bool is_end(const uint8_t *datagram, size_t length, uint32_t sequence, bool *ours)
{
    *ours = false;
    while (length >= sizeof(struct nlmsghdr)) {
        struct nlmsghdr header;
        memcpy(&header, datagram, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > length) {
            break;
        }
        *ours = header.nlmsg_seq == sequence;
        if (*ours && (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE)) {
            return true;
        }
        size_t step = NLMSG_ALIGN(header.nlmsg_len);
        if (step >= length) {
            break;
        }
        datagram += step;
        length -= step;
    }
    return false;
}

static int32_t converse(int fd, const uint8_t *request, int32_t request_bytes, uint8_t *answer, int32_t capacity)
{
    struct nlmsghdr header;
    memcpy(&header, request, sizeof header);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    if (sendto(fd, request, (size_t) request_bytes, 0, (struct sockaddr *) &kernel, sizeof kernel) < 0) {
        return -errno;
    }
    int32_t used = 0;
    for (;;) {
        uint8_t none;
        ssize_t length = recv(fd, &none, sizeof none, MSG_PEEK | MSG_TRUNC);
        if (length < 0) {
            if (errno == EINTR) {
                continue;
            }
            return errno == EAGAIN ? -ETIMEDOUT : -errno;
        }
        if (length > capacity - used) {
            return -ENOBUFS;
        }
        struct sockaddr_nl sender = {0};
        socklen_t sender_length = sizeof sender;
        length = recvfrom(fd, answer + used, (size_t) (capacity - used), 0, (struct sockaddr *) &sender, &sender_length);
        if (length < 0) {
            return -errno;
        }
        bool ours;
        bool end = is_end(answer + used, (size_t) length, header.nlmsg_seq, &ours);
        /* Anybody may send to a netlink socket: only the kernel's word, port 0, counts. */
        if (sender.nl_pid != 0 || !ours) {
            continue;
        }
        /* Every message is padded to four bytes but the last of a datagram. */
        int32_t padded = used + (int32_t) NLMSG_ALIGN((uint32_t) length);
        used = padded <= capacity ? padded : capacity;
        if (end) {
            return used;
        }
    }
}

int32_t dstm_netlink(const uint8_t *request, int32_t request_bytes, uint8_t *answer, int32_t capacity)
{
    if (request_bytes < (int32_t) sizeof(struct nlmsghdr) || capacity < 0) {
        return -EINVAL;
    }
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) {
        return -errno;
    }
    int on = 1;
    /* Extended acknowledgements carry the kernel's reason in words; an old kernel does without. */
    (void) setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    (void) setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    struct timeval patience = {.tv_sec = 5};
    (void) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int32_t result = converse(fd, request, request_bytes, answer, capacity);
    dstm_close(fd);
    return result;
}

int32_t dstm_netlink_listen(uint32_t groups)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) {
        return -errno;
    }
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    if (bind(fd, (struct sockaddr *) &address, sizeof address) < 0) {
        int32_t error = -errno;
        dstm_close(fd);
        return error;
    }
    return fd;
}

int32_t dstm_netlink_events(int32_t fd, int32_t wake_fd, uint8_t *events, int32_t capacity, int32_t timeout_millis)
{
    if (capacity <= 0) {
        return -EINVAL;
    }
    int64_t deadline = dstm_deadline(timeout_millis);
    for (;;) {
        struct sockaddr_nl sender = {0};
        socklen_t sender_length = sizeof sender;
        ssize_t length =
            recvfrom(fd, events, (size_t) capacity, MSG_TRUNC, (struct sockaddr *) &sender, &sender_length);
        if (length >= 0 && sender.nl_pid == 0) {
            return length > capacity ? -ENOBUFS : (int32_t) length;
        }
        if (length < 0 && errno != EAGAIN && errno != EINTR) {
            return -errno;
        }
        int ready = dstm_wait(fd, -1, wake_fd, deadline);
        if (ready <= 0) {
            return ready;
        }
    }
}
