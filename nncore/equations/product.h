#ifndef NNCORE_PRODUCT_H
#define NNCORE_PRODUCT_H

#include "nncore/machine/simd.h"

#if !defined(HAS_VECTORS)
#define TILE_ROWS 4
#define TILE_COLS 4
#elif VEC_BYTES == 32
#define TILE_ROWS 5
#define TILE_COLS 2
#elif REGISTERS == 32
#define TILE_ROWS 5
#define TILE_COLS 4
#else
#define TILE_ROWS 3
#define TILE_COLS 4
#endif

/* c = keep * c + a @ b, for a tile of c that stays in registers: rows x cols of them, both constants of the caller.
 * a is read at a[r * a_row + s * a_step], b at b[s * b_step]. It is C because only its pragmas make compilers unroll the
 * tile into registers. Each lane of c is one chain of muladds over s, whatever the shape of the tile. */
static ALWAYS_INLINE void tile(const int rows, const int cols, const real *a, ptrdiff_t a_row, ptrdiff_t a_step,
                               const real *b, ptrdiff_t b_step, real *c, ptrdiff_t c_row, ptrdiff_t steps, real keep) {
    vec acc[5][8];
    vec row[8];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < cols; v++) acc[r][v] = splat(keep) * load(c + r * c_row + v * WIDTH);
    for (ptrdiff_t s = 0; s < steps; s++, a += a_step, b += b_step) {
        UNROLL for (int v = 0; v < cols; v++) row[v] = load(b + v * WIDTH);
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < cols; v++) acc[r][v] = muladd(splat(a[r * a_row]), row[v], acc[r][v]);
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < cols; v++) store(c + r * c_row + v * WIDTH, acc[r][v]);
}

#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define HAS_SHUFFLES
#endif
#endif
/* b[c * b_row + r] = a[r * a_row + c], for rows x cols of them: by squares of 4 x 4 in registers, two rounds of shuffles */
static inline void transpose(const real *a, ptrdiff_t a_row, real *b, ptrdiff_t b_row, ptrdiff_t rows, ptrdiff_t cols) {
    ptrdiff_t r = 0, c;
#ifdef HAS_SHUFFLES
    typedef real four __attribute__((vector_size(4 * sizeof(real))));
    for (; r + 4 <= rows; r += 4) {
        for (c = 0; c + 4 <= cols; c += 4) { /* two by two, and then the twos */
            four in[4], out[4];
            UNROLL for (int i = 0; i < 4; i++) memcpy(&in[i], a + (r + i) * a_row + c, sizeof(four));
            four low = __builtin_shufflevector(in[0], in[1], 0, 4, 1, 5);
            four high = __builtin_shufflevector(in[0], in[1], 2, 6, 3, 7);
            four low2 = __builtin_shufflevector(in[2], in[3], 0, 4, 1, 5);
            four high2 = __builtin_shufflevector(in[2], in[3], 2, 6, 3, 7);
            out[0] = __builtin_shufflevector(low, low2, 0, 1, 4, 5);
            out[1] = __builtin_shufflevector(low, low2, 2, 3, 6, 7);
            out[2] = __builtin_shufflevector(high, high2, 0, 1, 4, 5);
            out[3] = __builtin_shufflevector(high, high2, 2, 3, 6, 7);
            UNROLL for (int i = 0; i < 4; i++) memcpy(b + (c + i) * b_row + r, &out[i], sizeof(four));
        }
        for (; c < cols; c++)
            for (int i = 0; i < 4; i++) b[c * b_row + r + i] = a[(r + i) * a_row + c];
    }
#endif
    for (; r < rows; r++)
        for (c = 0; c < cols; c++) b[c * b_row + r] = a[r * a_row + c];
}

#define MOST_COLS (VEC_BYTES == 64 ? 8 : 6)
static ALWAYS_INLINE ptrdiff_t columns(ptrdiff_t left) { return left <= MOST_COLS ? left : left < 2 * MOST_COLS ? (left + 1) / 2 : MOST_COLS; }

