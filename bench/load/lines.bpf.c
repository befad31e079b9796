/* Looks up values of a table at random, each after the one before, as packets of random clients would. COUNT, SIZE, PART by the compiler. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define LOOK_UPS 512

struct value {
    __u64 words[SIZE / 8];
};

/* As the product's: one array that Java writes through memory, in pages of 4 KB. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, COUNT);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct value);
} whole SEC(".maps");

struct part {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, PART);
    __type(key, __u32);
    __type(value, struct value);
};

/* Arrays of less than 32 KB lie where the kernel has mapped all memory, in the largest pages. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, (COUNT + PART - 1) / PART);
    __type(key, __u32);
    __array(values, struct part);
} parts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} seed SEC(".maps");

static __always_inline int look_up(int in_parts)
{
    __u32 zero = 0;
    __u64 *begin = bpf_map_lookup_elem(&seed, &zero);
    if (!begin) {
        return 0;
    }
    __u64 random = *begin, sum = 0;
    for (int i = 0; i < LOOK_UPS; i++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL + (sum & 1);
        __u32 key = (__u32) (random >> 33) & (COUNT - 1);
        struct value *found;
        if (in_parts) {
            __u32 outer = key / PART, inner = key % PART;
            void *part = bpf_map_lookup_elem(&parts, &outer);
            if (!part) {
                return 0;
            }
            found = bpf_map_lookup_elem(part, &inner);
        } else {
            found = bpf_map_lookup_elem(&whole, &key);
        }
        if (!found) {
            return 0;
        }
        sum += found->words[SIZE / 8 - 1];
    }
    *begin = random;
    return (int) (sum & 1);
}

SEC("xdp") int in_whole(struct xdp_md *context)
{
    (void) context;
    return look_up(0);
}

SEC("xdp") int in_parts(struct xdp_md *context)
{
    (void) context;
    return look_up(1);
}

char _license[] SEC("license") = "GPL";
