#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <linux/filter.h>
#include <linux/sock_diag.h>

#include "internal.h"
#include "offload.h"

/* Packets a system call: the arrays for one call live on the stack, some 14 KB. */
#define CHUNK 64

#define IPV6_HEADER 40
_Static_assert(sizeof(struct ip6_hdr) == IPV6_HEADER, "an IPv6 header is 40 octets");

#define CONTROL (CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int)))

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

union control {
    struct cmsghdr alignment;
    uint8_t bytes[CONTROL];
};

static int set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

static int32_t fail(int fd)
{
    int error = errno;
    dstm_close(fd);
    return -error;
}

static int32_t open_receiver(int protocol, int32_t receive_buffer)
{
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd < 0) {
        return -errno;
    }
    /* The forced size passes net.core.rmem_max and needs CAP_NET_ADMIN; the other takes what the limit allows. */
    if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer) < 0) {
        (void) set_int(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer);
    }
    if (set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) < 0 || set_int(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1) < 0
        || set_int(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) < 0) {
        return fail(fd);
    }
    return fd;
}

/* Each raw socket is given all packets: it takes those that a processor of its share brings. */
static int take_share(int fd, int32_t share, int32_t shares)
{
    struct sock_filter steps[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t) (SKF_AD_OFF + SKF_AD_CPU)),
                                  BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, (uint32_t) shares),
                                  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t) share, 0, 1),
                                  BPF_STMT(BPF_RET | BPF_K, UINT32_MAX), BPF_STMT(BPF_RET | BPF_K, 0)};
    struct sock_fprog filter = {.len = sizeof steps / sizeof steps[0], .filter = steps};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0) {
        return -1;
    }
    /* What came before is another's, too. */
    uint8_t any;
    while (recv(fd, &any, sizeof any, MSG_DONTWAIT) >= 0) {
    }
    return 0;
}

int32_t dstm_raw6_open_receiver(int32_t receive_buffer, int32_t share, int32_t shares)
{
    int32_t fd = open_receiver(IPPROTO_IPIP, receive_buffer);
    return fd >= 0 && shares > 1 && take_share(fd, share, shares) < 0 ? fail(fd) : fd;
}

int32_t dstm_raw6_open_errors(int32_t receive_buffer)
{
    int32_t fd = open_receiver(IPPROTO_ICMPV6, receive_buffer);
    if (fd < 0) {
        return fd;
    }
    struct icmp6_filter errors;
    ICMP6_FILTER_SETBLOCKALL(&errors);
    ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &errors);
    ICMP6_FILTER_SETPASS(ICMP6_PACKET_TOO_BIG, &errors);
    ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &errors);
    ICMP6_FILTER_SETPASS(ICMP6_PARAM_PROB, &errors);
    if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &errors, sizeof errors) < 0) {
        return fail(fd);
    }
    /* What came before the filter was set may be anything. */
    uint8_t any;
    while (recv(fd, &any, sizeof any, MSG_DONTWAIT) >= 0) {
    }
    return fd;
}

int32_t dstm_raw6_open_sender(int32_t send_buffer)
{
    /* IPPROTO_RAW means: the caller writes the IPv6 header, and nothing is received. */
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd < 0) {
        return -errno;
    }
    if (set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, send_buffer) < 0) {
        (void) set_int(fd, SOL_SOCKET, SO_SNDBUF, send_buffer);
    }
    return fd;
}

static bool is_ours(const struct in6_addr *destination, const uint8_t *addresses, int32_t address_count)
{
    for (int32_t i = 0; i < address_count; i++) {
        if (memcmp(destination, addresses + 16 * i, 16) == 0) {
            return true;
        }
    }
    return address_count == 0;
}

