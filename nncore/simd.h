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
#else
#define ALWAYS_INLINE inline
#define UNROLL
#define prefetch(address) ((void)(address))
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
#define SEGMENTS 8                /* parts of a patch that its gradients keep */
#define PARTS_SENT ((int)(256 / PART_BYTES)) /* parts of a row of a patch that BP2 sends at a time: 256 bytes on each target */

static ALWAYS_INLINE vec load(const real *p) {
    vec x;
    memcpy(&x, p, sizeof x);
    return x;
}
static ALWAYS_INLINE void store(real *p, vec x) { memcpy(p, &x, sizeof x); }

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

/* A convolution at `pixels` places side by side, for cols parts of filters, both constants of the caller:
 * z[r] = sum over rows, columns, channels of a[r * a_pixel + row * a_row + column * a_pixel + channel] * w[...],
 * where w has a row of w_step reals for each term, in that order. Each lane is one chain of muladds. */
static ALWAYS_INLINE void correlate(const int pixels, const int cols, const real *a, ptrdiff_t a_pixel, ptrdiff_t a_row,
                                    const real *w, ptrdiff_t w_step, real *z, ptrdiff_t z_pixel,
                                    ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t channels) {
    part acc[PIXELS][PART_COLS];
    part filters[PART_COLS];
    UNROLL for (int r = 0; r < pixels; r++)
        UNROLL for (int v = 0; v < cols; v++) acc[r][v] = splat_part(0);
    for (ptrdiff_t row = 0; row < rows; row++)
        for (ptrdiff_t column = 0; column < columns; column++) {
            const real *term = a + row * a_row + column * a_pixel;
            for (ptrdiff_t channel = 0; channel < channels; channel++, term++, w += w_step) {
                UNROLL for (int v = 0; v < cols; v++) filters[v] = load_part(w + v * PART);
                UNROLL for (int r = 0; r < pixels; r++) {
                    part x = splat_part(term[r * a_pixel]);
                    UNROLL for (int v = 0; v < cols; v++) acc[r][v] = muladd_part(x, filters[v], acc[r][v]);
                }
            }
        }
    UNROLL for (int r = 0; r < pixels; r++)
        UNROLL for (int v = 0; v < cols; v++) store_part(z + r * z_pixel + v * PART, acc[r][v]);
}

/* sum[s] += delta[p * step] * a[at[p * step] + segment[s]], over p: parts of the patches that a filter's delta goes to */
static ALWAYS_INLINE void sum_segments(const int segments, const real *delta, const bits *at, ptrdiff_t step, ptrdiff_t n,
                                       const real *a, const ptrdiff_t *segment, real *sum) {
    part acc[SEGMENTS];
    const real *from[SEGMENTS];
    UNROLL for (int s = 0; s < segments; s++) {
        acc[s] = load_part(sum + s * PART);
        from[s] = a + segment[s];
    }
    for (ptrdiff_t p = 0; p < n; p++, delta += step, at += step) {
        part d = splat_part(*delta);
        UNROLL for (int s = 0; s < segments; s++) acc[s] = muladd_part(d, load_part(from[s] + *at), acc[s]);
    }
    UNROLL for (int s = 0; s < segments; s++) store_part(sum + s * PART, acc[s]);
}

/* a[s] += delta[chosen[p]] * w[chosen[p] * w_row + s], over p: what the filters chosen send to a row of one patch */
static ALWAYS_INLINE void send_parts(const int parts, const real *delta, const bits *chosen, ptrdiff_t n, const real *w,
                                     ptrdiff_t w_row, real *a) {
    part acc[SEGMENTS];
    UNROLL for (int s = 0; s < parts; s++) acc[s] = load_part(a + s * PART);
    for (ptrdiff_t p = 0; p < n; p++) {
        part d = splat_part(delta[chosen[p]]);
        const real *from = w + chosen[p] * w_row;
        UNROLL for (int s = 0; s < parts; s++) acc[s] = muladd_part(d, load_part(from + s * PART), acc[s]);
    }
    UNROLL for (int s = 0; s < parts; s++) store_part(a + s * PART, acc[s]);
}

/* The two above, with the number of registers as a constant of each case. */
static inline void sum_patches(ptrdiff_t segments, const real *delta, const bits *at, ptrdiff_t step, ptrdiff_t n,
                               const real *a, const ptrdiff_t *segment, real *sum) {
#define SUM(count) case count: sum_segments(count, delta, at, step, n, a, segment, sum); break;
    switch (segments) { SUM(1) SUM(2) SUM(3) SUM(4) SUM(5) SUM(6) SUM(7) SUM(8) }
#undef SUM
}
static inline void send_patches(ptrdiff_t parts, const real *delta, const bits *chosen, ptrdiff_t n, const real *w,
                                ptrdiff_t w_row, real *a) {
#define SEND(count) case count: send_parts(count, delta, chosen, n, w, w_row, a); break;
    for (; parts > 0; parts -= SEGMENTS, w += SEGMENTS * PART, a += SEGMENTS * PART)
        switch (parts < SEGMENTS ? parts : SEGMENTS) {
            SEND(1) SEND(2) SEND(3) SEND(4) SEND(5) SEND(6) SEND(7) SEND(8)
        }
#undef SEND
}

#endif
