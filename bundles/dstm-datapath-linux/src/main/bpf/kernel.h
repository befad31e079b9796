/* The few calls into the kernel, by the numbers that are part of its interface (linux/bpf.h), and what every program needs. */
#ifndef DSTM_KERNEL_H
#define DSTM_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

static void *(*const map_lookup)(void *map, const void *key) = (void *) BPF_FUNC_map_lookup_elem;
/* The monotonic clock as of the latest tick, at most 10 ms behind; a kernel before 5.11 is given the exact one in its place. */
static __u64 (*const monotonic_tick)(void) = (void *) BPF_FUNC_ktime_get_coarse_ns;
static long (*const fib_lookup)(void *context, struct bpf_fib_lookup *parameters, int size, __u32 flags)
    = (void *) BPF_FUNC_fib_lookup;
static long (*const redirect_map)(void *map, __u64 key, __u64 flags) = (void *) BPF_FUNC_redirect_map;
static long (*const adjust_head)(struct xdp_md *packet, int delta) = (void *) BPF_FUNC_xdp_adjust_head;
static long (*const adjust_meta)(struct xdp_md *packet, int delta) = (void *) BPF_FUNC_xdp_adjust_meta;
static long (*const load_bytes)(struct xdp_md *packet, __u32 offset, void *to, __u32 length) = (void *) BPF_FUNC_xdp_load_bytes;
static void *(*const ring_reserve)(void *ring, __u64 size, __u64 flags) = (void *) BPF_FUNC_ringbuf_reserve;
static void (*const ring_submit)(void *place, __u64 flags) = (void *) BPF_FUNC_ringbuf_submit;
static void (*const ring_discard)(void *place, __u64 flags) = (void *) BPF_FUNC_ringbuf_discard;
static long (*const adjust_tail)(struct xdp_md *packet, int delta) = (void *) BPF_FUNC_xdp_adjust_tail;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NET16(value) __builtin_bswap16(value)
#define NET32(value) __builtin_bswap32(value)
#else
#define NET16(value) (value)
#define NET32(value) (value)
#endif

#endif
