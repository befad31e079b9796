/*
 * Loads the library and calls everything in it once, for machines on which no JVM can be run in the test: smoke LIBRARY.
 * Prints what it did; the last line is "ok" if all went as it should. Packets go over a pair of local sockets and, if it may
 * open raw sockets, over the loopback interface, so it needs no device.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "dstm_datapath.h"

#define SLOT 256
#define SLOTS 8
#define HEADROOM 64

static void *library;

#define LOOK_UP(name) __typeof__(&name) call_##name = (__typeof__(&name)) look_up(#name)

static void *look_up(const char *name)
{
    void *symbol = dlsym(library, name);
    if (symbol == NULL) {
        printf("missing: %s\n", name);
        exit(1);
    }
    return symbol;
}

static void check(int condition, const char *what, int line)
{
    if (!condition) {
        printf("line %d: %s\n", line, what);
        exit(1);
    }
}

#define CHECK(condition) check(condition, #condition, __LINE__)

static uint8_t memory[SLOT * SLOTS];
static struct dstm_entry entries[SLOTS];
static struct dstm_dropped dropped;
static uint64_t paths[4];

static void move_through_sockets(int wake_fd)
{
    LOOK_UP(dstm_tun_receive);
    LOOK_UP(dstm_tun_send);
    LOOK_UP(dstm_wake);
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair) == 0);
    for (int i = 0; i < 3; i++) {
        memset(memory + i * SLOT + HEADROOM, 'a' + i, 40);
        entries[i] = (struct dstm_entry) {i * SLOT + HEADROOM, 30 + i};
    }
    entries[3] = (struct dstm_entry) {SLOT * SLOTS - 10, 40};
    CHECK(call_dstm_tun_send(pair[0], memory, sizeof memory, entries, 4, 1460, paths, 4) == 3);
    char large[SLOT + sizeof(struct virtio_net_hdr)] = {0};
    CHECK(write(pair[0], large, sizeof large) == sizeof large);
    memset(memory, 0, sizeof memory);
    CHECK(call_dstm_tun_receive(pair[1], wake_fd, memory, sizeof memory, SLOT, HEADROOM, entries, SLOTS, &dropped, paths, 4,
                                1000) == 3);
    CHECK(dropped.too_long == 1 && dropped.not_ours == 0);
    for (int i = 0; i < 3; i++) {
        CHECK(entries[i].offset == i * SLOT + HEADROOM && entries[i].length == 30 + i);
        CHECK(memory[entries[i].offset] == 'a' + i && memory[entries[i].offset + 29 + i] == 'a' + i);
    }
    CHECK(call_dstm_tun_receive(pair[1], wake_fd, memory, sizeof memory, SLOT, HEADROOM, entries, SLOTS, &dropped, paths, 4,
                                10) == 0);
    CHECK(call_dstm_wake(wake_fd) == 0);
    CHECK(call_dstm_tun_receive(pair[1], wake_fd, memory, sizeof memory, SLOT, HEADROOM, entries, SLOTS, &dropped, paths, 4,
                                -1) == 0);
    CHECK(call_dstm_tun_receive(pair[1], wake_fd, memory, SLOT, SLOT, HEADROOM, entries, 2, &dropped, paths, 4, 0) == -EINVAL);
    close(pair[0]);
    close(pair[1]);
    printf("sockets: moved 3, refused 1, dropped 1\n");
}

static void move_over_loopback(int wake_fd)
{
    LOOK_UP(dstm_raw6_open_receiver);
    LOOK_UP(dstm_raw6_open_errors);
    LOOK_UP(dstm_raw6_open_sender);
    LOOK_UP(dstm_raw6_receive);
    LOOK_UP(dstm_raw6_send);
    LOOK_UP(dstm_raw6_overflows);
    LOOK_UP(dstm_close);
    int receiver = call_dstm_raw6_open_receiver(1 << 20, 0, 1);
    int sender = call_dstm_raw6_open_sender(1 << 20);
    if (receiver == -EPERM) {
        printf("loopback: no right to raw sockets\n");
        return;
    }
    int errors = call_dstm_raw6_open_errors(1 << 16);
    CHECK(receiver >= 0 && errors >= 0 && sender >= 0);
    static const uint8_t header[40] = {0x6A, 0xB0, 0, 0, 0, 20, 4, 33, [23] = 1, [39] = 1};
    static const uint8_t here[16] = {[15] = 1};
    for (int i = 0; i < 2; i++) {
        memcpy(memory + i * SLOT + HEADROOM, header, 40);
        memset(memory + i * SLOT + HEADROOM + 40, 'x' + i, 20);
        entries[i] = (struct dstm_entry) {i * SLOT + HEADROOM, 60};
    }
    CHECK(call_dstm_raw6_send(sender, memory, sizeof memory, entries, 2) == 2);
    memset(memory, 0, sizeof memory);
    CHECK(call_dstm_raw6_receive(receiver, errors, 1, wake_fd, memory, sizeof memory, SLOT, HEADROOM, here, 1, entries, SLOTS,
                                 &dropped, 5000) == 2);
    for (int i = 0; i < 2; i++) {
        CHECK(entries[i].length == 60);
        CHECK(memcmp(memory + entries[i].offset, header, 40) == 0);
        CHECK(memory[entries[i].offset + 59] == 'x' + i);
    }
    CHECK(call_dstm_raw6_overflows(receiver) == 0);
    CHECK(call_dstm_close(receiver) == 0 && call_dstm_close(errors) == 0
          && call_dstm_close(sender) == 0);
    printf("loopback: moved 2\n");
}

static void list_links(void)
{
    LOOK_UP(dstm_netlink);
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
    } request = {.header = {.nlmsg_len = sizeof request,
                            .nlmsg_type = RTM_GETLINK,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                            .nlmsg_seq = 7}};
    static uint8_t answer[1 << 18];
    int length = call_dstm_netlink((const uint8_t *) &request, sizeof request, answer, sizeof answer);
    CHECK(length > (int) sizeof request);
    struct nlmsghdr first;
    memcpy(&first, answer, sizeof first);
    CHECK(first.nlmsg_type == RTM_NEWLINK && first.nlmsg_seq == 7);
    CHECK(call_dstm_netlink((const uint8_t *) &request, sizeof request, answer, 16) == -ENOBUFS);
    printf("netlink: answered\n");
}

/* Listening needs a device that changes, which not every machine lets us have: what can be told anywhere is that nothing comes, and waking. */
static void listen_to_changes(int wake_fd)
{
    LOOK_UP(dstm_netlink_listen);
    LOOK_UP(dstm_netlink_events);
    LOOK_UP(dstm_wake);
    LOOK_UP(dstm_close);
    static uint8_t events[1 << 15];
    /* Changes of queueing disciplines, of which there are none while this runs. */
    int fd = call_dstm_netlink_listen(8);
    CHECK(fd >= 0);
    CHECK(call_dstm_netlink_events(fd, wake_fd, events, 0, 0) == -EINVAL);
    CHECK(call_dstm_netlink_events(fd, wake_fd, events, sizeof events, 10) >= 0);
    CHECK(call_dstm_wake(wake_fd) == 0);
    CHECK(call_dstm_netlink_events(fd, wake_fd, events, sizeof events, -1) >= 0);
    CHECK(call_dstm_close(fd) == 0);
    printf("netlink: listened\n");
}

