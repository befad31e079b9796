/* lines OBJECT: runs the programs of lines.bpf.c by turns; a line of the median nanoseconds of a look-up in each. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOOK_UPS 512
#define ROUNDS 15
#define BYTES ((size_t) COUNT * SIZE)

static double run(int program)
{
    char frame[64] = {0};
    struct bpf_test_run_opts options = {.sz = sizeof options, .data_in = frame, .data_size_in = sizeof frame, .repeat = 400};
    if (bpf_prog_test_run_opts(program, &options) != 0) {
        perror("run");
        exit(1);
    }
    return (double) options.duration / LOOK_UPS;
}

static int ascending(const void *one, const void *other)
{
    double difference = *(const double *) one - *(const double *) other;
    return difference < 0 ? -1 : difference > 0;
}

int main(int count, char **arguments)
{
    struct bpf_object *object = count == 2 ? bpf_object__open_file(arguments[1], NULL) : NULL;
    if (object == NULL || bpf_object__load(object) != 0) {
        fprintf(stderr, "lines: cannot load\n");
        return 1;
    }
    int whole = bpf_object__find_map_fd_by_name(object, "whole");
    int parts = bpf_object__find_map_fd_by_name(object, "parts");
    memset(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, whole, 0), 2, BYTES);
    for (unsigned i = 0; i < (COUNT + PART - 1) / PART; i++) {
        int part = bpf_map_create(BPF_MAP_TYPE_ARRAY, "part", 4, SIZE, PART, NULL);
        if (part < 0 || bpf_map_update_elem(parts, &i, &part, 0) != 0) {
            perror("part");
            return 1;
        }
        close(part);
    }
    int programs[2] = {bpf_program__fd(bpf_object__find_program_by_name(object, "in_whole")),
                       bpf_program__fd(bpf_object__find_program_by_name(object, "in_parts"))};
    double costs[2][ROUNDS];
    run(programs[0]);
    run(programs[1]);
    for (int i = 0; i < 2 * ROUNDS; i++) {
        costs[i & 1][i / 2] = run(programs[i & 1]);
    }
    qsort(costs[0], ROUNDS, sizeof(double), ascending);
    qsort(costs[1], ROUNDS, sizeof(double), ascending);
    printf("| %d | %d | %zu | %.0f | %.0f |\n", COUNT, SIZE, BYTES >> 10, costs[0][ROUNDS / 2], costs[1][ROUNDS / 2]);
    return 0;
}