#define FOR_COLUMNS(f, ...)              \
    switch (cols) {                      \
        case 1: f(1, __VA_ARGS__); break; \
        case 2: f(2, __VA_ARGS__); break; \
        case 3: f(3, __VA_ARGS__); break; \
        case 4: f(4, __VA_ARGS__); break; \
        case 5: f(5, __VA_ARGS__); break; \
        case 6: f(6, __VA_ARGS__); break; \
        case 7: f(7, __VA_ARGS__); break; \
        default: f(8, __VA_ARGS__);       \
    }


/* dot[e] = w . d[index[e]], of n reals, whole LANES: 2 * LANES chains, lane by lane, then their sum by halves */
#if defined(__AVX512F__)
#define DOTS 4                    /* rows of d that go through w together */
#elif defined(__AVX2__) || defined(__ARM_NEON)
#define DOTS 2
#else
#define DOTS 1
#endif
static ALWAYS_INLINE real sum_lanes(vec x) {
#if VEC_BYTES == 64
    hvec half[2];
    memcpy(half, &x, sizeof half);
    half[0] = half[0] + half[1];
#elif VEC_BYTES == 32
    hvec half[1] = {x};
#endif
#if VEC_BYTES >= 32
    typedef real quarter __attribute__((vector_size(16)));
    quarter q[2];
    memcpy(q, half, sizeof q);
    q[0] = q[0] + q[1];
#elif VEC_BYTES == 16
    vec q[1] = {x};
#endif
#if VEC_BYTES >= 16
    return sizeof(real) == 4 ? (q[0][0] + q[0][2 % (16 / sizeof(real))]) + (q[0][1] + q[0][3 % (16 / sizeof(real))]) : q[0][0] + q[0][1];
#else
    return x;
#endif
}
static ALWAYS_INLINE void dot_some(const int rows, const real *w, ptrdiff_t n, const real *d, ptrdiff_t stride,
                                   const uint16_t *index, real *dot) {
    enum { CHAIN = LANES / WIDTH };
    vec acc[DOTS][2 * CHAIN];
    const real *row[DOTS];
    ptrdiff_t j = 0;
    UNROLL for (int e = 0; e < rows; e++) row[e] = d + index[e] * stride;
    UNROLL for (int e = 0; e < rows; e++)
        UNROLL for (int v = 0; v < 2 * CHAIN; v++) acc[e][v] = splat(0);
    for (; j + 2 * LANES <= n; j += 2 * LANES)
        UNROLL for (int v = 0; v < 2 * CHAIN; v++) {
            vec here = load(w + j + v * WIDTH);
            UNROLL for (int e = 0; e < rows; e++) acc[e][v] = muladd(here, load(row[e] + j + v * WIDTH), acc[e][v]);
        }
    if (j < n)
        UNROLL for (int v = 0; v < CHAIN; v++) {
            vec here = load(w + j + v * WIDTH);
            UNROLL for (int e = 0; e < rows; e++) acc[e][v] = muladd(here, load(row[e] + j + v * WIDTH), acc[e][v]);
        }
    UNROLL for (int e = 0; e < rows; e++) {
        UNROLL for (int half = CHAIN; half > 0; half /= 2)
            UNROLL for (int v = 0; v < half; v++) acc[e][v] = acc[e][v] + acc[e][v + half];
        dot[e] = sum_lanes(acc[e][0]);
    }
}

static void dots(const real *w, ptrdiff_t n, const real *d, ptrdiff_t stride, const uint16_t *index, ptrdiff_t count, real *dot) {
    ptrdiff_t e = 0;
    for (; e + DOTS <= count; e += DOTS) dot_some(DOTS, w, n, d, stride, index + e, dot + e);
#if DOTS == 4
    for (; e + 2 <= count; e += 2) dot_some(2, w, n, d, stride, index + e, dot + e);
#endif
    for (; e < count; e++) dot_some(1, w, n, d, stride, index + e, dot + e);
}

/* One row of a product, up to 8 registers wide, so that enough chains are in flight. */
#define TILE_ROW(cols, ...) tile(1, cols, __VA_ARGS__)
static void row_tile(ptrdiff_t cols, const real *a, ptrdiff_t a_step, const real *b, ptrdiff_t b_step, real *c,
                     ptrdiff_t steps, real keep) {
    FOR_COLUMNS(TILE_ROW, a, 0, a_step, b, b_step, c, 0, steps, keep)
}

#endif
