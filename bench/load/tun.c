/*
 * The tunnel's two packet loops without Java, as a peer: the product's own native calls, and between them the least that a TEP must do
 * (check the client, take the outer header off or put it on), with bindings in an array.
 *
 * tun DEVICE TEP6 CLIENTS FIRST SHARED: clients and their bindings as in TepHost. Prints "ready", works until its input ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../../bundles/dstm-datapath-linux/src/main/c/dstm_datapath.h"

#define BATCH 64
#define SLOT (1027 * 64)
#define HEADROOM 64
#define IPV6 40
#define PATHS 1024

static int32_t tun, receiver, errors, sender, wake;
static uint8_t tep[16];
static uint32_t clients, first, shared;
static uint64_t paths[PATHS];

static uint32_t word(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return ntohl(value);
}

/* The number of a client by address and port; none: as many as there are. */
static uint32_t client(uint32_t address, uint32_t port)
{
    uint32_t index = address - first;
    index = index << shared | (shared == 0 ? 0 : port >> (16 - shared));
    return index < clients ? index : clients;
}

static const uint8_t prefix[8] = {0x20, 0x01, 0x0d, 0xb8, 0, 0x0c, 0, 0};

static int is_source(const uint8_t *address, uint32_t of)
{
    return memcmp(address, prefix, 8) == 0 && word(address + 8) == 0 && word(address + 12) == of + 1;
}

struct side {
    uint8_t *memory;
    struct dstm_entry in[BATCH];
    struct dstm_dropped dropped;
};

static struct side *side(const char *name)
{
    prctl(PR_SET_NAME, name);
    struct side *made = calloc(1, sizeof *made);
    made->memory = aligned_alloc(64, (size_t) BATCH * SLOT);
    return made;
}

static void *from_ipv6(void *unused)
{
    struct side *own = side("dstm-dstm-tep-6");
    for (int32_t turn = 0;; turn++) {
        int32_t count = dstm_raw6_receive(receiver, errors, turn % 8 == 0, wake, own->memory, BATCH * SLOT, SLOT, HEADROOM, tep, 1,
                                          own->in, BATCH, &own->dropped, -1);
        int32_t kept = 0;
        for (int32_t i = 0; i < count; i++) {
            const uint8_t *packet = own->memory + own->in[i].offset;
            const uint8_t *inner = packet + IPV6;
            uint32_t whose = client(word(inner + 12), word(inner + 20) >> 16);
            if (packet[6] == 4 && own->in[i].length >= IPV6 + 28 && inner[0] == 0x45 && whose < clients && is_source(packet + 8, whose)) {
                own->in[kept].offset = own->in[i].offset + IPV6;
                own->in[kept++].length = own->in[i].length - IPV6;
            }
        }
        dstm_tun_send(tun, own->memory, BATCH * SLOT, own->in, kept, 1460, paths, PATHS);
    }
    return unused;
}

static void *from_ipv4(void *unused)
{
    struct side *own = side("dstm-dstm-tep-4");
    for (;;) {
        int32_t count = dstm_tun_receive(tun, wake, own->memory, BATCH * SLOT, SLOT, HEADROOM, own->in, BATCH, &own->dropped, paths,
                                         PATHS, -1);
        int32_t kept = 0;
        for (int32_t i = 0; i < count; i++) {
            uint8_t *packet = own->memory + own->in[i].offset;
            int32_t length = own->in[i].length;
            uint32_t whose = length >= 28 && packet[0] == 0x45 ? client(word(packet + 16), word(packet + 20) & 0xFFFF) : clients;
            if (whose == clients) {
                continue;
            }
            uint8_t *outer = packet - IPV6;
            uint32_t start = htonl(6U << 28 | (uint32_t) packet[1] << 20);
            uint32_t last = htonl(whose + 1);
            memcpy(outer, &start, 4);
            outer[4] = (uint8_t) (length >> 8);
            outer[5] = (uint8_t) length;
            outer[6] = 4;
            outer[7] = 64;
            memcpy(outer + 8, tep, 16);
            memcpy(outer + 24, prefix, 8);
            memset(outer + 32, 0, 4);
            memcpy(outer + 36, &last, 4);
            own->in[kept].offset = own->in[i].offset - IPV6;
            own->in[kept++].length = length + IPV6;
        }
        dstm_raw6_send(sender, own->memory, BATCH * SLOT, own->in, kept);
    }
    return unused;
}

int main(int count, char **arguments)
{
    pthread_t threads[2];
    if (count != 6 || inet_pton(AF_INET6, arguments[2], tep) != 1) {
        fprintf(stderr, "usage: tun DEVICE TEP6 CLIENTS FIRST SHARED\n");
        return 2;
    }
    clients = (uint32_t) atol(arguments[3]);
    first = ntohl(inet_addr(arguments[4]));
    shared = (uint32_t) atol(arguments[5]);
    tun = dstm_tun_open("/dev/net/tun");
    receiver = dstm_raw6_open_receiver(8 << 20, 0, 1);
    errors = dstm_raw6_open_errors(256 << 10);
    sender = dstm_raw6_open_sender(8 << 20);
    wake = dstm_wake_open();
    if (tun < 0 || dstm_tun_create(tun, arguments[1], 0, 1) < 0 || receiver < 0 || errors < 0 || sender < 0 || wake < 0) {
        fprintf(stderr, "cannot open the devices\n");
        return 1;
    }
    pthread_create(&threads[0], NULL, from_ipv6, NULL);
    pthread_create(&threads[1], NULL, from_ipv4, NULL);
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}
