/*
 * flood send DEVICE KIND MAC CLIENTS FIRST SHARED WORLD FROM6 TO6 SECONDS RATE
 *     sends RATE packets a second out of DEVICE, as fast as one processor can if it is 0 (BPF_PROG_TEST_RUN with live frames); prints how
 *     many were made
 * flood sink DEVICE CLIENTS FIRST SHARED
 *     counts what arrives at DEVICE and drops it; prints "good bad" whenever a line comes in, until there are no more
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "flood.h"

#define PACKETS_A_CALL 65536
#define BATCH 64

static void die(const char *what)
{
    fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static struct bpf_object *load(const char *self, const struct flood_order *order)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.bpf.o", self);
    struct bpf_object *object = bpf_object__open_file(path, NULL);
    if (!object) {
        die(path);
    }
    struct bpf_map *map;
    bpf_object__for_each_map(map, object)
    {
        if (strstr(bpf_map__name(map), ".rodata") && bpf_map__set_initial_value(map, order, sizeof *order)) {
            die("settings");
        }
    }
    if (bpf_object__load(object)) {
        die("load");
    }
    return object;
}

static int program(struct bpf_object *object, const char *name)
{
    return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

static void send_packets(const char *self, char **words)
{
    static const char *const kinds[] = {"ipv4", "ipv6", "up", "down", "translated"};
    struct flood_order order = {.kind = 99};
    unsigned device = if_nametoindex(words[0]);
    unsigned char to[6];
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i], words[1]) == 0) {
            order.kind = i;
        }
    }
    struct in_addr first, world;
    if (device == 0 || order.kind == 99
        || sscanf(words[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &to[0], &to[1], &to[2], &to[3], &to[4], &to[5]) != 6
        || inet_pton(AF_INET, words[4], &first) != 1 || inet_pton(AF_INET, words[6], &world) != 1
        || inet_pton(AF_INET6, words[7], order.from6) != 1 || inet_pton(AF_INET6, words[8], order.to6) != 1) {
        errno = EINVAL;
        die("arguments");
    }
    memcpy(order.to, to, sizeof to);
    order.clients = (unsigned) atoi(words[3]);
    order.first = ntohl(first.s_addr);
    order.shared = (unsigned) atoi(words[5]);
    order.world = ntohl(world.s_addr);
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", words[0]);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (ioctl(fd, SIOCGIFHWADDR, &request) < 0) {
        die("hardware address");
    }
    memcpy(order.from, request.ifr_hwaddr.sa_data, 6);
    struct bpf_object *object = load(self, &order);
    double rate = atof(words[10]);
    unsigned char frame[FLOOD_FRAME] = {0};
    struct xdp_md context = {.data_end = sizeof frame, .ingress_ifindex = device};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof frame, .ctx_in = &context,
                .ctx_size_in = sizeof context, .repeat = rate > 0 ? BATCH : PACKETS_A_CALL, .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
    double begin = now(), end = begin + atof(words[9]);
    unsigned long made = 0;
    while (now() < end) {
        if (bpf_prog_test_run_opts(program(object, "flood"), &options)) {
            die("send");
        }
        made += (unsigned long) options.repeat;
        double early = rate > 0 ? begin + (double) made / rate - now() : 0;
        if (early > 0) {
            usleep((useconds_t) (early * 1e6));
        }
    }
    printf("%lu %.6f\n", made, now() - begin);
}

static void count_packets(const char *self, char **words)
{
    struct flood_order order = {0};
    unsigned device = if_nametoindex(words[0]);
    struct in_addr first;
    if (device == 0 || inet_pton(AF_INET, words[2], &first) != 1) {
        errno = EINVAL;
        die("arguments");
    }
    order.clients = (unsigned) atoi(words[1]);
    order.first = ntohl(first.s_addr);
    order.shared = (unsigned) atoi(words[3]);
    struct bpf_object *object = load(self, &order);
    int link = bpf_link_create(program(object, "sink"), (int) device, BPF_XDP, NULL);
    if (link < 0) {
        die("attach");
    }
    int seen = bpf_object__find_map_fd_by_name(object, "seen");
    int processors = libbpf_num_possible_cpus();
    unsigned long long *values = calloc((size_t) processors, sizeof *values);
    char line[16];
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        unsigned long long sums[2] = {0};
        for (unsigned which = 0; which < 2; which++) {
            bpf_map_lookup_elem(seen, &which, values);
            for (int i = 0; i < processors; i++) {
                sums[which] += values[i];
            }
        }
        printf("%llu %llu\n", sums[0], sums[1]);
        fflush(stdout);
    }
}

int main(int count, char **words)
{
    if (count == 13 && strcmp(words[1], "send") == 0) {
        send_packets(words[0], words + 2);
    } else if (count == 6 && strcmp(words[1], "sink") == 0) {
        count_packets(words[0], words + 2);
    } else {
        fputs("usage: see the first lines of flood.c\n", stderr);
        return 2;
    }
    return 0;
}
