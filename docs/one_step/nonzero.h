/* One step over the non-zero inputs only: of MNIST's pixels 19 %. */
#include "tiles.h"

/* Example i has the entries e = start[i] .. start[i + 1] - 1, and x[i][index[e]] = value[e]. */
typedef struct {
    const int *start;
    const unsigned short *index;
    const float *value;
} NonZero;

/* z += x[i][k] * w[k] for each non-zero input k: 16 neurons, as four sums that do not wait for each
 * other. The rows of w are `width` numbers apart. */
INLINE void weighted_input(const NonZero *x, long i, const float *w, long width, float *z) {
    vec sum[4][2] = {{load(z), load(z + LANES)}};
    long e = x->start[i], end = x->start[i + 1];
    for (; e + 4 <= end; e += 4)
        UNROLL for (int c = 0; c < 4; c++)
            UNROLL for (int v = 0; v < 2; v++)
                sum[c][v] += splat(x->value[e + c]) * load(w + x->index[e + c] * width + v * LANES);
    for (; e < end; e++)
        UNROLL for (int v = 0; v < 2; v++)
            sum[0][v] += splat(x->value[e]) * load(w + x->index[e] * width + v * LANES);
    UNROLL for (int v = 0; v < 2; v++)
        store(z + v * LANES, (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]));
}

/* BP4 and the update: w[k] += x[i][k] * step for each non-zero input k. A row has n numbers; the rows of
 * w are `width` numbers apart. */
INLINE void add_outer(const NonZero *x, long i, const float *step, float *w, long width, int n) {
    vec s[H / LANES];
    UNROLL for (int v = 0; v < n / LANES; v++) s[v] = load(step + v * LANES);
    for (long e = x->start[i]; e < x->start[i + 1]; e++) {
        float *row = w + x->index[e] * width;
        UNROLL for (int v = 0; v < n / LANES; v++)
            store(row + v * LANES, load(row + v * LANES) + splat(x->value[e]) * s[v]);
    }
}

static void step_nonzero(Network *net, const NonZero *x, long first, const float y[M][O], float eta) {
    _Alignas(64) float a1[M][H], step1[M][H];
    fill_rows(net->b, a1[0], H, H);
    for (long i = 0; i < M; i++)
        for (int j = 0; j < H; j += 16) weighted_input(x, first + i, net->w[0] + j, H, a1[i] + j);
    activate(a1[0], H, H);
    output_layer(&net->output, a1, y, eta, step1);
    add_rows(step1[0], net->b, H, H);
    for (long i = 0; i < M; i++) add_outer(x, first + i, step1[i], net->w[0], H, H);
}
