/* The inner loops of a convolution (conv.pxd): forward, BP4 and BP2, each a tile of registers.
 *
 * A register holds HWIDTH filters forward, and HWIDTH values of a patch backward. A patch is what a filter looks at: the part
 * of the layer before, kernel_height rows of it, under one pixel.
 */
#ifndef NNCORE_CONV_H
#define NNCORE_CONV_H

#include "nncore/machine/constant.h"
#include "nncore/machine/simd.h"

/* Registers of filters that a forward tile sums, at the most, and for how many pixels with one, two and three of them: enough
 * independent sums to hide the latency of a multiply-add, and no more than there are registers. */
#define FILTER_COLS 3
#define MOST_PIXELS_1 12
#if REGISTERS == 32
#define MOST_PIXELS_2 12
#define MOST_PIXELS_3 8
#else
#define MOST_PIXELS_2 6
#define MOST_PIXELS_3 4
#endif

/* Registers of a patch that a backward tile holds: one row of five columns of 24 channels, or as many rows as fit. ROWS_OF_n is
 * how many rows of n registers that are, and MOST_ROWS at the most; longer rows come one at a time. */
#define PATCH_REGISTERS 15
#define MOST_ROWS 5
#define ROWS_OF_1 MOST_ROWS
#define ROWS_OF_2 MOST_ROWS
#define ROWS_OF_3 5
#define ROWS_OF_4 3
#define ROWS_OF_5 3
#define ROWS_OF_6 2
#define ROWS_OF_7 2

/* How a convolution reads: maps whose pixels are a_pixel apart and rows a_row; filters with w_step reals for each term (row,
 * column, channel), in that order; results z whose pixels are z_pixel apart. */
typedef struct {
    ptrdiff_t a_pixel, a_row, w_step, z_pixel, rows, columns, channels;
} ConvGeometry;

/* Forward, for `pixels` neighbours and `cols` registers of filters, both literals of the caller (so may a_pixel be):
 *     z[p] = sum over row, column, channel of a[p * a_pixel + row * a_row + column * a_pixel + channel] * w[...]
 * Each lane is one chain of muladds. `spans` is NULL, or gives for each row the first and the last column that is not 0; x is
 * the column of the first pixel, and a filter sees `seen` columns more than one. Kernel rows whose span does not overlap the columns
 * seen from here are skipped: they add 0. */
