/* One SIMD register as a type.
 *
 *   real    float or double: the module is compiled once for each (NNCORE_DOUBLE)
 *   vec     one register of WIDTH reals: 64, 32 or 16 bytes, as the compiler's target allows (one real without vector extensions)
 *   LANES   reals in 64 bytes: the unit that rows are padded to, the same for every target
 *   TILE_ROWS x TILE_COLS   the block of registers that a product keeps: as many as the target's register file holds
 *   part    a register of PART reals: vec, but never more than 32 bytes, so that 20 channels fill 24 lanes and not 32
 *   PIXELS x PART_COLS      the block of parts that a convolution keeps
 *
 * Only muladd is ever fused, and always where the target has FMA (the build passes -ffp-contract=off), so that every
 * target with FMA rounds the same operations in the same places: avx2, avx512 and NEON give the same bits.
 */
#ifndef NNCORE_SIMD_H
#define NNCORE_SIMD_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#ifdef NNCORE_DOUBLE
typedef double real;
typedef int64_t bits;             /* an integer of the size of a real */
#define EXPONENT_SHIFT 52         /* bits of the mantissa: an integer shifted by them is an exponent */
#define EXPONENT_BIAS 1023
#define EXP_TERMS 13              /* Taylor terms that reach the last bit on |r| <= log(2)/2 */
#define EXP_LIMIT 708.0           /* beyond it exp leaves the normal numbers */
#define ROUND_TO_INTEGER 6755399441055744.0  /* 1.5 * 2^52: adding it leaves the nearest integer in the low bits */
#define LN2_HIGH 0.693147180369123816490     /* log(2) to 33 bits, so that n * LN2_HIGH is exact ... */
#define LN2_LOW 1.90821492927058770002e-10   /* ... and the rest of it */
#else
typedef float real;
typedef int32_t bits;
#define EXPONENT_SHIFT 23
#define EXPONENT_BIAS 127
#define EXP_TERMS 7
#define EXP_LIMIT 87.0f
#define ROUND_TO_INTEGER 12582912.0f         /* 1.5 * 2^23 */
#define LN2_HIGH 0.693359375f                /* log(2) to 10 bits */
#define LN2_LOW -2.12194440e-4f
#endif

#define LANES ((int)(64 / sizeof(real)))

#if defined(__GNUC__) || defined(__clang__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")
#define prefetch(address) __builtin_prefetch(address)
#define lowest_bit(word) __builtin_ctzll(word)
#else
#define ALWAYS_INLINE inline
#define UNROLL
#define prefetch(address) ((void)(address))
static ALWAYS_INLINE int lowest_bit(uint64_t word) {
    int bit = 0;
    while (!(word >> bit & 1)) bit++;
    return bit;
}
#endif

