/* One step of a maximum over a window, a register of filters at a time. */
#ifndef NNCORE_POOLING_H
#define NNCORE_POOLING_H

#include "nncore/machine/simd.h"

/* Where z > largest: largest = z, argmax = cell. A NaN counts as larger: it must show, not vanish. */
#ifdef HAS_VECTORS
static ALWAYS_INLINE void keep_larger(hvec z, hivec cell, hvec *largest, hivec *argmax) {
    hivec larger = (z > *largest) | (z != z);
    *largest = (hvec)((larger & (hivec)z) | (~larger & (hivec)*largest));
    *argmax = (larger & cell) | (~larger & *argmax);
}
#else
static ALWAYS_INLINE void keep_larger(hvec z, hivec cell, hvec *largest, hivec *argmax) {
    if (z > *largest || z != z) {
        *largest = z;
        *argmax = cell;
    }
}
#endif

#endif
