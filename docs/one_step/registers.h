/* What the three C versions share: a register as a type, the network, and the sigmoid of a register. */
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

enum { LANES = 8 };                                         /* numbers in a register: 32 bytes of float32 */
typedef float vec __attribute__((vector_size(4 * LANES)));  /* + and * work on all lanes at once */
typedef int ints __attribute__((vector_size(4 * LANES)));

INLINE vec load(const float *p) { return *(const vec *)p; }
INLINE void store(float *p, vec v) { *(vec *)p = v; }
INLINE vec splat(float number) { return number - (vec){0}; }    /* the same number in every lane */

/* A mini-batch of 10; the network [784, 30, 10]. Rows of 30 and 10 are padded to whole registers, H and O.
 * Weights are stored input-major, w[k][j], so that the neurons j of a layer are the lanes of a register. */
enum { M = 10, INPUTS = 784, HIDDEN = 30, OUTPUTS = 10, H = 32, O = 16 };
typedef struct { float w[HIDDEN][O], b[O]; } Output;
typedef struct { float w[INPUTS][H], b[H]; Output output; } Network;

/* 1 / (1 + exp(-z)). With -z = n ln 2 + r, exp(-z) = 2^n exp(r): the bits of a float32 give 2^n, Taylor's
 * series gives exp(r). Adding and subtracting 1.5 * 2^23 rounds: float32 has no fractions up there. */
INLINE vec sigmoid(vec z) {
    UNROLL for (int j = 0; j < LANES; j++) z[j] = z[j] < -80 ? -80 : z[j] > 80 ? 80 : z[j];
    vec n = z * -1.44269504f + 12582912.0f - 12582912.0f;
    vec r = -z - n * 0.693147181f;
    vec exp_r = 1 + r * (1 + r / 2 * (1 + r / 3 * (1 + r / 4 * (1 + r / 5 * (1 + r / 6)))));
    vec two_to_n = (vec)((__builtin_convertvector(n, ints) + 127) << 23);
    return 1 / (1 + two_to_n * exp_r);
}