#if defined(__GNUC__) || defined(__clang__)
#if defined(__AVX512F__)
#define VEC_BYTES 64
#define TILE_ROWS 5
#define TILE_COLS 4
#define PIXELS 8
#elif defined(__AVX2__)
#define VEC_BYTES 32
#define TILE_ROWS 5
#define TILE_COLS 2
#define PIXELS 4
#elif defined(__ARM_NEON)
#define VEC_BYTES 16
#define TILE_ROWS 5
#define TILE_COLS 4
#define PIXELS 8
#else
#define VEC_BYTES 16
#define TILE_ROWS 3
#define TILE_COLS 4
#define PIXELS 4
#endif
#define PART_BYTES (VEC_BYTES < 32 ? VEC_BYTES : 32)
typedef real part __attribute__((vector_size(PART_BYTES)));
typedef bits places __attribute__((vector_size(PART_BYTES)));
static ALWAYS_INLINE part splat_part(real x) { return x - (part){0}; }
static ALWAYS_INLINE places splat_places(bits x) { return x - (places){0}; }
static ALWAYS_INLINE void keep_larger(part z, places here, part *largest, places *at) {
    places larger = (z > *largest) | (z != z); /* a NaN must show, not vanish */
    *largest = (part)((larger & (places)z) | (~larger & (places)*largest));
    *at = (larger & here) | (~larger & *at);
}
typedef real vec __attribute__((vector_size(VEC_BYTES)));
typedef bits ivec __attribute__((vector_size(VEC_BYTES)));
#define WIDTH ((int)(VEC_BYTES / sizeof(real)))
static ALWAYS_INLINE vec splat(real x) { return x - (vec){0}; }
static ALWAYS_INLINE vec where(ivec condition, vec a, vec b) {
    return (vec)((condition & (ivec)a) | (~condition & (ivec)b));
}
static ALWAYS_INLINE vec where_negative(vec x, vec a, vec b) { return where(x < splat(0), a, b); }
static ALWAYS_INLINE vec where_less(vec x, vec y, vec a, vec b) { return where(x < y, a, b); }
static ALWAYS_INLINE ivec exponent(vec rounded) {
    return ((ivec)rounded << EXPONENT_SHIFT) + ((bits)EXPONENT_BIAS << EXPONENT_SHIFT);
}
#else /* no vector extensions: one lane */
typedef real vec;
typedef bits ivec;
#define VEC_BYTES ((int)sizeof(real))
#define WIDTH 1
#define TILE_ROWS 4
#define TILE_COLS 4
#define PIXELS 4
#define PART_BYTES sizeof(real)
typedef real part;
typedef bits places;
static ALWAYS_INLINE part splat_part(real x) { return x; }
static ALWAYS_INLINE places splat_places(bits x) { return x; }
static ALWAYS_INLINE void keep_larger(part z, places here, part *largest, places *at) {
    if (z > *largest || z != z) {
        *largest = z;
        *at = here;
    }
}
static ALWAYS_INLINE vec splat(real x) { return x; }
static ALWAYS_INLINE vec where_negative(vec x, vec a, vec b) { return x < 0 ? a : b; }
static ALWAYS_INLINE vec where_less(vec x, vec y, vec a, vec b) { return x < y ? a : b; }
static ALWAYS_INLINE ivec exponent(vec rounded) {
    ivec i;
    memcpy(&i, &rounded, sizeof i);
    return (bits)((uint64_t)(i + EXPONENT_BIAS) << EXPONENT_SHIFT);
}
#endif

#define PART ((int)(PART_BYTES / sizeof(real)))
#define PART_COLS 3               /* parts of filters that a convolution keeps for each pixel */
#if defined(__AVX512F__) || defined(__ARM_NEON)
#define PARTS_KEPT 15             /* parts of a patch that its gradients keep: of five columns of 24 channels all */
#else
#define PARTS_KEPT 10
#endif

static ALWAYS_INLINE vec load(const real *p) {
    vec x;
    memcpy(&x, p, sizeof x);
    return x;
}
static ALWAYS_INLINE void store(real *p, vec x) { memcpy(p, &x, sizeof x); }
static ALWAYS_INLINE vec square_root(vec x) {
    real lanes[WIDTH];
    store(lanes, x);
    for (int i = 0; i < WIDTH; i++) lanes[i] = (real)sqrt(lanes[i]);
    return load(lanes);
}

/* a * b + c, rounded once where the target can */
static ALWAYS_INLINE vec muladd(vec a, vec b, vec c) {
#if defined(__AVX512F__) && defined(NNCORE_DOUBLE)
    return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__AVX512F__)
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__) && defined(NNCORE_DOUBLE)
    return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__FMA__)
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__ARM_NEON) && defined(NNCORE_DOUBLE)
    return (vec)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#elif defined(__ARM_NEON)
    return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return a * b + c;
#endif
}

static ALWAYS_INLINE part load_part(const real *p) {
    part x;
    memcpy(&x, p, sizeof x);
    return x;
}
static ALWAYS_INLINE void store_part(real *p, part x) { memcpy(p, &x, sizeof x); }
static ALWAYS_INLINE void store_places(bits *p, places x) { memcpy(p, &x, sizeof x); }
static ALWAYS_INLINE part muladd_part(part a, part b, part c) {
#if defined(__AVX512F__) && defined(NNCORE_DOUBLE)
    return (part)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(__AVX512F__)
    return (part)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return muladd(a, b, c);
#endif
}

/* 2^n, where n is an integer that was rounded by adding ROUND_TO_INTEGER (its low bits hold n) */
static ALWAYS_INLINE vec power_of_two(vec rounded) {
    ivec i = exponent(rounded);
    vec x;
    memcpy(&x, &i, sizeof x);
    return x;
}

