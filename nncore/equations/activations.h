/* The constants of exp and log1p (activations.pxd), and powers of two.
 *
 * exp_x = 2^n e^r with x = n log(2) + r and |r| <= log(2)/2; e^r is its Taylor series up to EXP_TERMS.
 * log(1 + x) = n log(2) + log(1 + f) with 1 + x = 2^n (1 + f) and 0 <= f < 1; log(1 + f) is 2 artanh(f / (2 + f)), by LOG_TERMS
 * terms of its series.
 */
#ifndef NNCORE_ACTIVATIONS_H
#define NNCORE_ACTIVATIONS_H

#include "nncore/machine/simd.h"

#ifdef NNCORE_DOUBLE
#define EXPONENT_SHIFT 52         /* bits of the mantissa: an integer shifted by them is an exponent */
#define EXPONENT_BIAS 1023
#define EXP_TERMS 13              /* Taylor terms that reach the last bit */
#define EXP_LIMIT 708.0           /* beyond it exp leaves the normal numbers */
#define LOG_TERMS 16              /* terms of artanh's series that reach the last bit, up to 1/3 */
#define ROUND_TO_INTEGER 6755399441055744.0  /* 1.5 * 2^52: adding it leaves the nearest integer in the low bits */
#define LN2_HIGH 0.693147180369123816490     /* log(2) to 33 bits, so that n * LN2_HIGH is exact ... */
#define LN2_LOW 1.90821492927058770002e-10   /* ... and the rest of it */
#else
#define EXPONENT_SHIFT 23
#define EXPONENT_BIAS 127
#define EXP_TERMS 7
#define EXP_LIMIT 87.0f
#define LOG_TERMS 7
#define ROUND_TO_INTEGER 12582912.0f         /* 1.5 * 2^23 */
#define LN2_HIGH 0.693359375f                /* log(2) to 10 bits */
#define LN2_LOW -2.12194440e-4f
#endif

/* 1/k!, the coefficients of exp's series */
static const real INVERSE_FACTORIAL[14] = {
    1, 1, (real)(1.0 / 2), (real)(1.0 / 6), (real)(1.0 / 24), (real)(1.0 / 120), (real)(1.0 / 720),
    (real)(1.0 / 5040), (real)(1.0 / 40320), (real)(1.0 / 362880), (real)(1.0 / 3628800),
    (real)(1.0 / 39916800), (real)(1.0 / 479001600), (real)(1.0 / 6227020800.0)};

/* 1/(2k + 1), the coefficients of artanh's series s + s^3/3 + s^5/5 + ... */
static const real INVERSE_ODD[16] = {
    1, (real)(1.0 / 3), (real)(1.0 / 5), (real)(1.0 / 7), (real)(1.0 / 9), (real)(1.0 / 11), (real)(1.0 / 13), (real)(1.0 / 15),
    (real)(1.0 / 17), (real)(1.0 / 19), (real)(1.0 / 21), (real)(1.0 / 23), (real)(1.0 / 25), (real)(1.0 / 27), (real)(1.0 / 29),
    (real)(1.0 / 31)};

/* 2^n, where `rounded` is the integer n plus ROUND_TO_INTEGER: its low bits hold n */
static ALWAYS_INLINE vec power_of_two(vec rounded) {
    ivec n;
    vec power;
    memcpy(&n, &rounded, sizeof n);
#ifdef HAS_VECTORS
    n = (n << EXPONENT_SHIFT) + ((bits)EXPONENT_BIAS << EXPONENT_SHIFT);
#else
    n = (bits)((uint64_t)(n + EXPONENT_BIAS) << EXPONENT_SHIFT); /* without overflow of a signed number */
#endif
    memcpy(&power, &n, sizeof power);
    return power;
}

/* n plus ROUND_TO_INTEGER, where x = 2^n (1 + f) is a normal number above 0 and 0 <= f < 1 */
static ALWAYS_INLINE vec rounded_exponent(vec x) {
    vec rounded = splat(ROUND_TO_INTEGER);
    ivec n, sum;
    memcpy(&n, &x, sizeof n);
    memcpy(&sum, &rounded, sizeof sum);
    sum += (n >> EXPONENT_SHIFT) - EXPONENT_BIAS;
    memcpy(&rounded, &sum, sizeof rounded);
    return rounded;
}

#endif
