/* The inner loops of a convolution (conv.pxd): forward, BP4 and BP2, each a tile of registers.
 *
 * A register holds HWIDTH filters forward, and HWIDTH values of a patch backward. A patch is what a filter looks at: the part
 * of the layer before, kernel_height rows of it, under one pixel.
 */
#ifndef NNCORE_CONV_H
#define NNCORE_CONV_H

#include "nncore/machine/constant.h"
#include "nncore/machine/simd.h"

/* Registers that a tile keeps: forward PIXELS x FILTER_COLS; backward PATCH_COLS of one row of a patch. */
#define FILTER_COLS 3
#if REGISTERS == 32
#define PIXELS 8
#define PATCH_COLS 15 /* five columns of 24 channels */
#else
#define PIXELS 4
#define PATCH_COLS 10
#endif

/* How a convolution reads: maps whose pixels are a_pixel apart and rows a_row; filters with w_step reals for each term (row,
 * column, channel), in that order; results z whose pixels are z_pixel apart. */
typedef struct {
    ptrdiff_t a_pixel, a_row, w_step, z_pixel, rows, columns, channels;
} ConvGeometry;

/* Forward, for `pixels` neighbours and `cols` registers of filters, both literals of the caller:
 *     z[p] = sum over row, column, channel of a[p * a_pixel + row * a_row + column * a_pixel + channel] * w[...]
 * Each lane is one chain of muladds. `spans` is NULL, or gives for each row the first and the last column that is not 0; x is
 * the column of the first pixel, and a filter sees `seen` columns more than one. Kernel rows whose span does not overlap the columns
 * seen from here are skipped: they add 0. */
static ALWAYS_INLINE void conv_tile(const int cols, const int pixels, const ConvGeometry *g, const real *a, const real *w, real *z,
                                    const ptrdiff_t *spans, ptrdiff_t x, ptrdiff_t seen) {
    const ptrdiff_t a_pixel = g->a_pixel, w_step = g->w_step, columns = g->columns, channels = g->channels;
    hvec sum[PIXELS][FILTER_COLS], filters[FILTER_COLS];
    UNROLL for (int p = 0; p < pixels; p++)
        UNROLL for (int v = 0; v < cols; v++) sum[p][v] = hsplat(0);
    for (ptrdiff_t row = 0; row < g->rows; row++) {
        if (spans && (spans[2 * row] >= x + pixels + seen || spans[2 * row + 1] < x)) {
            w += columns * channels * w_step;
            continue;
        }
        for (ptrdiff_t column = 0; column < columns; column++) {
            const real *term = a + row * g->a_row + column * a_pixel;
            for (ptrdiff_t channel = 0; channel < channels; channel++, term++, w += w_step) {
                UNROLL for (int v = 0; v < cols; v++) filters[v] = hload(w + v * HWIDTH);
                UNROLL for (int p = 0; p < pixels; p++) {
                    hvec value = hsplat(term[p * a_pixel]);
                    UNROLL for (int v = 0; v < cols; v++) sum[p][v] = hmuladd(value, filters[v], sum[p][v]);
                }
            }
        }
    }
    UNROLL for (int p = 0; p < pixels; p++)
        UNROLL for (int v = 0; v < cols; v++) hstore(z + p * g->z_pixel + v * HWIDTH, sum[p][v]);
}
static void conv_pixels(ptrdiff_t cols, const ConvGeometry *g, const real *a, const real *w, real *z, const ptrdiff_t *spans,
                        ptrdiff_t x, ptrdiff_t seen) {
    WITH_CONSTANT(3, cols, conv_tile, PIXELS, g, a, w, z, spans, x, seen)
}
static void conv_pixel(ptrdiff_t cols, const ConvGeometry *g, const real *a, const real *w, real *z, const ptrdiff_t *spans,
                       ptrdiff_t x, ptrdiff_t seen) {
    WITH_CONSTANT(3, cols, conv_tile, 1, g, a, w, z, spans, x, seen)
}

/* The deltas of m examples and the patches that they belong to: n deltas an example, `step` apart, and the patch of each starts
 * at a[start]. delta and start of the next example are `example` further on, a is a_example. */
typedef struct {
    const real *delta;
    const bits *start;
    ptrdiff_t n, step, example;
    const real *a;
    ptrdiff_t a_row, a_example, m;
} ConvPatches;

/* Where BP4 adds to: sums (filters, rows of a patch, registers). */
typedef struct {
    real *x;
    ptrdiff_t filter, row;
} ConvSums;

/* BP4: sums[f][row][s] += delta[f] * a[start[f] + row * a_row + s], over all deltas of all examples, for `filters` filters from
 * number f on, and rows x cols registers of their patches; the three counts are literals of the caller. */
