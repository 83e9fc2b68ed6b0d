/* One SIMD register as a type.
 *
 *   real    float or double: the module is compiled once for each (NNCORE_DOUBLE)
 *   vec     one register of WIDTH reals: 64, 32 or 16 bytes, as the compiler's target allows (one real without vector extensions)
 *   LANES   reals in 64 bytes: the unit that rows are padded to, the same for every target
 *   TILE_ROWS x TILE_COLS   the block of registers that a product keeps: as many as the target's register file holds
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
#define UNROLL _Pragma("GCC unroll 8")
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
#elif defined(__AVX2__)
#define VEC_BYTES 32
#define TILE_ROWS 5
#define TILE_COLS 2
#elif defined(__ARM_NEON)
#define VEC_BYTES 16
#define TILE_ROWS 5
#define TILE_COLS 4
#else
#define VEC_BYTES 16
#define TILE_ROWS 3
#define TILE_COLS 4
#endif
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
static ALWAYS_INLINE vec splat(real x) { return x; }
static ALWAYS_INLINE vec where_negative(vec x, vec a, vec b) { return x < 0 ? a : b; }
static ALWAYS_INLINE vec where_less(vec x, vec y, vec a, vec b) { return x < y ? a : b; }
static ALWAYS_INLINE ivec exponent(vec rounded) {
    ivec i;
    memcpy(&i, &rounded, sizeof i);
    return (bits)((uint64_t)(i + EXPONENT_BIAS) << EXPONENT_SHIFT);
}
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

/* rows (at most LANES) rows of w, n columns -> w_transposed (n rounded up to 4, LANES), 0 where there are no more rows.
 * By squares of 4 x 4, in registers: two rounds of shuffles. w may be read up to a multiple of 4 columns. */
static void transpose_rows(const real *w, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t n, real *w_transposed) {
    for (ptrdiff_t j = 0; j < n; j += 4)
        for (ptrdiff_t k = 0; k < LANES; k += 4) {
            real *out = w_transposed + j * LANES + k;
            const real *in = w + k * stride + j;
#if defined(__has_builtin) && (defined(__GNUC__) || defined(__clang__))
#if __has_builtin(__builtin_shufflevector)
            if (k + 4 <= rows) {
                typedef real quad __attribute__((vector_size(4 * sizeof(real))));
                quad a, b, c, d;
                memcpy(&a, in, sizeof a), memcpy(&b, in + stride, sizeof b);
                memcpy(&c, in + 2 * stride, sizeof c), memcpy(&d, in + 3 * stride, sizeof d);
                quad ac = __builtin_shufflevector(a, c, 0, 4, 1, 5), ac2 = __builtin_shufflevector(a, c, 2, 6, 3, 7);
                quad bd = __builtin_shufflevector(b, d, 0, 4, 1, 5), bd2 = __builtin_shufflevector(b, d, 2, 6, 3, 7);
                a = __builtin_shufflevector(ac, bd, 0, 4, 1, 5), b = __builtin_shufflevector(ac, bd, 2, 6, 3, 7);
                c = __builtin_shufflevector(ac2, bd2, 0, 4, 1, 5), d = __builtin_shufflevector(ac2, bd2, 2, 6, 3, 7);
                memcpy(out, &a, sizeof a), memcpy(out + LANES, &b, sizeof b);
                memcpy(out + 2 * LANES, &c, sizeof c), memcpy(out + 3 * LANES, &d, sizeof d);
                continue;
            }
#endif
#endif
            for (int row = 0; row < 4; row++)
                for (int column = 0; column < 4; column++)
                    out[column * LANES + row] = k + row < rows ? in[row * stride + column] : 0;
        }
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

static void add_picked(ptrdiff_t cols, const real *w, ptrdiff_t stride, const uint16_t *index, const real *value,
                       ptrdiff_t count, real *z) {
    FOR_COLUMNS(add_picked_cols, w, stride, index, value, count, z)
}

static void add_to_picked(ptrdiff_t cols, real *w, ptrdiff_t stride, const uint16_t *index, const real *value,
                          ptrdiff_t count, const real *d) {
    FOR_COLUMNS(add_to_picked_cols, w, stride, index, value, count, d)
}

#endif