static ALWAYS_INLINE void conv_tile(const int pixels, const int cols, const ptrdiff_t a_pixel, const ConvGeometry *g,
                                    const real *a, const real *w, real *z, const ptrdiff_t *spans, ptrdiff_t x, ptrdiff_t seen) {
    const ptrdiff_t w_step = g->w_step, columns = g->columns, channels = g->channels;
    hvec sum[MOST_PIXELS_1][FILTER_COLS], filters[FILTER_COLS];
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
static inline ptrdiff_t conv_most_pixels(ptrdiff_t cols) {
    return cols == 1 ? MOST_PIXELS_1 : cols == 2 ? MOST_PIXELS_2 : MOST_PIXELS_3;
}
/* The same for any number of pixels up to conv_most_pixels. Where neighbours lie side by side, and many are summed together, the
 * compiler must know it, or it keeps an address for each. */
static NEVER_INLINE void conv_pixels(ptrdiff_t pixels, ptrdiff_t cols, const ConvGeometry *g, const real *a, const real *w, real *z,
                        const ptrdiff_t *spans, ptrdiff_t x, ptrdiff_t seen) {
    if (cols == 1 && g->a_pixel == 1)
        WITH_CONSTANT(MOST_PIXELS_1, pixels, conv_tile, 1, 1, g, a, w, z, spans, x, seen)
    else if (cols == 1)
        WITH_CONSTANT(MOST_PIXELS_1, pixels, conv_tile, 1, g->a_pixel, g, a, w, z, spans, x, seen)
    else if (cols == 2)
        WITH_CONSTANT(MOST_PIXELS_2, pixels, conv_tile, 2, g->a_pixel, g, a, w, z, spans, x, seen)
    else
        WITH_CONSTANT(MOST_PIXELS_3, pixels, conv_tile, 3, g->a_pixel, g, a, w, z, spans, x, seen)
}

/* Of a patch of rows x cols registers, backward: how many rows and registers the tile at (row, col) has. */
static inline ptrdiff_t tile_rows(ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t row) {
    ptrdiff_t most = cols > PATCH_REGISTERS ? 1 : PATCH_REGISTERS / cols;
    most = most < MOST_ROWS ? most : MOST_ROWS;
    return rows - row < most ? rows - row : most;
}
static inline ptrdiff_t tile_cols(ptrdiff_t cols, ptrdiff_t col) {
    return cols - col < PATCH_REGISTERS ? cols - col : PATCH_REGISTERS;
}
/* Call F(rows, cols, ...) with both written as literals. Use it in a function of its own, and in no loop: a compiler copies the switch
 * of the next turn into each case of this one, and the code grows tenfold. */
#define WITH_TILE(rows, cols, F, ...)                                       \
    switch (cols) {                                                         \
        case 1: WITH_CONSTANT(ROWS_OF_1, rows, F, 1, __VA_ARGS__) break;    \
        case 2: WITH_CONSTANT(ROWS_OF_2, rows, F, 2, __VA_ARGS__) break;    \
        case 3: WITH_CONSTANT(ROWS_OF_3, rows, F, 3, __VA_ARGS__) break;    \
        case 4: WITH_CONSTANT(ROWS_OF_4, rows, F, 4, __VA_ARGS__) break;    \
        case 5: WITH_CONSTANT(ROWS_OF_5, rows, F, 5, __VA_ARGS__) break;    \
        case 6: WITH_CONSTANT(ROWS_OF_6, rows, F, 6, __VA_ARGS__) break;    \
        case 7: WITH_CONSTANT(ROWS_OF_7, rows, F, 7, __VA_ARGS__) break;    \
        default: WITH_CONSTANT(PATCH_REGISTERS, cols, ONE_ROW, F, __VA_ARGS__) \
    }
#define ONE_ROW(cols, F, ...) F(1, cols, __VA_ARGS__)

/* Up to 64 deltas of each of m examples and of some filters, and where their patches start: the delta of filter f at position p of
 * example i is delta[i * example + p * pixel + f], its patch starts at a[i * a_example + start[the same]], and bit p of
 * nonzero[i * filters + f] says whether it is not 0. */
typedef struct {
    const real *delta;
    const bits *start;
    const uint64_t *nonzero;
    ptrdiff_t pixel, example, filters;
    const real *a;
    ptrdiff_t a_row, a_example, m;
} ConvDeltas;

/* BP4 of filter f: sums[row][s] += delta * a[start + row * a_row + s], over all deltas that are not 0, for rows x cols registers of
 * their patches; the rows of sums are sums_row apart. */
static ALWAYS_INLINE void conv_bp4_tile(const int rows, const int cols, const ConvDeltas *g, ptrdiff_t f, const real *a, real *sums,
                                        ptrdiff_t sums_row) {
    hvec sum[PATCH_REGISTERS];
    const ptrdiff_t pixel = g->pixel, a_row = g->a_row;
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int s = 0; s < cols; s++) sum[r * cols + s] = hload(sums + r * sums_row + s * HWIDTH);
    for (ptrdiff_t i = 0; i < g->m; i++, a += g->a_example) {
        const real *delta = g->delta + i * g->example + f;
        const bits *start = g->start + i * g->example + f;
        for (uint64_t nonzero = g->nonzero[i * g->filters + f]; nonzero; nonzero &= nonzero - 1) {
            ptrdiff_t at = lowest_bit(nonzero) * pixel;
            hvec d = hsplat(delta[at]);
            const real *patch = a + start[at];
            UNROLL for (int r = 0; r < rows; r++)
                UNROLL for (int s = 0; s < cols; s++)
                    sum[r * cols + s] = hmuladd(d, hload(patch + r * a_row + s * HWIDTH), sum[r * cols + s]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int s = 0; s < cols; s++) hstore(sums + r * sums_row + s * HWIDTH, sum[r * cols + s]);
}
/* The same for all filters, whose sums are sums_filter apart, and then for all registers of their patches: sums (filters, rows, cols
 * registers). */
static ALWAYS_INLINE void conv_bp4_filters(const int rows, const int cols, const ConvDeltas *g, const real *a, real *sums,
                                           ptrdiff_t sums_row, ptrdiff_t sums_filter) {
    for (ptrdiff_t f = 0; f < g->filters; f++) conv_bp4_tile(rows, cols, g, f, a, sums + f * sums_filter, sums_row);
}
static NEVER_INLINE void conv_bp4_part(ptrdiff_t rows, ptrdiff_t cols, const ConvDeltas *g, const real *a, real *sums,
                                       ptrdiff_t sums_row, ptrdiff_t sums_filter) {
    WITH_TILE(rows, cols, conv_bp4_filters, g, a, sums, sums_row, sums_filter)
}
static inline void conv_bp4(ptrdiff_t rows, ptrdiff_t cols, const ConvDeltas *g, real *sums) {
    for (ptrdiff_t row = 0, some_rows; row < rows; row += some_rows) {
        some_rows = tile_rows(rows, cols, row);
        for (ptrdiff_t col = 0, some_cols; col < cols; col += some_cols) {
            some_cols = tile_cols(cols, col);
            conv_bp4_part(some_rows, some_cols, g, g->a + row * g->a_row + col * HWIDTH, sums + (row * cols + col) * HWIDTH,
                          cols * HWIDTH, rows * cols * HWIDTH);
        }
    }
}

/* Up to 64 filters whose maxima came from one cell of one window: bit k of `filters` is filter first + k. Its delta is
 * delta[p + first + k], and the patch that it sends the error to starts at a[start]. */
typedef struct {
    uint64_t filters;
    ptrdiff_t first, p, start;
} ConvGroup;

/* BP2: a[start + row * a_row + s] += sum over the filters f of a group of delta[p + f] * w[f * w_filter + row * w_row + s], for n
 * groups, none of them empty, and rows x cols registers of their patches. */
static ALWAYS_INLINE void conv_bp2_tile(const int rows, const int cols, const ConvGroup *groups, ptrdiff_t n, const real *delta,
                                        const real *w, ptrdiff_t w_filter, ptrdiff_t w_row, real *a, ptrdiff_t a_row) {
    for (const ConvGroup *g = groups; g < groups + n; g++) {
        hvec sum[PATCH_REGISTERS];
        const real *delta_g = delta + g->p + g->first, *w_g = w + g->first * w_filter;
        uint64_t filters = g->filters;
        real *patch = a + g->start;
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int s = 0; s < cols; s++) sum[r * cols + s] = hload(patch + r * a_row + s * HWIDTH);
        do {
            int f = lowest_bit(filters);
            hvec d = hsplat(delta_g[f]);
            const real *w_f = w_g + f * w_filter;
            UNROLL for (int r = 0; r < rows; r++)
                UNROLL for (int s = 0; s < cols; s++)
                    sum[r * cols + s] = hmuladd(d, hload(w_f + r * w_row + s * HWIDTH), sum[r * cols + s]);
            filters &= filters - 1;
        } while (filters);
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int s = 0; s < cols; s++) hstore(patch + r * a_row + s * HWIDTH, sum[r * cols + s]);
    }
}
static NEVER_INLINE void conv_bp2_part(ptrdiff_t rows, ptrdiff_t cols, const ConvGroup *groups, ptrdiff_t n, const real *delta,
                                       const real *w, ptrdiff_t w_filter, ptrdiff_t w_row, real *a, ptrdiff_t a_row) {
    WITH_TILE(rows, cols, conv_bp2_tile, groups, n, delta, w, w_filter, w_row, a, a_row)
}
/* Of a tile of the patches, rows x cols registers that fit no tile of this target, one group after the other. */
static inline void conv_bp2_in_parts(ptrdiff_t rows, ptrdiff_t cols, const ConvGroup *groups, ptrdiff_t n, const real *delta,
                                     const real *w, ptrdiff_t w_filter, ptrdiff_t w_row, real *a, ptrdiff_t a_row) {
    for (const ConvGroup *g = groups; g < groups + n; g++)
        for (ptrdiff_t row = 0; row < rows; row++)
            for (ptrdiff_t col = 0, some; col < cols; col += some) {
                some = tile_cols(cols, col);
                conv_bp2_part(1, some, g, 1, delta, w + row * w_row + col * HWIDTH, w_filter, w_row, a + row * a_row + col * HWIDTH,
                              a_row);
            }
}
/* The same for all registers of the patches. w (filters, w_filter).
 *
 * Patches overlap, so the order in which tiles and groups add to an error decides its last bits. The tiles are therefore those of
 * registers of 32 bytes for every target: UNITS of a target's own are one of those. */