/* Puts the outer header back before the packet; false if the kernel did not say where the packet went. */
static bool rebuild(struct msghdr *message, struct ip6_hdr *header, uint8_t next, unsigned length)
{
    const struct sockaddr_in6 *source = message->msg_name;
    bool addressed = false;
    uint32_t traffic_class = 0;
    uint8_t hop_limit = 0;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL; control = CMSG_NXTHDR(message, control)) {
        if (control->cmsg_level != IPPROTO_IPV6) {
            continue;
        }
        int value;
        if (control->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            header->ip6_dst = info.ipi6_addr;
            addressed = true;
        } else if (control->cmsg_type == IPV6_TCLASS) {
            memcpy(&value, CMSG_DATA(control), sizeof value);
            traffic_class = (uint32_t) value & 0xFF;
        } else if (control->cmsg_type == IPV6_HOPLIMIT) {
            memcpy(&value, CMSG_DATA(control), sizeof value);
            hop_limit = (uint8_t) value;
        }
    }
    header->ip6_flow = htonl(UINT32_C(6) << 28 | traffic_class << 20);
    header->ip6_plen = htons((uint16_t) length);
    header->ip6_nxt = next;
    header->ip6_hlim = hop_limit;
    header->ip6_src = source->sin6_addr;
    return addressed;
}

/* One system call: into the slots from first on, at most CHUNK and at most until capacity. How many were appended. */
static int32_t receive_chunk(int fd, uint8_t next, uint8_t *memory, int32_t slot_size, int32_t headroom,
                             const uint8_t *addresses, int32_t address_count, struct dstm_entry *entries, int32_t count,
                             int32_t first, int32_t slots, struct dstm_dropped *dropped, int32_t *received)
{
    struct mmsghdr messages[CHUNK];
    struct iovec parts[CHUNK];
    struct sockaddr_in6 sources[CHUNK];
    union control controls[CHUNK];
    int32_t wanted = slots < CHUNK ? slots : CHUNK;
    for (int32_t i = 0; i < wanted; i++) {
        parts[i].iov_base = memory + (int64_t) (first + i) * slot_size + headroom + IPV6_HEADER;
        parts[i].iov_len = (size_t) (slot_size - headroom - IPV6_HEADER);
        messages[i].msg_hdr = (struct msghdr) {.msg_name = &sources[i],
                                               .msg_namelen = sizeof sources[i],
                                               .msg_iov = &parts[i],
                                               .msg_iovlen = 1,
                                               .msg_control = &controls[i],
                                               .msg_controllen = sizeof controls[i]};
    }
    int got = recvmmsg(fd, messages, (unsigned) wanted, MSG_DONTWAIT, NULL);
    if (got < 0) {
        return -errno;
    }
    *received = got;
    int32_t appended = 0;
    for (int32_t i = 0; i < got; i++) {
        if (messages[i].msg_hdr.msg_flags & MSG_TRUNC || messages[i].msg_len > UINT16_MAX) {
            dropped->too_long++;
            continue;
        }
        int32_t offset = (first + i) * slot_size + headroom;
        struct ip6_hdr header;
        if (!rebuild(&messages[i].msg_hdr, &header, next, messages[i].msg_len)
            || !is_ours(&header.ip6_dst, addresses, address_count)) {
            dropped->not_ours += next == IPPROTO_IPIP;
            continue;
        }
        memcpy(memory + offset, &header, IPV6_HEADER);
        if (next == IPPROTO_IPIP) {
            dstm_complete(memory + offset + IPV6_HEADER, (int32_t) messages[i].msg_len);
        }
        entries[count + appended].offset = offset;
        entries[count + appended].length = (int32_t) messages[i].msg_len + IPV6_HEADER;
        appended++;
    }
    return appended;
}

