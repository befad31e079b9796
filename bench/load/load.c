/*
 * Many DHCPv6 clients behind one relay: four-message exchanges, each by a client that was never there before, or renewals of what
 * they got. One thread, batched system calls, so that the generator leaves the machine to the server.
 *
 * A load is closed (-w: so many exchanges are under way at any time, the next begins when one ends) or open (-r: so many begin a
 * second, whatever the server does). An exchange that takes longer than a second is lost. Prints one line of JSON.
 *
 * usage: load -s SERVER -l RELAY_ADDRESS [-k na|dstm|lw] [-w WINDOW | -r RATE] [-t SECONDS] [-f FIRST_CLIENT] [-n] [-o]
 *   -k   what is asked for: an IPv6 address (IA_NA), an IPv4 address (IA_DSTM), or one by the lw4o6 container beside an IA_NA
 *   -o   ends with the first lease
 *   -n   renewals: clients FIRST_CLIENT and on got leases before and renew them in turn; -c COUNT says how many there are
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SOLICIT = 1, ADVERTISE = 2, REQUEST = 3, RENEW = 5, REPLY = 7, RELAY_FORW = 12, RELAY_REPL = 13 };
enum { CLIENTID = 1, SERVERID = 2, IA_NA = 3, IAADDR = 5, ORO = 6, ELAPSED = 8, RELAY_MSG = 9, STATUS = 13, S46_LW = 96 };
enum { IA_DSTM = 65281, SLOTS = 1 << 16, BATCH = 64, SIZE = 1024, LONGEST_NS = 1000000000 };

struct slot {
    uint64_t began, asked;
    uint32_t client, transaction;
    uint8_t state; /* 0 free, SOLICIT or REQUEST waiting for its answer */
};

static struct slot slots[SLOTS];
static uint8_t out[BATCH][SIZE], in[BATCH][SIZE];
static struct mmsghdr outgoing[BATCH], incoming[BATCH];
static struct iovec outgoing_part[BATCH], incoming_part[BATCH];
static struct sockaddr_in6 server, relay;
static int fd, queued, ia_code = IA_NA, container, renewing;
static uint32_t *latencies[2], counts[2], capacity;
static uint8_t server_id[160];
static int server_id_length;
static uint8_t (*leases)[128];
static uint16_t *lease_length;
static uint32_t first_client, client_count;
static int once;
static uint64_t completed, refused, lost, begun, unlike, first_reply;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void flush(void) {
    int sent = 0;
    while (sent < queued) {
        int n = sendmmsg(fd, outgoing + sent, queued - sent, 0);
        if (n < 0 && errno != EINTR && errno != EAGAIN && errno != ECONNREFUSED) { perror("sendmmsg"); exit(1); }
        sent += n > 0 ? n : 0;
    }
    queued = 0;
}

static uint8_t *u16(uint8_t *p, unsigned v) { *p++ = v >> 8; *p++ = v; return p; }
static uint8_t *u32(uint8_t *p, uint32_t v) { p = u16(p, v >> 16); return u16(p, v); }
static unsigned get16(const uint8_t *p) { return p[0] << 8 | p[1]; }

/* Queues a message of a client inside a Relay-forward; ia is the content of its IA option. */
static void ask(struct slot *s, int type, const uint8_t *ia, int ia_length) {
    if (queued == BATCH) flush();
    uint8_t *start = out[queued], *p = start;
    *p++ = RELAY_FORW;
    *p++ = 0;
    memcpy(p, &relay.sin6_addr, 16);
    p += 16;
    memcpy(p, "\x20\x01\x0d\xb8\0\x0c\0\0\0\0\0\0", 12);
    p = u32(p + 12, s->client + 1);
    p = u16(p, RELAY_MSG);
    uint8_t *length = p;
    p += 2;
    *p++ = type;
    *p++ = s->transaction >> 16;
    p = u16(p, s->transaction);
    p = u16(p, CLIENTID);
    p = u16(p, 10);
    memcpy(p, "\0\3\0\1\2\0", 6);
    p = u32(p + 6, s->client);
    if (type != SOLICIT) {
        p = u16(p, SERVERID);
        p = u16(p, server_id_length);
        memcpy(p, server_id, server_id_length);
        p += server_id_length;
    }
    p = u16(p, ia_code);
    p = u16(p, ia_length);
    memcpy(p, ia, ia_length);
    p += ia_length;
    p = u16(u16(u16(p, ELAPSED), 2), 0);
    p = u16(u16(p, ORO), container ? 6 : 4);
    p = u16(u16(p, 23), 24);
    if (container) p = u16(p, S46_LW);
    u16(length, p - length - 2);
    outgoing_part[queued].iov_len = p - start;
    queued++;
    s->state = type;
    s->asked = now();
}

