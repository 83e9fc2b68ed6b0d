#ifndef NNCORE_ROWS_H
#define NNCORE_ROWS_H

#include "nncore/equations/product.h"

/* Rows of w picked by index (the first layer, sparse.pxd): z += sum_e value[e] w[index[e]], and w[index[e]] += value[e] d.
 * z, d and the rows are `cols` registers wide. Even and odd entries are two chains, so that enough muladds are in flight. */
static ALWAYS_INLINE void add_picked_cols(const int cols, const real *w, ptrdiff_t stride, const uint16_t *index,
                                          const real *value, ptrdiff_t count, real *z) {
    vec even[8], odd[8];
    ptrdiff_t e = 0;
    UNROLL for (int v = 0; v < cols; v++) even[v] = load(z + v * WIDTH), odd[v] = splat(0);
    for (; e + 2 <= count; e += 2) {
        const real *row = w + index[e] * stride, *next = w + index[e + 1] * stride;
        UNROLL for (int v = 0; v < cols; v++) even[v] = muladd(splat(value[e]), load(row + v * WIDTH), even[v]);
        UNROLL for (int v = 0; v < cols; v++) odd[v] = muladd(splat(value[e + 1]), load(next + v * WIDTH), odd[v]);
    }
    if (e < count) {
        const real *row = w + index[e] * stride;
        UNROLL for (int v = 0; v < cols; v++) even[v] = muladd(splat(value[e]), load(row + v * WIDTH), even[v]);
    }
    UNROLL for (int v = 0; v < cols; v++) store(z + v * WIDTH, even[v] + odd[v]);
}

static ALWAYS_INLINE void add_to_picked_cols(const int cols, real *w, ptrdiff_t stride, const uint16_t *index,
                                             const real *value, ptrdiff_t count, const real *d) {
    vec step[8];
    UNROLL for (int v = 0; v < cols; v++) step[v] = load(d + v * WIDTH);
    for (ptrdiff_t e = 0; e < count; e++) {
        real *row = w + index[e] * stride;
        UNROLL for (int v = 0; v < cols; v++) store(row + v * WIDTH, muladd(splat(value[e]), step[v], load(row + v * WIDTH)));
    }
}

/* z = keep * z + sum_e value[e] w[index[e]], each lane one chain: what the dense product gives, without the terms that are 0 */
static ALWAYS_INLINE void sum_picked_cols(const int cols, const real *w, ptrdiff_t stride, const uint16_t *index,
                                          const real *value, ptrdiff_t count, real *z, real keep) {
    vec acc[8];
    UNROLL for (int v = 0; v < cols; v++) acc[v] = splat(keep) * load(z + v * WIDTH);
    for (ptrdiff_t e = 0; e < count; e++) {
        const real *row = w + index[e] * stride;
        UNROLL for (int v = 0; v < cols; v++) acc[v] = muladd(splat(value[e]), load(row + v * WIDTH), acc[v]);
    }
    UNROLL for (int v = 0; v < cols; v++) store(z + v * WIDTH, acc[v]);
}

static void sum_picked(ptrdiff_t cols, const real *w, ptrdiff_t stride, const uint16_t *index, const real *value,
                       ptrdiff_t count, real *z, real keep) {
    FOR_COLUMNS(sum_picked_cols, w, stride, index, value, count, z, keep)
}

static void add_picked(ptrdiff_t cols, const real *w, ptrdiff_t stride, const uint16_t *index, const real *value,
                       ptrdiff_t count, real *z) {
    FOR_COLUMNS(add_picked_cols, w, stride, index, value, count, z)
}

static void add_to_picked(ptrdiff_t cols, real *w, ptrdiff_t stride, const uint16_t *index, const real *value,
                          ptrdiff_t count, const real *d) {
    FOR_COLUMNS(add_to_picked_cols, w, stride, index, value, count, d)
}

#endif