int32_t dstm_raw6_receive(int32_t fd, int32_t errors_fd, int32_t errors_first, int32_t wake_fd, uint8_t *memory,
                          int32_t memory_bytes, int32_t slot_size, int32_t headroom, const uint8_t *addresses,
                          int32_t address_count, struct dstm_entry *entries, int32_t capacity,
                          struct dstm_dropped *dropped, int32_t timeout_millis)
{
    dropped->too_long = 0;
    dropped->not_ours = 0;
    if (!dstm_slots_fit(memory_bytes, slot_size, headroom + IPV6_HEADER, capacity)) {
        return -EINVAL;
    }
    int64_t deadline = dstm_deadline(timeout_millis);
    int32_t most_errors = capacity < 4 ? 1 : capacity / 4;
    bool errors = errors_fd >= 0 && errors_first != 0;
    int32_t count = 0;
    int32_t used = 0;
    while (used < capacity) {
        int32_t received = 0;
        bool wait = false;
        int32_t slots = capacity - used;
        int32_t appended;
        if (errors) {
            appended = receive_chunk(errors_fd, IPPROTO_ICMPV6, memory, slot_size, headroom, addresses, address_count,
                                     entries, count, used, slots < most_errors ? slots : most_errors, dropped, &received);
            /* Once a turn: a flood of errors must not keep packets away. */
            errors = false;
            if (appended >= 0) {
                count += appended;
                used = count > 0 ? used + received : 0;
            } else if (dstm_is_fatal(-appended)) {
                return appended;
            }
            continue;
        }
        appended = receive_chunk(fd, IPPROTO_IPIP, memory, slot_size, headroom, addresses, address_count, entries, count,
                                 used, slots, dropped, &received);
        if (appended >= 0) {
            count += appended;
            used += received;
            if (count > 0 && received < CHUNK) {
                return count;
            }
            if (count == 0) {
                /* All were dropped: their slots are free again. */
                used = 0;
                wait = true;
            }
        } else if (appended == -EAGAIN) {
            if (count > 0) {
                return count;
            }
            wait = true;
        } else if (appended != -EINTR) {
            return count > 0 ? count : appended;
        }
        if (wait) {
            int ready = dstm_wait(fd, errors_fd, wake_fd, deadline);
            if (ready <= 0) {
                return ready;
            }
            errors = (ready & DSTM_OTHER_READY) != 0;
        }
    }
    return count;
}

/* Sends what the chunk holds; an error concerns one packet unless it is the queue's or the socket's. */
static int32_t send_chunk(int fd, struct mmsghdr *messages, int32_t count, int *fatal)
{
    int32_t taken = 0;
    int32_t next = 0;
    while (next < count) {
        int sent = sendmmsg(fd, messages + next, (unsigned) (count - next), MSG_DONTWAIT);
        if (sent > 0) {
            taken += sent;
            next += sent;
        } else if (sent == 0) {
            break;
        } else if (dstm_is_fatal(errno)) {
            *fatal = errno;
            break;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            next++;
        }
    }
    return taken;
}

int32_t dstm_raw6_send(int32_t fd, const uint8_t *memory, int32_t memory_bytes, const struct dstm_entry *entries,
                       int32_t count)
{
    struct mmsghdr messages[CHUNK];
    struct iovec parts[CHUNK];
    struct sockaddr_in6 destinations[CHUNK];
    int32_t taken = 0;
    int32_t filled = 0;
    int fatal = 0;
    for (int32_t i = 0; i < count && fatal == 0; i++) {
        const struct dstm_entry *entry = &entries[i];
        if (dstm_entry_fits(entry, memory_bytes, IPV6_HEADER)) {
            const uint8_t *packet = memory + entry->offset;
            destinations[filled] = (struct sockaddr_in6) {.sin6_family = AF_INET6};
            memcpy(&destinations[filled].sin6_addr, packet + 24, 16);
            parts[filled].iov_base = (void *) (uintptr_t) packet;
            parts[filled].iov_len = (size_t) entry->length;
            messages[filled].msg_hdr = (struct msghdr) {.msg_name = &destinations[filled],
                                                        .msg_namelen = sizeof destinations[filled],
                                                        .msg_iov = &parts[filled],
                                                        .msg_iovlen = 1};
            filled++;
        }
        if (filled == CHUNK || (i == count - 1 && filled > 0)) {
            taken += send_chunk(fd, messages, filled, &fatal);
            filled = 0;
        }
    }
    return taken == 0 && fatal != 0 ? -fatal : taken;
}

int32_t dstm_raw6_overflows(int32_t fd)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof info;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length) < 0) {
        return -errno;
    }
    return (int32_t) (info[SK_MEMINFO_DROPS] & INT32_MAX);
}
