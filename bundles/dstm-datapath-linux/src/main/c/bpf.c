#define _GNU_SOURCE
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* Microseconds: many times what the kernel works on packets of one device without a break. */
#define LONGEST_GATHERING 100000

int32_t dstm_bpf(int32_t command, uint8_t *attributes, int32_t length)
{
    if (attributes == NULL || length < 0) {
        return -EINVAL;
    }
    long result = syscall(SYS_bpf, command, attributes, length);
    return result < 0 ? -errno : (int32_t) result;
}

int32_t dstm_bpf_settle(void)
{
    /* Waits for all that runs in the kernel undisturbed, as programs do with what is gathered of their packets. */
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0) < 0) {
        /* Not on machines whose processors may be left alone (nohz_full). What is gathered is sent within microseconds. */
        usleep(LONGEST_GATHERING);
    }
    return 0;
}

int64_t dstm_bpf_map_memory(int32_t fd, int64_t bytes)
{
    if (bytes <= 0) {
        return -EINVAL;
    }
    void *place = mmap(NULL, (size_t) bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return place == MAP_FAILED ? -errno : (int64_t) (intptr_t) place;
}

int32_t dstm_bpf_unmap_memory(int64_t address, int64_t bytes)
{
    return munmap((void *) (intptr_t) address, (size_t) bytes) < 0 ? -errno : 0;
}