static void begin(uint32_t exchange, uint64_t at) {
    struct slot *s = &slots[exchange % SLOTS];
    if (s->state) { lost++; }
    s->began = at;
    s->transaction = exchange & 0xFFFFFF;
    begun++;
    if (renewing) {
        s->client = first_client + exchange % client_count;
        ask(s, RENEW, leases[exchange % client_count], lease_length[exchange % client_count]);
    } else {
        static const uint8_t empty[12] = {0, 0, 0, 1};
        s->client = first_client + exchange;
        ask(s, SOLICIT, empty, 12);
    }
}

static void note(int which, uint64_t nanos) {
    if (counts[which] < capacity) latencies[which][counts[which]++] = nanos / 1000;
}

static const uint8_t *find(const uint8_t *p, const uint8_t *end, unsigned code, int *length) {
    while (end - p >= 4) {
        unsigned n = get16(p + 2);
        if ((int)n > end - p - 4) return NULL;
        if (get16(p) == code) { *length = n; return p + 4; }
        p += 4 + n;
    }
    return NULL;
}

/* Takes an answer; whether an exchange ended. */
static int take(const uint8_t *p, int size, int keep) {
    const uint8_t *end = p + size;
    int length;
    if (size < 34 || p[0] != RELAY_REPL || !(p = find(p + 34, end, RELAY_MSG, &length)) || length < 4) { unlike++; return 0; }
    end = p + length;
    uint32_t transaction = p[1] << 16 | p[2] << 8 | p[3];
    int type = p[0];
    struct slot *s = NULL;
    /* The slot is the low bits of the exchange's number, which the transaction id holds. */
    s = &slots[transaction % SLOTS];
    if (s->transaction != transaction || !s->state || (type == ADVERTISE) != (s->state == SOLICIT)) { unlike++; return 0; }
    int ia_length = 0, id_length = 0, ignored;
    const uint8_t *ia = find(p + 4, end, ia_code, &ia_length), *id = find(p + 4, end, SERVERID, &id_length);
    uint64_t t = now();
    int lent = ia && ia_length > 12 && ia_length <= 128 && id && id_length < (int)sizeof server_id
            && (container ? find(p + 4, end, S46_LW, &ignored) != NULL : find(ia + 12, ia + ia_length, IAADDR, &ignored) != NULL);
    if (!lent) {
        if (refused++ == 0) {
            fprintf(stderr, "refused:");
            for (const uint8_t *q = p; q < end; q++) fprintf(stderr, " %02x", *q);
            fprintf(stderr, "\n");
        }
        s->state = 0;
        return 1;
    }
    note(type == ADVERTISE ? 0 : 1, t - s->asked);
    if (type == ADVERTISE) {
        memcpy(server_id, id, id_length);
        server_id_length = id_length;
        ask(s, REQUEST, ia, ia_length);
        return 0;
    }
    if (keep && s->client - first_client < client_count) {
        memcpy(server_id, id, id_length);
        server_id_length = id_length;
        memcpy(leases[s->client - first_client], ia, ia_length);
        lease_length[s->client - first_client] = ia_length;
    }
    s->state = 0;
    if (completed++ == 0) first_reply = t;
    return 1;
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile(int which, double p) {
    return counts[which] ? latencies[which][(uint32_t)((counts[which] - 1) * p)] / 1000.0 : 0;
}

/* A load of one kind; returns how long it took, and in first how long until the first lease, in seconds. */
static double run(uint32_t window, double rate, double seconds, uint64_t most, int keep, double *first) {
    uint64_t start = now(), end = start + (uint64_t)(seconds * 1e9), t = start;
    uint32_t exchange = 0, open = 0, oldest = 0;
    memset(slots, 0, sizeof slots);
    completed = refused = lost = begun = 0;
    counts[0] = counts[1] = 0;
    while (t < end && (!most || exchange < most || open > 0) && !(once && completed)) {
        int more = t < end && (!most || exchange < most);
        if (rate > 0) {
            uint64_t due = (uint64_t)((t - start) / 1e9 * rate);
            for (int n = 0; exchange < due && n < 256; n++) { begin(exchange++, t); open++; }
        } else {
            while (more && open < window && (!most || exchange < most)) { begin(exchange++, t); open++; }
        }
        flush();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        struct timespec wait = {.tv_nsec = rate > 0 ? 200000 : 50000000};
        if (ppoll(&p, 1, &wait, NULL) > 0) {
            int n = recvmmsg(fd, incoming, BATCH, MSG_DONTWAIT, NULL);
            for (int i = 0; i < n; i++) open -= take(in[i], incoming[i].msg_len, keep);
        }
        t = now();
        while (oldest < exchange) {
            struct slot *s = &slots[oldest % SLOTS];
            if (s->state && t - s->began < LONGEST_NS) break;
            if (s->state) { s->state = 0; lost++; open--; }
            oldest++;
        }
    }
    flush();
    *first = completed ? (first_reply - start) / 1e9 : -1;
    return (now() - start) / 1e9;
}

int main(int argc, char **argv) {
    uint32_t window = 64;
    double rate = 0, seconds = 3, first = 0;
    int option;
    server.sin6_family = relay.sin6_family = AF_INET6;
    server.sin6_port = relay.sin6_port = htons(547);
    while ((option = getopt(argc, argv, "s:l:k:w:r:t:f:c:no")) != -1) {
        switch (option) {
        case 's': if (inet_pton(AF_INET6, optarg, &server.sin6_addr) != 1) return 2; break;
        case 'l': if (inet_pton(AF_INET6, optarg, &relay.sin6_addr) != 1) return 2; break;
        case 'k': ia_code = strcmp(optarg, "dstm") ? IA_NA : IA_DSTM; container = !strcmp(optarg, "lw"); break;
        case 'w': window = atoi(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 't': seconds = atof(optarg); break;
        case 'f': first_client = strtoul(optarg, NULL, 10); break;
        case 'c': client_count = strtoul(optarg, NULL, 10); break;
        case 'n': renewing = 1; break;
        case 'o': once = 1; break;
        default: return 2;
        }
    }
    capacity = 4000000;
    latencies[0] = malloc(capacity * 4);
    latencies[1] = malloc(capacity * 4);
    fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int size = 8 << 20, on = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&relay, sizeof relay) || connect(fd, (struct sockaddr *)&server, sizeof server)) { perror("socket"); return 1; }
    for (int i = 0; i < BATCH; i++) {
        outgoing_part[i].iov_base = out[i];
        outgoing[i].msg_hdr.msg_iov = &outgoing_part[i];
        outgoing[i].msg_hdr.msg_iovlen = 1;
        incoming_part[i] = (struct iovec){in[i], SIZE};
        incoming[i].msg_hdr.msg_iov = &incoming_part[i];
        incoming[i].msg_hdr.msg_iovlen = 1;
    }
    if (renewing) {
        leases = calloc(client_count, sizeof *leases);
        lease_length = calloc(client_count, sizeof *lease_length);
        renewing = 0;
        double took = run(window, 0, 600, client_count, 1, &first);
        fprintf(stderr, "%llu of %u leases in %.1f s\n", (unsigned long long)completed, client_count, took);
        renewing = 1;
    }
    double took = run(window, rate, seconds, 0, 0, &first);
    qsort(latencies[0], counts[0], 4, compare);
    qsort(latencies[1], counts[1], 4, compare);
    printf("{\"seconds\": %.3f, \"first\": %.3f, \"begun\": %llu, \"completed\": %llu, \"lost\": %llu, \"refused\": %llu, \"rate\": %.1f,"
           " \"advertise_p50\": %.3f, \"advertise_p99\": %.3f, \"reply_p50\": %.3f, \"reply_p99\": %.3f, \"reply_max\": %.3f}\n",
           took, first, (unsigned long long)begun, (unsigned long long)completed, (unsigned long long)lost, (unsigned long long)refused,
           completed / took, percentile(0, .5), percentile(0, .99), percentile(1, .5), percentile(1, .99), percentile(1, 1));
    return 0;
}
