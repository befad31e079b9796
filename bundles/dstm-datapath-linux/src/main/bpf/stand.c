/*
 * What sits on a device by the qdisc clsact, where the kernel has no tcx: hands every packet to the program in a table of one place.
 * A filter of clsact outlives the process that made it; the place does not. The kernel empties it with the last descriptor or name of
 * the table, so that no packet is judged by tables that nobody writes any more: what is left lets every packet through.
 */
#include "kernel.h"

SECTION("maps") int program;

static long (*const tail_call)(void *packet, void *table, __u32 place) = (void *) BPF_FUNC_tail_call;

SECTION("tc/stand") int stand(struct __sk_buff *packet)
{
    tail_call(packet, &program, 0);
    return -1; /* others may have their turn */
}
