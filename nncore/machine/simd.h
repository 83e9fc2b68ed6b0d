/* Registers as types, and the operations on them.
 *
 *   real    float or double: the module is compiled once for each (NNCORE_DOUBLE)
 *   bits    an integer of the size of a real
 *   vec     a register of WIDTH reals: 64, 32 or 16 bytes, as the compiler's target allows; ivec: the same of bits
 *   hvec    a register of HWIDTH reals: a vec, but never more than 32 bytes, so that 20 channels fill 24 lanes and not 32
 *   LANES   reals in 64 bytes: rows are padded to a multiple of it, which is the same for every target
 *
 * With NNCORE_PLAIN, or a compiler without vector extensions, each register holds one real: the code is the same, to read
 * and to debug.
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

#if (defined(__GNUC__) || defined(__clang__)) && !defined(NNCORE_PLAIN)
#define HAS_VECTORS
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif
#endif

#ifdef NNCORE_DOUBLE
typedef double real;
typedef int64_t bits;
#else
typedef float real;
typedef int32_t bits;
#endif

#define LANES ((int)(64 / sizeof(real)))

#if defined(__GNUC__) || defined(__clang__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline))
#define CACHE_ALIGNED __attribute__((aligned(64)))
#define UNROLL _Pragma("GCC unroll 16")
#define UNREACHABLE __builtin_unreachable()
#define prefetch(address) __builtin_prefetch(address)
#define lowest_bit(word) __builtin_ctzll(word)
#else
#define ALWAYS_INLINE inline
#define NEVER_INLINE
#define CACHE_ALIGNED
#define UNROLL
#define UNREACHABLE break
#define prefetch(address) ((void)(address))
static ALWAYS_INLINE int lowest_bit(uint64_t word) {
    int bit = 0;
    while (!(word >> bit & 1)) bit++;
    return bit;
}
#endif

/* REGISTERS: how many registers of the type vec the target has. */
#ifndef HAS_VECTORS
#define REGISTERS 16
#elif defined(__AVX512F__)
#define REGISTERS 32
#define VEC_BYTES 64
#elif defined(__AVX2__)
#define REGISTERS 16
#define VEC_BYTES 32
#elif defined(__ARM_NEON)
#define REGISTERS 32
#define VEC_BYTES 16
#else
#define REGISTERS 16
#define VEC_BYTES 16
#endif

#ifdef HAS_VECTORS
#define HVEC_BYTES (VEC_BYTES < 32 ? VEC_BYTES : 32)
typedef real vec __attribute__((vector_size(VEC_BYTES)));
typedef bits ivec __attribute__((vector_size(VEC_BYTES)));
typedef real hvec __attribute__((vector_size(HVEC_BYTES)));
typedef bits hivec __attribute__((vector_size(HVEC_BYTES)));
static ALWAYS_INLINE vec where(ivec condition, vec a, vec b) {
    return (vec)((condition & (ivec)a) | (~condition & (ivec)b));
}
static ALWAYS_INLINE vec where_negative(vec x, vec a, vec b) { return where(x < (vec){0}, a, b); }
static ALWAYS_INLINE vec where_less(vec x, vec y, vec a, vec b) { return where(x < y, a, b); }
#else
#define VEC_BYTES ((int)sizeof(real))
#define HVEC_BYTES ((int)sizeof(real))
typedef real vec;
typedef bits ivec;
typedef real hvec;
typedef bits hivec;
static ALWAYS_INLINE vec where_negative(vec x, vec a, vec b) { return x < 0 ? a : b; }
static ALWAYS_INLINE vec where_less(vec x, vec y, vec a, vec b) { return x < y ? a : b; }
#endif
#define WIDTH ((int)(VEC_BYTES / sizeof(real)))
#define HWIDTH ((int)(HVEC_BYTES / sizeof(real)))

/* The operations of both register types: x in every lane; load from, and store to, memory of any alignment. */
#define REGISTER(vec, ivec, splat, load, store, isplat, istore)             \
    static ALWAYS_INLINE vec splat(real x) { return x - (vec){0}; }         \
    static ALWAYS_INLINE ivec isplat(bits x) { return x - (ivec){0}; }      \
    static ALWAYS_INLINE vec load(const real *p) {                          \
        vec x;                                                              \
        memcpy(&x, p, sizeof x);                                            \
        return x;                                                           \
    }                                                                       \
    static ALWAYS_INLINE void store(real *p, vec x) { memcpy(p, &x, sizeof x); } \
    static ALWAYS_INLINE void istore(bits *p, ivec x) { memcpy(p, &x, sizeof x); }

REGISTER(vec, ivec, splat, load, store, isplat, istore)
REGISTER(hvec, hivec, hsplat, hload, hstore, hisplat, histore)

/* a * b + c, rounded once where the target can */
static ALWAYS_INLINE vec muladd(vec a, vec b, vec c) {
#if !defined(HAS_VECTORS)
    return a * b + c;
#elif defined(__AVX512F__) && defined(NNCORE_DOUBLE)
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
static ALWAYS_INLINE hvec hmuladd(hvec a, hvec b, hvec c) {
#if defined(HAS_VECTORS) && defined(__AVX512F__) && defined(NNCORE_DOUBLE)
    return (hvec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined(HAS_VECTORS) && defined(__AVX512F__)
    return (hvec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return muladd(a, b, c);
#endif
}

static ALWAYS_INLINE vec square_root(vec x) {
    real lanes[WIDTH];
    store(lanes, x);
    for (int i = 0; i < WIDTH; i++) lanes[i] = (real)sqrt(lanes[i]);
    return load(lanes);
}

#endif