/* 1/k!, the coefficients of exp's series */
static const real INVERSE_FACTORIAL[14] = {
    1, 1, (real)(1.0 / 2), (real)(1.0 / 6), (real)(1.0 / 24), (real)(1.0 / 120), (real)(1.0 / 720),
    (real)(1.0 / 5040), (real)(1.0 / 40320), (real)(1.0 / 362880), (real)(1.0 / 3628800),
    (real)(1.0 / 39916800), (real)(1.0 / 479001600), (real)(1.0 / 6227020800.0)};

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

/* How a convolution reads: maps whose pixels are a_pixel apart and rows a_row, filters that have w_step reals for each term
 * (row, column, channel), in that order; z has pixels z_pixel apart. */
typedef struct {
    ptrdiff_t a_pixel, a_row, w_step, z_pixel, rows, columns, channels;
} Correlation;

/* A convolution at `pixels` places side by side, for cols parts of filters, both constants of the caller:
 * z[r] = sum over rows, columns, channels of a[r * a_pixel + row * a_row + column * a_pixel + channel] * w[...].
 * Each lane is one chain of muladds. ink is NULL or says of each row where its first and its last value that is not 0 are: a row
 * without any from column x to what the last pixel sees is left out. */
static ALWAYS_INLINE void correlate(const int pixels, const int cols, const Correlation *c, const real *a, const real *w, real *z,
                                    const ptrdiff_t *ink, ptrdiff_t x, ptrdiff_t seen) {
    const ptrdiff_t a_pixel = c->a_pixel, w_step = c->w_step, columns = c->columns, channels = c->channels;
    part acc[PIXELS][PART_COLS];
    part filters[PART_COLS];
    UNROLL for (int r = 0; r < pixels; r++)
        UNROLL for (int v = 0; v < cols; v++) acc[r][v] = splat_part(0);
    for (ptrdiff_t row = 0; row < c->rows; row++) {
        if (ink && (ink[2 * row] >= x + pixels + seen || ink[2 * row + 1] < x)) {
            w += columns * channels * w_step;
            continue;
        }
        for (ptrdiff_t column = 0; column < columns; column++) {
            const real *term = a + row * c->a_row + column * a_pixel;
            for (ptrdiff_t channel = 0; channel < channels; channel++, term++, w += w_step) {
                UNROLL for (int v = 0; v < cols; v++) filters[v] = load_part(w + v * PART);
                UNROLL for (int r = 0; r < pixels; r++) {
                    part value = splat_part(term[r * a_pixel]);
                    UNROLL for (int v = 0; v < cols; v++) acc[r][v] = muladd_part(value, filters[v], acc[r][v]);
                }
            }
        }
    }
    UNROLL for (int r = 0; r < pixels; r++)
        UNROLL for (int v = 0; v < cols; v++) store_part(z + r * c->z_pixel + v * PART, acc[r][v]);
}

/* Where deltas go to, in the patches of m examples: n places each, `step` apart; a place's patch starts at a[at]. */
typedef struct {
    const real *delta;
    const bits *at;
    ptrdiff_t n, step, example;         /* example: from one example's to the next one's */
    const real *a;
    ptrdiff_t a_row, a_example, m;
} Gradient;

/* sum[f][row][s] += delta[f] * a[at[f] + row * a_row + s], over all places of all examples: rows x parts of the patches */
static ALWAYS_INLINE void sum_parts(const int filters, const int rows, const int parts, const Gradient *g, ptrdiff_t f0,
                                    const real *a, real *sum, ptrdiff_t sum_filter, ptrdiff_t sum_row) {
    part acc[2][PARTS_KEPT];
    const ptrdiff_t n = g->n, step = g->step, row = g->a_row;
    UNROLL for (int f = 0; f < filters; f++)
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int s = 0; s < parts; s++)
                acc[f][r * parts + s] = load_part(sum + f * sum_filter + r * sum_row + s * PART);
    for (ptrdiff_t i = 0; i < g->m; i++, a += g->a_example) {
        const real *delta = g->delta + i * g->example + f0;
        const bits *at = g->at + i * g->example + f0;
        for (ptrdiff_t p = 0; p < n; p++, delta += step, at += step)
            UNROLL for (int f = 0; f < filters; f++) {
                part d = splat_part(delta[f]);
                const real *patch = a + at[f];
                UNROLL for (int r = 0; r < rows; r++)
                    UNROLL for (int s = 0; s < parts; s++)
                        acc[f][r * parts + s] = muladd_part(d, load_part(patch + r * row + s * PART), acc[f][r * parts + s]);
            }
    }
    UNROLL for (int f = 0; f < filters; f++)
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int s = 0; s < parts; s++)
                store_part(sum + f * sum_filter + r * sum_row + s * PART, acc[f][r * parts + s]);
}