static ALWAYS_INLINE void conv_bp4_tile(const int cols, const int rows, const int filters, const ConvPatches *g, ptrdiff_t f,
                                        const real *a, ConvSums sums) {
    hvec sum[2][PATCH_COLS];
    const ptrdiff_t n = g->n, step = g->step, a_row = g->a_row;
    UNROLL for (int k = 0; k < filters; k++)
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int s = 0; s < cols; s++)
                sum[k][r * cols + s] = hload(sums.x + k * sums.filter + r * sums.row + s * HWIDTH);
    for (ptrdiff_t i = 0; i < g->m; i++, a += g->a_example) {
        const real *delta = g->delta + i * g->example + f;
        const bits *start = g->start + i * g->example + f;
        for (ptrdiff_t p = 0; p < n; p++, delta += step, start += step)
            UNROLL for (int k = 0; k < filters; k++) {
                hvec d = hsplat(delta[k]);
                const real *patch = a + start[k];
                UNROLL for (int r = 0; r < rows; r++)
                    UNROLL for (int s = 0; s < cols; s++)
                        sum[k][r * cols + s] = hmuladd(d, hload(patch + r * a_row + s * HWIDTH), sum[k][r * cols + s]);
            }
    }
    UNROLL for (int k = 0; k < filters; k++)
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int s = 0; s < cols; s++)
                hstore(sums.x + k * sums.filter + r * sums.row + s * HWIDTH, sum[k][r * cols + s]);
}

/* The same for any number of filters, rows and registers: up to five rows of one or two registers (of one: for two filters
 * together), else one row in parts of at most PATCH_COLS registers. */
#define ROWS_OF_1(rows, ...) conv_bp4_tile(1, rows, __VA_ARGS__)
#define ROWS_OF_2(rows, ...) conv_bp4_tile(2, rows, __VA_ARGS__)
static inline void conv_bp4(ptrdiff_t filters, ptrdiff_t rows, ptrdiff_t cols, const ConvPatches *g, real *sums,
                            ptrdiff_t sums_filter) {
    for (ptrdiff_t row = 0, some_rows, some_cols; row < rows; row += some_rows) {
        some_rows = cols > 2 ? 1 : rows - row < 5 ? rows - row : 5;
        for (ptrdiff_t col = 0; col < cols; col += some_cols) {
            some_cols = cols - col < PATCH_COLS ? cols - col : PATCH_COLS;
            const real *a = g->a + row * g->a_row + col * HWIDTH;
            ConvSums to = {sums + (row * cols + col) * HWIDTH, sums_filter, cols * HWIDTH};
            ptrdiff_t f = 0;
            for (; cols == 1 && f + 2 <= filters; f += 2, to.x += 2 * sums_filter)
                WITH_CONSTANT(5, some_rows, ROWS_OF_1, 2, g, f, a, to)
            for (; f < filters; f++, to.x += sums_filter) {
                if (cols == 1)
                    WITH_CONSTANT(5, some_rows, ROWS_OF_1, 1, g, f, a, to)
                else if (cols == 2)
                    WITH_CONSTANT(5, some_rows, ROWS_OF_2, 1, g, f, a, to)
                else
                    WITH_CONSTANT(PATCH_COLS, some_cols, conv_bp4_tile, 1, 1, g, f, a, to)
            }
        }
    }
}

/* BP2: a[s] += delta[filters[p]] * w[filters[p] * w_row + s], over p: what the listed filters send back to a row of one patch,
 * for `cols` registers of it, a literal of the caller. */
static ALWAYS_INLINE void conv_bp2_tile(const int cols, const real *delta, const bits *filters, ptrdiff_t n, const real *w,
                                        ptrdiff_t w_row, real *a) {
    hvec sum[PATCH_COLS];
    UNROLL for (int s = 0; s < cols; s++) sum[s] = hload(a + s * HWIDTH);
    for (ptrdiff_t p = 0; p < n; p++) {
        hvec d = hsplat(delta[filters[p]]);
        const real *w_f = w + filters[p] * w_row;
        UNROLL for (int s = 0; s < cols; s++) sum[s] = hmuladd(d, hload(w_f + s * HWIDTH), sum[s]);
    }
    UNROLL for (int s = 0; s < cols; s++) hstore(a + s * HWIDTH, sum[s]);
}
static inline void conv_bp2(ptrdiff_t cols, const real *delta, const bits *filters, ptrdiff_t n, const real *w, ptrdiff_t w_row,
                            real *a) {
    for (; cols > 0; cols -= PATCH_COLS, w += PATCH_COLS * HWIDTH, a += PATCH_COLS * HWIDTH)
        WITH_CONSTANT(PATCH_COLS, cols < PATCH_COLS ? cols : PATCH_COLS, conv_bp2_tile, delta, filters, n, w, w_row, a)
}

#endif