static void ask_for_a_map(void)
{
    LOOK_UP(dstm_bpf);
    LOOK_UP(dstm_bpf_settle);
    LOOK_UP(dstm_bpf_map_memory);
    LOOK_UP(dstm_bpf_unmap_memory);
    LOOK_UP(dstm_close);
    /* An array of 4-byte keys, 8-byte values and 4 entries that can be mapped into memory. */
    uint32_t wanted[16] = {2, 4, 8, 4, 1 << 10};
    int map = call_dstm_bpf(0, (uint8_t *) wanted, sizeof wanted);
    if (map == -EPERM || map == -ENOSYS || map == -EINVAL) {
        printf("bpf: not here\n");
        return;
    }
    CHECK(map >= 0);
    int64_t place = call_dstm_bpf_map_memory(map, 32);
    CHECK(place > 0);
    *(uint64_t *) (uintptr_t) place = 5;
    CHECK(call_dstm_bpf_unmap_memory(place, 32) == 0);
    CHECK(call_dstm_bpf_settle() == 0);
    CHECK(call_dstm_close(map) == 0);
    printf("bpf: made a map\n");
}

static void ask_for_frames(void)
{
    LOOK_UP(dstm_xsk_open);
    /* There is no device 0, wherever this runs. */
    int64_t handle = call_dstm_xsk_open(0, 0);
    CHECK(handle < 0 && handle > -4096);
    printf("frames: refused as they must be\n");
}

/* Puts a record into a ring that lies in a file; where the next one goes. */
static uint64_t put_record(uint8_t *records, uint64_t at, uint32_t flags, const uint8_t *frame, uint32_t length)
{
    uint32_t header = (8 + length) | flags;
    memcpy(records + at, &header, sizeof header);
    memcpy(records + at + 8, &length, sizeof length);
    memcpy(records + at + 16, frame, length);
    return at + ((8 + 8 + length + 7) & ~7U);
}