/* a[s] += delta[chosen[p]] * w[chosen[p] * w_row + s], over p: what the filters chosen send to a row of one patch */
static ALWAYS_INLINE void send_parts(const int parts, const real *delta, const bits *chosen, ptrdiff_t n, const real *w,
                                     ptrdiff_t w_row, real *a) {
    part acc[PARTS_KEPT];
    UNROLL for (int s = 0; s < parts; s++) acc[s] = load_part(a + s * PART);
    for (ptrdiff_t p = 0; p < n; p++) {
        part d = splat_part(delta[chosen[p]]);
        const real *from = w + chosen[p] * w_row;
        UNROLL for (int s = 0; s < parts; s++) acc[s] = muladd_part(d, load_part(from + s * PART), acc[s]);
    }
    UNROLL for (int s = 0; s < parts; s++) store_part(a + s * PART, acc[s]);
}

/* The two above for any number of filters, rows and parts: a few rows of one or two parts, else one row, stay in registers. */
static inline void sum_patches(ptrdiff_t filters, ptrdiff_t rows, ptrdiff_t parts, const Gradient *g, real *sum,
                               ptrdiff_t sum_filter) {
    for (ptrdiff_t row = 0, some, first, few; row < rows; row += some) {
        some = parts > 2 ? 1 : rows - row < 5 ? rows - row : 5;
        for (first = 0; first < parts; first += few) {
            few = parts - first < PARTS_KEPT ? parts - first : PARTS_KEPT;
            const real *a = g->a + row * g->a_row + first * PART;
            real *to = sum + (row * parts + first) * PART;
            ptrdiff_t f = 0;
#define SUM(together, r, s) \
    case 16 * r + s: sum_parts(together, r, s, g, f, a, to + f * sum_filter, sum_filter, parts * PART); break;
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
    for (; parts > 0; parts -= PARTS_KEPT, w += PARTS_KEPT * PART, a += PARTS_KEPT * PART)
        switch (parts < PARTS_KEPT ? parts : PARTS_KEPT) {
            SEND(1) SEND(2) SEND(3) SEND(4) SEND(5) SEND(6) SEND(7) SEND(8) SEND(9) SEND(10)
#if PARTS_KEPT == 15
            SEND(11) SEND(12) SEND(13) SEND(14) SEND(15)
#endif
        }
#undef SEND
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

/* How many of the registers of a row to take together: as many as fit the register file twice, in parts of about one size. */
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
    part half[2];
    memcpy(half, &x, sizeof half);
    half[0] = half[0] + half[1];
#elif VEC_BYTES == 32
    part half[1] = {x};
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

static void add_picked(ptrdiff_t cols, const real *w, ptrdiff_t stride, const uint16_t *index, const real *value,
                       ptrdiff_t count, real *z) {
    FOR_COLUMNS(add_picked_cols, w, stride, index, value, count, z)
}

static void add_to_picked(ptrdiff_t cols, real *w, ptrdiff_t stride, const uint16_t *index, const real *value,
                          ptrdiff_t count, const real *d) {
    FOR_COLUMNS(add_to_picked_cols, w, stride, index, value, count, d)
}

/* One row of a product, up to 8 registers wide, so that enough chains are in flight. */
#define TILE_ROW(cols, ...) tile(1, cols, __VA_ARGS__)
static void row_tile(ptrdiff_t cols, const real *a, ptrdiff_t a_step, const real *b, ptrdiff_t b_step, real *c,
                     ptrdiff_t steps, real keep) {
    FOR_COLUMNS(TILE_ROW, a, 0, a_step, b, b_step, c, 0, steps, keep)
}

#endif
