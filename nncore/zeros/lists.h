/* Lists of the inputs that are not zero, and sums over the rows of w that they name (lists.pxd, listing.pxd).
 *
 * A mask of 64 bits says which of 64 inputs are not zero. A table gives the positions of the bits of a byte, so that a list grows
 * by the inputs of a byte at a time, without a branch.
 */
#ifndef NNCORE_LISTS_H
#define NNCORE_LISTS_H

#include "nncore/machine/constant.h"
#include "nncore/machine/simd.h"

#if defined(HAS_VECTORS) && defined(__SSE2__)
#include <emmintrin.h>
#elif defined(HAS_VECTORS) && defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#if defined(__GNUC__) || defined(__clang__)
#define UNROLL_4 _Pragma("GCC unroll 4")
#else
#define UNROLL_4
#endif
#define MASK_BITS 64
#define MORE_PLACES 8 /* that list_bits may write behind the list */

static uint16_t bit_positions[256][8]; /* of the bits that are set in a byte, lowest first */
static uint8_t bit_counts[256];        /* how many they are */

static void fill_bit_tables(void) {
    for (int byte = 0; byte < 256; byte++)
        for (int bit = 0; bit < 8; bit++)
            if (byte >> bit & 1) {
                bit_positions[byte][bit_counts[byte]] = (uint16_t)bit;
                bit_counts[byte]++;
            }
}

/* Bit k of the mask says whether x[k] is not zero, for 64 bytes. */
static ALWAYS_INLINE uint64_t mask_of_bytes(const uint8_t *x) {
    uint64_t mask = 0;
#if defined(HAS_VECTORS) && defined(__AVX512BW__)
    const __m512i bytes = _mm512_loadu_si512(x);
    mask = _mm512_test_epi8_mask(bytes, bytes);
#elif defined(HAS_VECTORS) && defined(__AVX2__)
    for (int i = 0; i < 2; i++) {
        const __m256i bytes = _mm256_loadu_si256((const __m256i *)(x + 32 * i));
        const uint32_t zeros = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_setzero_si256()));
        mask |= (uint64_t)(uint32_t)~zeros << 32 * i;
    }
#elif defined(HAS_VECTORS) && defined(__SSE2__)
    for (int i = 0; i < 4; i++) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(x + 16 * i));
        const int zeros = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128()));
        mask |= (uint64_t)(~zeros & 0xFFFF) << 16 * i;
    }
#elif defined(HAS_VECTORS) && defined(__ARM_NEON) && defined(__aarch64__)
    const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t part[4];
    for (int i = 0; i < 4; i++) {
        const uint8x16_t bytes = vld1q_u8(x + 16 * i);
        part[i] = vandq_u8(vtstq_u8(bytes, bytes), bits);
    }
    part[0] = vpaddq_u8(vpaddq_u8(part[0], part[1]), vpaddq_u8(part[2], part[3]));
    mask = vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(part[0], part[0])), 0);
#else
    for (int k = 0; k < 64; k++) mask |= (uint64_t)(x[k] != 0) << k;
#endif
    return mask;
}

/* A bit for each of the inputs k to k + 63 of n, set where it is not zero; there may be fewer than 64 of them. */
static ALWAYS_INLINE uint64_t mask_at(const uint8_t *x, ptrdiff_t k, ptrdiff_t n) {
    uint8_t rest[64] = {0};
    if (k + 64 <= n) return mask_of_bytes(x + k);
    if (n >= 64) return mask_of_bytes(x + n - 64) >> (k + 64 - n); /* the last 64, without those before k */
    memcpy(rest, x + k, n - k);
    return mask_of_bytes(rest);
}
static ALWAYS_INLINE uint64_t real_mask_at(const real *x, ptrdiff_t k, ptrdiff_t n) {
    uint8_t nonzero[64] = {0};
    if (k + 64 <= n)
        for (int i = 0; i < 64; i++) nonzero[i] = x[k + i] != 0;
    else
        for (ptrdiff_t i = 0; i < n - k; i++) nonzero[i] = x[k + i] != 0;
    return mask_of_bytes(nonzero);
}

static ALWAYS_INLINE int bits_set(uint64_t mask) {
#if defined(__POPCNT__) || (defined(__aarch64__) && defined(__GNUC__))
    return __builtin_popcountll(mask);
#else
    int count = 0;
    for (int byte = 0; byte < 8; byte++) count += bit_counts[mask >> 8 * byte & 255];
    return count;
#endif
}

/* The numbers of the first of 8 inputs, 8 times: what positions in a byte of a mask are added to. */
#ifdef HAS_VECTORS
typedef uint16_t eight __attribute__((vector_size(16)));
#else
typedef struct {
    uint16_t first;
} eight;
#endif
static ALWAYS_INLINE eight eight_times(ptrdiff_t first) {
#ifdef HAS_VECTORS
    return (uint16_t)first - (eight){0};
#else
    return (eight){(uint16_t)first};
#endif
}

/* Write first + position for each bit that is set in a byte of a mask -> index; return how many. Eight places are written. */
static ALWAYS_INLINE ptrdiff_t list_byte(unsigned byte, eight first, uint16_t *index) {
#ifdef HAS_VECTORS
    eight positions;
    memcpy(&positions, bit_positions[byte], sizeof positions);
    positions += first;
    memcpy(index, &positions, sizeof positions);
#else
    for (int i = 0; i < 8; i++) index[i] = (uint16_t)(first.first + bit_positions[byte][i]);
#endif
    return bit_counts[byte];
}

