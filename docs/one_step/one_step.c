/* The entry points that compiled.py calls: `steps` steps over as many mini-batches, one after the other. */
#include "two_cores.h"

void train_tiles(Network *net, const float x[][M][INPUTS], const float y[][M][O], long steps, float eta) {
    for (long s = 0; s < steps; s++) step_tiles(net, x[s], y[s], eta);
}

void train_nonzero(Network *net, const int *start, const unsigned short *index, const float *value,
                   const float y[][M][O], long steps, float eta) {
    NonZero x = {start, index, value};
    for (long s = 0; s < steps; s++) step_nonzero(net, &x, s * M, y[s], eta);
}

/* Returns whether the second thread could be started. */
int train_two_cores(Network *net, const int *start, const unsigned short *index, const float *value,
                    const float y[][M][O], long steps, float eta) {
    NonZero x = {start, index, value};
    Team team = {.net = net, .x = &x, .y = y, .steps = steps, .eta = eta};
    Member members[2] = {{&team, 0}, {&team, HALF}};
    pthread_t other;
    if (pthread_create(&other, NULL, train_half, &members[1])) return 0;
    train_half(&members[0]);
    pthread_join(other, NULL);
    return 1;
}

/* Multiply-adds of whole registers, as fast as they go: the peak. Twelve chains, `rounds` each. They start from
 * different numbers: the compiler would compute equal chains once. */
float multiply_adds(long rounds) {
    vec sum[12], a = splat(0.999f);
    UNROLL for (int c = 0; c < 12; c++) sum[c] = splat(c);
    for (long r = 0; r < rounds; r++)
        UNROLL for (int c = 0; c < 12; c++) sum[c] = sum[c] * a + a;
    for (int c = 1; c < 12; c++) sum[0] += sum[c];
    return sum[0][0];
}
