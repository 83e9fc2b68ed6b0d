/* Steps on two cores: each thread owns half of the hidden neurons; they meet once per mini-batch. */
#include "nonzero.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { HALF = H / 2 };
typedef struct {
    Network *net;
    const NonZero *x;
    const float (*y)[M][O];
    long steps;
    float eta;
    _Alignas(64) atomic_long arrived;       /* how often a thread has come to a meeting */
    _Alignas(64) float a1[2][M][H];         /* hidden activations of this mini-batch and of the one before */
} Team;
typedef struct { Team *team; int first; } Member;   /* `first` is the first hidden neuron that it owns */

static void meet(Team *team, long step) {
    atomic_fetch_add(&team->arrived, 1);
    for (long turn = 0; atomic_load(&team->arrived) < 2 * (step + 1); turn++)
        if (turn > 2000) sched_yield();     /* the other thread is not running: let it have this core */
}

/* Copy the neurons first .. first + HALF of the hidden layer from the network to w, b, or back. */
static void copy_half(Network *net, float w[INPUTS][HALF], float *b, int first, int back) {
    for (int k = 0; k <= INPUTS; k++) {
        float *theirs = (k < INPUTS ? net->w[k] : net->b) + first, *ours = k < INPUTS ? w[k] : b;
        memcpy(back ? theirs : ours, back ? ours : theirs, HALF * sizeof(float));
    }
}

static void *train_half(void *member) {
    Team *team = ((Member *)member)->team;
    int first = ((Member *)member)->first;
    _Alignas(64) float w[INPUTS][HALF], b[HALF];            /* the half of layer 1 that this thread owns */
    _Alignas(64) Output output = team->net->output;         /* a copy: both threads change theirs alike */
    _Alignas(64) float step1[M][H];
    copy_half(team->net, w, b, first, 0);
    for (long s = 0; s < team->steps; s++) {
        float (*a1)[H] = team->a1[s % 2];
        fill_rows(b, a1[0] + first, H, HALF);
        for (long i = 0; i < M; i++) weighted_input(team->x, s * M + i, w[0], HALF, a1[i] + first);
        activate(a1[0] + first, H, HALF);
        meet(team, s);                                              /* from here on a1 is whole */
        output_layer(&output, a1, team->y[s], team->eta, step1);    /* both threads: the same bits */
        add_rows(step1[0] + first, b, H, HALF);
        for (long i = 0; i < M; i++) add_outer(team->x, s * M + i, step1[i] + first, w[0], HALF, HALF);
    }
    copy_half(team->net, w, b, first, 1);
    if (first == 0) team->net->output = output;
    return NULL;
}
