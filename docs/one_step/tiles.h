/* One step as tiles: a block of the result stays in registers while the inner index runs. */
#include "registers.h"

/* c += a @ b, for `rows` rows of c, two registers wide.
 * a is read at a[r * a_row + s * a_step], so that it may be a transpose. */
INLINE void tile(int rows, const float *a, long a_row, long a_step, const float *b, long b_row,
                 float *c, long c_row, long steps) {
    vec sum[5][2];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < 2; v++) sum[r][v] = load(c + r * c_row + v * LANES);
    for (long s = 0; s < steps; s++)
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < 2; v++)
                sum[r][v] += splat(a[r * a_row + s * a_step]) * load(b + s * b_row + v * LANES);
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < 2; v++) store(c + r * c_row + v * LANES, sum[r][v]);
}

/* c (rows, width) += a (rows, steps) @ b (steps, width): five rows at a time, then one at a time. */
static void product(const float *a, long a_row, long a_step, const float *b, float *c, long rows,
                    long width, long steps) {
    long fives = rows / 5 * 5;
    for (long j = 0; j < width; j += 2 * LANES) {
        for (long r = 0; r < fives; r += 5)
            tile(5, a + r * a_row, a_row, a_step, b + j, width, c + r * width + j, width, steps);
        for (long r = fives; r < rows; r++)
            tile(1, a + r * a_row, a_row, a_step, b + j, width, c + r * width + j, width, steps);
    }
}

/* The next three work on M rows of n numbers, the rows `width` numbers apart. Here each row of z = b. */
INLINE void fill_rows(const float *b, float *z, long width, long n) {
    for (long i = 0; i < M; i++)
        for (long j = 0; j < n; j += LANES) store(z + i * width + j, load(b + j));
}

/* a = sigma(a) */
INLINE void activate(float *a, long width, long n) {
    for (long i = 0; i < M; i++)
        for (long j = 0; j < n; j += LANES) store(a + i * width + j, sigmoid(load(a + i * width + j)));
}

/* b += d.sum(axis=0) */
INLINE void add_rows(const float *d, float *b, long width, long n) {
    for (long j = 0; j < n; j += LANES)
        for (long i = 0; i < M; i++) store(b + j, load(b + j) + load(d + i * width + j));
}

/* The output layer's step, and BP2. a1 (M, H), y (M, O) -> step1 (M, H).
 * step1 and step2 are the deltas of the two layers times -eta/M. */
static void output_layer(Output *layer, const float a1[M][H], const float y[M][O], float eta,
                         float step1[M][H]) {
    _Alignas(64) float a2[M][O], step2[M][O] = {0}, w_transposed[OUTPUTS][H] = {0};
    fill_rows(layer->b, a2[0], O, O);
    product(a1[0], H, 1, layer->w[0], a2[0], M, O, HIDDEN);             /* z2 = a1 @ w2 + b2 */
    activate(a2[0], O, O);                                              /* a2 = sigma(z2) */
    for (int i = 0; i < M; i++)
        for (int j = 0; j < OUTPUTS; j++)
            step2[i][j] = (a2[i][j] - y[i][j]) * (-eta / M);            /* BP1 */
    for (int k = 0; k < HIDDEN; k++)
        for (int j = 0; j < OUTPUTS; j++) w_transposed[j][k] = layer->w[k][j];
    memset(step1, 0, sizeof(float[M][H]));
    product(step2[0], O, 1, w_transposed[0], step1[0], M, H, OUTPUTS);  /* BP2: step2 @ w2.T ... */
    for (int i = 0; i < M; i++)
        for (int k = 0; k < H; k++)
            step1[i][k] *= a1[i][k] * (1 - a1[i][k]);                   /* ... * sigma'(z1) */
    add_rows(step2[0], layer->b, O, O);                                 /* BP3 and the update */
    product(a1[0], 1, H, step2[0], layer->w[0], HIDDEN, O, M);          /* BP4 and the update */
}

static void step_tiles(Network *net, const float x[M][INPUTS], const float y[M][O], float eta) {
    _Alignas(64) float a1[M][H], step1[M][H];
    fill_rows(net->b, a1[0], H, H);
    product(x[0], INPUTS, 1, net->w[0], a1[0], M, H, INPUTS);       /* z1 = x @ w1 + b1 */
    activate(a1[0], H, H);                                          /* a1 = sigma(z1) */
    output_layer(&net->output, a1, y, eta, step1);                  /* BP1, BP2: step1 = -eta/M delta1 */
    add_rows(step1[0], net->b, H, H);                               /* BP3 and the update */
    product(x[0], 1, INPUTS, step1[0], net->w[0], INPUTS, H, M);    /* BP4, update: w1 += x.T @ step1 */
}