static void read_a_ring(int wake_fd)
{
    LOOK_UP(dstm_ring_open);
    LOOK_UP(dstm_ring_receive);
    LOOK_UP(dstm_ring_close);
    LOOK_UP(dstm_wake);
    LOOK_UP(dstm_close);
    enum { RING = 1 << 16 };
    size_t page = (size_t) sysconf(_SC_PAGESIZE);
    int file = (int) syscall(SYS_memfd_create, "ring", 0);
    CHECK(file >= 0 && ftruncate(file, (off_t) (2 * page + 2 * RING)) == 0);
    uint8_t *all = mmap(NULL, 2 * page + RING, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(all != MAP_FAILED);
    static const uint8_t ipv4[14 + 20 + 4] = {[12] = 0x08, [14] = 0x45, [17] = 20, [22] = 64, [24] = 0x20};
    static const uint8_t ipv6[14 + 40 + 20] = {[12] = 0x86, [13] = 0xDD, [14] = 0x60, [19] = 20, [20] = 4, [54] = 0x45, [57] = 20};
    uint64_t end = put_record(all + 2 * page, 0, 0, ipv4, sizeof ipv4);
    end = put_record(all + 2 * page, end, 1U << 30, ipv4, sizeof ipv4);
    end = put_record(all + 2 * page, end, 0, ipv4, 20);
    end = put_record(all + 2 * page, end, 0, ipv4, sizeof ipv4);
    end = put_record(all + 2 * page, end, 0, ipv6, sizeof ipv6);
    end = put_record(all + 2 * page, end, 1U << 31, ipv6, sizeof ipv6);
    memcpy(all + page, &end, sizeof end);
    CHECK(call_dstm_ring_open(file, 1000) == -EINVAL);
    CHECK(call_dstm_ring_open(-1, RING) == -EBADF);
    int64_t ring = call_dstm_ring_open(file, RING);
    CHECK(ring > 0);
    CHECK(call_dstm_ring_receive(ring, wake_fd, memory, SLOT, SLOT, HEADROOM, entries, 2, &dropped, 0) == -EINVAL);
    CHECK(call_dstm_ring_receive(ring, wake_fd, memory, sizeof memory, SLOT, HEADROOM, entries, SLOTS, &dropped, -1) == 2);
    CHECK(dropped.too_long == 1 && entries[1].offset == SLOT + HEADROOM && entries[1].length == 20);
    /* It has one less to live, and its checksum is right for that. */
    CHECK(memory[HEADROOM + 8] == 63 && memory[HEADROOM + 10] == 0x21);
    CHECK(call_dstm_ring_receive(ring, wake_fd, memory, sizeof memory, SLOT, HEADROOM, entries, SLOTS, &dropped, -1) == 1);
    CHECK(dropped.too_long == 0 && entries[0].length == 60 && memory[HEADROOM] == 0x60);
    /* The last one is still being written. */
    CHECK(call_dstm_wake(wake_fd) == 0);
    CHECK(call_dstm_ring_receive(ring, wake_fd, memory, sizeof memory, SLOT, HEADROOM, entries, SLOTS, &dropped, -1) == 0);
    CHECK(call_dstm_ring_close(ring) == 0 && call_dstm_close(file) == 0 && munmap(all, 2 * page + RING) == 0);
    printf("ring: read\n");
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    library = dlopen(arguments[1], RTLD_NOW);
    if (library == NULL) {
        printf("%s\n", dlerror());
        return 1;
    }
    LOOK_UP(dstm_abi);
    LOOK_UP(dstm_wake_open);
    LOOK_UP(dstm_wake_drain);
    LOOK_UP(dstm_tun_open);
    LOOK_UP(dstm_tun_create);
    struct utsname system;
    CHECK(uname(&system) == 0);
    printf("machine: %s, interface version %d\n", system.machine, call_dstm_abi());
    CHECK(call_dstm_abi() == DSTM_ABI);
    int wake_fd = call_dstm_wake_open();
    CHECK(wake_fd >= 0 && call_dstm_wake_drain(wake_fd) == 0);
    CHECK(call_dstm_tun_open("/no/such/device") == -ENOENT);
    CHECK(call_dstm_tun_create(wake_fd, "a-name-longer-than-15", 0, 1) == -EINVAL);
    move_through_sockets(wake_fd);
    move_over_loopback(wake_fd);
    list_links();
    listen_to_changes(wake_fd);
    ask_for_a_map();
    ask_for_frames();
    read_a_ring(wake_fd);
    printf("ok\n");
    return 0;
}