#define UNITS (32 / HVEC_BYTES)
static inline void conv_bp2(ptrdiff_t rows, ptrdiff_t cols, const ConvGroup *groups, ptrdiff_t n, const real *delta, const real *w,
                            ptrdiff_t w_filter, real *a, ptrdiff_t a_row) {
    const ptrdiff_t wide_cols = (cols + UNITS - 1) / UNITS;
    for (ptrdiff_t row = 0, some_rows; row < rows; row += some_rows) {
        some_rows = tile_rows(rows, wide_cols, row);
        for (ptrdiff_t col = 0, some_cols; col < wide_cols; col += some_cols) {
            some_cols = tile_cols(wide_cols, col);
            const real *w_tile = w + (row * cols + col * UNITS) * HWIDTH;
            real *a_tile = a + row * a_row + col * UNITS * HWIDTH;
            if (UNITS > 1)
                conv_bp2_in_parts(some_rows, cols - col * UNITS < some_cols * UNITS ? cols - col * UNITS : some_cols * UNITS, groups,
                                  n, delta, w_tile, w_filter, cols * HWIDTH, a_tile, a_row);
            else
                conv_bp2_part(some_rows, some_cols, groups, n, delta, w_tile, w_filter, cols * HWIDTH, a_tile, a_row);
        }
    }
}

#endif
