/* Sums over the rows of a matrix that a list names: the first layer over its non-zero inputs (sparse.pxd), later layers over
 * their active inputs (active.pxd).
 *
 * A matrix w has rows `stride` apart. The list says which of them, index (count,), and the factor of each, value (count,). A call
 * takes `cols` registers of each row, 1 to 8: registers_at_once says how many.
 */
#ifndef NNCORE_ROWS_H
#define NNCORE_ROWS_H

#include "nncore/machine/constant.h"
#include "nncore/machine/simd.h"

/* Of the registers of a row that are left, how many to take at once: as many as fit the register file twice, beside the factor, in
 * parts of about one size. Without FMA each product needs a register, too. */
static ALWAYS_INLINE ptrdiff_t registers_at_once(ptrdiff_t left) {
    const ptrdiff_t most = VEC_BYTES == 64 ? 8 : VEC_BYTES == 32 ? 7 : 6;
    return part_of(left, most);
}

/* z += sum_e value[e] w[index[e]]. Even and odd entries are two chains, so that enough muladds are in flight. */
static ALWAYS_INLINE void add_rows_tile(const int cols, const real *w, ptrdiff_t stride, const uint16_t *index,
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
static NEVER_INLINE void add_rows(ptrdiff_t cols, const real *w, ptrdiff_t stride, const uint16_t *index,
                     const real *value, ptrdiff_t count, real *z) {
    WITH_CONSTANT(8, cols, add_rows_tile, w, stride, index, value, count, z)
}

/* z = keep * z + sum_e value[e] w[index[e]]. Each lane is one chain: the dense product without the terms that are 0. */
static ALWAYS_INLINE void rows_product_tile(const int cols, const real *w, ptrdiff_t stride, const uint16_t *index,
                                            const real *value, ptrdiff_t count, real *z, real keep) {
    vec sum[8];
    UNROLL for (int v = 0; v < cols; v++) sum[v] = splat(keep) * load(z + v * WIDTH);
    for (ptrdiff_t e = 0; e < count; e++) {
        const real *row = w + index[e] * stride;
        UNROLL for (int v = 0; v < cols; v++) sum[v] = muladd(splat(value[e]), load(row + v * WIDTH), sum[v]);
    }
    UNROLL for (int v = 0; v < cols; v++) store(z + v * WIDTH, sum[v]);
}
static NEVER_INLINE void rows_product(ptrdiff_t cols, const real *w, ptrdiff_t stride, const uint16_t *index,
                         const real *value, ptrdiff_t count, real *z, real keep) {
    WITH_CONSTANT(8, cols, rows_product_tile, w, stride, index, value, count, z, keep)
}

/* w[index[e]] += value[e] d, for every e */
static ALWAYS_INLINE void add_outer_to_rows_tile(const int cols, real *w, ptrdiff_t stride, const uint16_t *index,
                                                 const real *value, ptrdiff_t count, const real *d) {
    vec step[8];
    UNROLL for (int v = 0; v < cols; v++) step[v] = load(d + v * WIDTH);
    for (ptrdiff_t e = 0; e < count; e++) {
        real *row = w + index[e] * stride;
        UNROLL for (int v = 0; v < cols; v++)
            store(row + v * WIDTH, muladd(splat(value[e]), step[v], load(row + v * WIDTH)));
    }
}
static NEVER_INLINE void add_outer_to_rows(ptrdiff_t cols, real *w, ptrdiff_t stride, const uint16_t *index,
                              const real *value, ptrdiff_t count, const real *d) {
    WITH_CONSTANT(8, cols, add_outer_to_rows_tile, w, stride, index, value, count, d)
}

#endif
