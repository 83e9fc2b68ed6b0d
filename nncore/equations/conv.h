#ifndef NNCORE_CONV_H
#define NNCORE_CONV_H

#include "nncore/machine/simd.h"

#define HVEC_COLS 3
#define PIXELS (REGISTERS == 32 ? 8 : 4)
#if REGISTERS == 32
#define PARTS_KEPT 15
#else
#define PARTS_KEPT 10
#endif

#ifdef HAS_VECTORS
static ALWAYS_INLINE void keep_larger(hvec z, hivec here, hvec *largest, hivec *at) {
    hivec larger = (z > *largest) | (z != z); /* a NaN must show, not vanish */
    *largest = (hvec)((larger & (hivec)z) | (~larger & (hivec)*largest));
    *at = (larger & here) | (~larger & *at);
}
#else
static ALWAYS_INLINE void keep_larger(hvec z, hivec here, hvec *largest, hivec *at) {
    if (z > *largest || z != z) {
        *largest = z;
        *at = here;
    }
}
#endif
/* How a convolution reads: maps whose pixels are a_pixel apart and rows a_row, filters that have w_step reals for each term
 * (row, column, channel), in that order; z has pixels z_pixel apart. */
typedef struct {
    ptrdiff_t a_pixel, a_row, w_step, z_pixel, rows, columns, channels;
} Correlation;

/* A convolution at `pixels` hivec side by side, for cols parts of filters, both constants of the caller:
 * z[r] = sum over rows, columns, channels of a[r * a_pixel + row * a_row + column * a_pixel + channel] * w[...].
 * Each lane is one chain of muladds. ink is NULL or says of each row where its first and its last value that is not 0 are: a row
 * without any from column x to what the last pixel sees is left out. */
static ALWAYS_INLINE void correlate(const int pixels, const int cols, const Correlation *c, const real *a, const real *w, real *z,
                                    const ptrdiff_t *ink, ptrdiff_t x, ptrdiff_t seen) {
    const ptrdiff_t a_pixel = c->a_pixel, w_step = c->w_step, columns = c->columns, channels = c->channels;
    hvec acc[PIXELS][HVEC_COLS];
    hvec filters[HVEC_COLS];
    UNROLL for (int r = 0; r < pixels; r++)
        UNROLL for (int v = 0; v < cols; v++) acc[r][v] = hsplat(0);
    for (ptrdiff_t row = 0; row < c->rows; row++) {
        if (ink && (ink[2 * row] >= x + pixels + seen || ink[2 * row + 1] < x)) {
            w += columns * channels * w_step;
            continue;
        }
        for (ptrdiff_t column = 0; column < columns; column++) {
            const real *term = a + row * c->a_row + column * a_pixel;
            for (ptrdiff_t channel = 0; channel < channels; channel++, term++, w += w_step) {
                UNROLL for (int v = 0; v < cols; v++) filters[v] = hload(w + v * HWIDTH);
                UNROLL for (int r = 0; r < pixels; r++) {
                    hvec value = hsplat(term[r * a_pixel]);
                    UNROLL for (int v = 0; v < cols; v++) acc[r][v] = hmuladd(value, filters[v], acc[r][v]);
                }
            }
        }
    }
    UNROLL for (int r = 0; r < pixels; r++)
        UNROLL for (int v = 0; v < cols; v++) hstore(z + r * c->z_pixel + v * HWIDTH, acc[r][v]);
}

/* Where deltas go to, in the patches of m examples: n hivec each, `step` apart; a place's patch starts at a[at]. */
typedef struct {
    const real *delta;
    const bits *at;
    ptrdiff_t n, step, example;         /* example: from one example's to the next one's */
    const real *a;
    ptrdiff_t a_row, a_example, m;
} Gradient;

/* sum[f][row][s] += delta[f] * a[at[f] + row * a_row + s], over all hivec of all examples: rows x parts of the patches */
static ALWAYS_INLINE void sum_parts(const int filters, const int rows, const int parts, const Gradient *g, ptrdiff_t f0,
                                    const real *a, real *sum, ptrdiff_t sum_filter, ptrdiff_t sum_row) {
    hvec acc[2][PARTS_KEPT];
    const ptrdiff_t n = g->n, step = g->step, row = g->a_row;
    UNROLL for (int f = 0; f < filters; f++)
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int s = 0; s < parts; s++)
                acc[f][r * parts + s] = hload(sum + f * sum_filter + r * sum_row + s * HWIDTH);
    for (ptrdiff_t i = 0; i < g->m; i++, a += g->a_example) {
        const real *delta = g->delta + i * g->example + f0;
        const bits *at = g->at + i * g->example + f0;
        for (ptrdiff_t p = 0; p < n; p++, delta += step, at += step)
            UNROLL for (int f = 0; f < filters; f++) {
                hvec d = hsplat(delta[f]);
                const real *patch = a + at[f];
                UNROLL for (int r = 0; r < rows; r++)
                    UNROLL for (int s = 0; s < parts; s++)
                        acc[f][r * parts + s] = hmuladd(d, hload(patch + r * row + s * HWIDTH), acc[f][r * parts + s]);
            }
    }
    UNROLL for (int f = 0; f < filters; f++)
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int s = 0; s < parts; s++)
                hstore(sum + f * sum_filter + r * sum_row + s * HWIDTH, acc[f][r * parts + s]);
}

