/* A checksum; and memory for much data, in huge pages where the system has them: the kernel hands out and clears 2 MB at a time, not 4 KB, which
 * takes a half of the time, and more where the processor is a virtual one. */
#ifndef NNCORE_MEMORY_H
#define NNCORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

/* A checksum of n bytes. Each step is a one-to-one function of the sum and of the word that comes in, so a change of one word always
 * changes the sum. Four sums take turns, since each must wait for its last multiplication. */
static uint64_t checksum_of(const unsigned char *bytes, ptrdiff_t n) {
    const uint64_t odd = 0x9E3779B97F4A7C15;
    uint64_t sum[4] = {1, 2, 3, 4}, words[4];
    ptrdiff_t i = 0;
    for (; i + 32 <= n; i += 32) {
        memcpy(words, bytes + i, sizeof words);
        for (int k = 0; k < 4; k++) {
            sum[k] = (sum[k] ^ words[k]) * odd;
            sum[k] ^= sum[k] >> 32;
        }
    }
    for (; i < n; i++) sum[0] = (sum[0] ^ bytes[i]) * odd;
    for (int k = 1; k < 4; k++) sum[0] = (sum[0] ^ sum[k]) * odd;
    return sum[0];
}

#define HUGE_PAGE ((size_t)2 << 20)

/* NULL if there is no memory; `free` frees it. */
static void *allocate_large(size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    void *memory;
    if (bytes >= 2 * HUGE_PAGE) {
        if (posix_memalign(&memory, HUGE_PAGE, bytes)) return NULL;
        madvise(memory, bytes, MADV_HUGEPAGE); /* it is a wish: nothing depends on the answer */
        return memory;
    }
#endif
    return malloc(bytes ? bytes : 1);
}

#endif
