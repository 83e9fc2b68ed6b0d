/* Memory of many megabytes that is read in no order. */
#ifndef NNCORE_MEMORY_H
#define NNCORE_MEMORY_H

#include <stdlib.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

/* Memory for `size` bytes, to be freed by free(); NULL if there is none. It asks for huge pages: a prefetch of a line whose page the
 * processor has not looked up lately comes too late, or not at all, and small pages are too many to remember. */
static void *allocate_large(size_t size) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const size_t page = (size_t)1 << 21;
    void *memory;
    if (size >= 2 * page) {
        if (posix_memalign(&memory, page, (size + page - 1) / page * page)) return NULL;
        madvise(memory, size, MADV_HUGEPAGE); /* where it is refused, small pages serve */
        return memory;
    }
#endif
    return malloc(size);
}

#endif