/* a[s] += delta[chosen[p]] * w[chosen[p] * w_row + s], over p: what the filters chosen send to a row of one patch */
static ALWAYS_INLINE void send_parts(const int parts, const real *delta, const bits *chosen, ptrdiff_t n, const real *w,
                                     ptrdiff_t w_row, real *a) {
    hvec acc[PARTS_KEPT];
    UNROLL for (int s = 0; s < parts; s++) acc[s] = hload(a + s * HWIDTH);
    for (ptrdiff_t p = 0; p < n; p++) {
        hvec d = hsplat(delta[chosen[p]]);
        const real *from = w + chosen[p] * w_row;
        UNROLL for (int s = 0; s < parts; s++) acc[s] = hmuladd(d, hload(from + s * HWIDTH), acc[s]);
    }
    UNROLL for (int s = 0; s < parts; s++) hstore(a + s * HWIDTH, acc[s]);
}

/* The two above for any number of filters, rows and parts: a few rows of one or two parts, else one row, stay in registers. */
static inline void sum_patches(ptrdiff_t filters, ptrdiff_t rows, ptrdiff_t parts, const Gradient *g, real *sum,
                               ptrdiff_t sum_filter) {
    for (ptrdiff_t row = 0, some, first, few; row < rows; row += some) {
        some = parts > 2 ? 1 : rows - row < 5 ? rows - row : 5;
        for (first = 0; first < parts; first += few) {
            few = parts - first < PARTS_KEPT ? parts - first : PARTS_KEPT;
            const real *a = g->a + row * g->a_row + first * HWIDTH;
            real *to = sum + (row * parts + first) * HWIDTH;
            ptrdiff_t f = 0;
#define SUM(together, r, s) \
    case 16 * r + s: sum_parts(together, r, s, g, f, a, to + f * sum_filter, sum_filter, parts * HWIDTH); break;
            for (; parts == 1 && f + 2 <= filters; f += 2)
                switch (16 * some + few) { SUM(2, 1, 1) SUM(2, 2, 1) SUM(2, 3, 1) SUM(2, 4, 1) SUM(2, 5, 1) }
            for (; f < filters; f++)
                switch (16 * some + few) {
                    SUM(1, 1, 1) SUM(1, 2, 1) SUM(1, 3, 1) SUM(1, 4, 1) SUM(1, 5, 1)
                    SUM(1, 1, 2) SUM(1, 2, 2) SUM(1, 3, 2) SUM(1, 4, 2) SUM(1, 5, 2)
                    SUM(1, 1, 3) SUM(1, 1, 4) SUM(1, 1, 5) SUM(1, 1, 6) SUM(1, 1, 7) SUM(1, 1, 8) SUM(1, 1, 9) SUM(1, 1, 10)
#if PARTS_KEPT == 15
                    SUM(1, 1, 11) SUM(1, 1, 12) SUM(1, 1, 13) SUM(1, 1, 14) SUM(1, 1, 15)
#endif
                }
#undef SUM
        }
    }
}
static inline void send_patches(ptrdiff_t parts, const real *delta, const bits *chosen, ptrdiff_t n, const real *w,
                                ptrdiff_t w_row, real *a) {
#define SEND(count) case count: send_parts(count, delta, chosen, n, w, w_row, a); break;
    for (; parts > 0; parts -= PARTS_KEPT, w += PARTS_KEPT * HWIDTH, a += PARTS_KEPT * HWIDTH)
        switch (parts < PARTS_KEPT ? parts : PARTS_KEPT) {
            SEND(1) SEND(2) SEND(3) SEND(4) SEND(5) SEND(6) SEND(7) SEND(8) SEND(9) SEND(10)
#if PARTS_KEPT == 15
            SEND(11) SEND(12) SEND(13) SEND(14) SEND(15)
#endif
        }
#undef SEND
}

#endif