/* Write first + k for each bit k that is set in the mask -> index; return how many. Up to
 * MORE_PLACES behind them are written, too. */
static ALWAYS_INLINE ptrdiff_t list_bits(uint64_t mask, ptrdiff_t first, uint16_t *index) {
    ptrdiff_t count = 0;
    if (mask == 0) return 0; /* the margins of an image */
    UNROLL for (int byte = 0; byte < 8; byte++)
        count += list_byte(mask >> 8 * byte & 255, eight_times(first + 8 * byte), index + count);
    return count;
}

/* The same, but at most `room` of them, and nothing is written behind the room. */
static ALWAYS_INLINE ptrdiff_t list_bits_within(uint64_t mask, ptrdiff_t first, uint16_t *index, ptrdiff_t room) {
    ptrdiff_t count = 0;
    uint16_t numbers[8];
    for (int byte = 0; byte < 8 && count < room; byte++) {
        const eight base = eight_times(first + 8 * byte);
        ptrdiff_t more;
        if (room - count >= 8) {
            count += list_byte(mask >> 8 * byte & 255, base, index + count);
            continue;
        }
        more = list_byte(mask >> 8 * byte & 255, base, numbers);
        if (more > room - count) more = room - count;
        memcpy(index + count, numbers, more * sizeof *numbers);
        count += more;
    }
    return count;
}

/* value[e] = table[x[index[e]]], and value[e] = x[index[e]] */
static ALWAYS_INLINE void look_up(const uint8_t *x, const uint16_t *index, ptrdiff_t count, const real *table, real *value) {
    UNROLL_4 for (ptrdiff_t e = 0; e < count; e++) value[e] = table[x[index[e]]];
}
static ALWAYS_INLINE void pick_bytes(const uint8_t *x, const uint16_t *index, ptrdiff_t count, uint8_t *value) {
    UNROLL_4 for (ptrdiff_t e = 0; e < count; e++) value[e] = x[index[e]];
}
static ALWAYS_INLINE void pick(const real *x, const uint16_t *index, ptrdiff_t count, real *value) {
    UNROLL_4 for (ptrdiff_t e = 0; e < count; e++) value[e] = x[index[e]];
}

/* z[g] += sum_e value[e] w[index[e]] for `group` examples, e from first[g] to before end[g]. Each lane is one chain of muladds, in
 * the order of the list: the dense product without the terms that are 0. Short rows have few chains, so several examples take turns. */
static ALWAYS_INLINE void lists_tile(const int cols, const int group, const real *w, ptrdiff_t stride, const uint16_t *index,
                                     const real *value, const ptrdiff_t *first, const ptrdiff_t *end, real *z, ptrdiff_t z_row) {
    vec sum[8][8];
    ptrdiff_t e[8], together = end[0] - first[0];
    UNROLL for (int g = 0; g < group; g++) {
        e[g] = first[g];
        together = end[g] - e[g] < together ? end[g] - e[g] : together;
        UNROLL for (int v = 0; v < cols; v++) sum[g][v] = load(z + g * z_row + v * WIDTH);
    }
    for (; together > 0; together--)
        UNROLL for (int g = 0; g < group; g++) {
            const real *row = w + index[e[g]] * stride;
            const vec factor = splat(value[e[g]]);
            UNROLL for (int v = 0; v < cols; v++) sum[g][v] = muladd(factor, load(row + v * WIDTH), sum[g][v]);
            e[g]++;
        }
    UNROLL for (int g = 0; g < group; g++) {
        for (; e[g] < end[g]; e[g]++) {
            const real *row = w + index[e[g]] * stride;
            const vec factor = splat(value[e[g]]);
            UNROLL for (int v = 0; v < cols; v++) sum[g][v] = muladd(factor, load(row + v * WIDTH), sum[g][v]);
        }
        UNROLL for (int v = 0; v < cols; v++) store(z + g * z_row + v * WIDTH, sum[g][v]);
    }
}
#define EXAMPLES_IN_GROUP(cols) ((cols) == 1 ? 8 : (cols) == 2 ? 4 : (cols) <= 4 ? 2 : 1)
#define lists_panel(cols, w, stride, index, value, first, end, m, z, z_row)                                             \
    {                                                                                                                   \
        const int group = EXAMPLES_IN_GROUP(cols);                                                                      \
        ptrdiff_t i = 0;                                                                                                \
        for (; i + group <= m; i += group)                                                                              \
            lists_tile(cols, group, w, stride, index, value, first + i, end + i, z + i * z_row, z_row);                 \
        for (; i < m; i++) lists_tile(cols, 1, w, stride, index, value, first + i, end + i, z + i * z_row, z_row);      \
    }
/* The same for m examples, and 1 to 8 registers of each row */
static NEVER_INLINE void lists_product(ptrdiff_t cols, const real *w, ptrdiff_t stride, const uint16_t *index, const real *value,
                          const ptrdiff_t *first, const ptrdiff_t *end, ptrdiff_t m, real *z, ptrdiff_t z_row) {
    WITH_CONSTANT(8, cols, lists_panel, w, stride, index, value, first, end, m, z, z_row)
}

#endif
