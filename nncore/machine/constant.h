/* From a count known at run time to a constant of the compiler.
 *
 * An array of registers stays in registers only if its size is a constant where it is used. WITH_CONSTANT(most, n, F, ...)
 * calls F(n, ...) with n, which is 1 to `most`, written as a literal. F is a function that is always inlined, or a macro.
 */
#ifndef NNCORE_CONSTANT_H
#define NNCORE_CONSTANT_H

#include "nncore/machine/simd.h"

/* How many of `left` things to take at once, if `most` fit: as many, but so that no short part is left at the end. */
static ALWAYS_INLINE ptrdiff_t part_of(ptrdiff_t left, ptrdiff_t most) {
    return left <= most ? left : left < 2 * most ? (left + 1) / 2 : most;
}

#define CASE(n, F, ...) case n: F(n, __VA_ARGS__); break;
#define CASES_1(F, ...) CASE(1, F, __VA_ARGS__)
#define CASES_2(F, ...) CASES_1(F, __VA_ARGS__) CASE(2, F, __VA_ARGS__)
#define CASES_3(F, ...) CASES_2(F, __VA_ARGS__) CASE(3, F, __VA_ARGS__)
#define CASES_4(F, ...) CASES_3(F, __VA_ARGS__) CASE(4, F, __VA_ARGS__)
#define CASES_5(F, ...) CASES_4(F, __VA_ARGS__) CASE(5, F, __VA_ARGS__)
#define CASES_6(F, ...) CASES_5(F, __VA_ARGS__) CASE(6, F, __VA_ARGS__)
#define CASES_7(F, ...) CASES_6(F, __VA_ARGS__) CASE(7, F, __VA_ARGS__)
#define CASES_8(F, ...) CASES_7(F, __VA_ARGS__) CASE(8, F, __VA_ARGS__)
#define CASES_9(F, ...) CASES_8(F, __VA_ARGS__) CASE(9, F, __VA_ARGS__)
#define CASES_10(F, ...) CASES_9(F, __VA_ARGS__) CASE(10, F, __VA_ARGS__)
#define CASES_11(F, ...) CASES_10(F, __VA_ARGS__) CASE(11, F, __VA_ARGS__)
#define CASES_12(F, ...) CASES_11(F, __VA_ARGS__) CASE(12, F, __VA_ARGS__)
#define CASES_13(F, ...) CASES_12(F, __VA_ARGS__) CASE(13, F, __VA_ARGS__)
#define CASES_14(F, ...) CASES_13(F, __VA_ARGS__) CASE(14, F, __VA_ARGS__)
#define CASES_15(F, ...) CASES_14(F, __VA_ARGS__) CASE(15, F, __VA_ARGS__)
#define CASES(most, F, ...) CASES_##most(F, __VA_ARGS__)
#define WITH_CONSTANT(most, n, F, ...)   \
    switch (n) {                         \
        CASES(most, F, __VA_ARGS__)      \
        default: UNREACHABLE;            \
    }

#endif
