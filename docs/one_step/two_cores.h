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

static void *train_half(void *member) {
    Team *team = ((Member *)member)->team;
    int first = ((Member *)member)->first;
    Network *net = team->net;
    _Alignas(64) Output output = net->output;   /* a copy: each thread changes its own, in the same way */
    _Alignas(64) float step1[M][H];
    for (long s = 0; s < team->steps; s++) {
        float (*a1)[H] = team->a1[s % 2];
        fill_rows(net->b, a1[0], H, first, first + HALF);
        for (long i = 0; i < M; i++) weighted_input(team->x, s * M + i, net->w, a1[i], first);
        activate(a1[0], H, first, first + HALF);
        meet(team, s);                                              /* from here on a1 is whole */
        output_layer(&output, a1, team->y[s], team->eta, step1);    /* both threads: the same bits */
        add_rows(step1[0], net->b, H, first, first + HALF);
        for (long i = 0; i < M; i++)
            add_outer(team->x, s * M + i, step1[i], net->w, first, HALF / LANES);
    }
    if (first == 0) net->output = output;
    return NULL;
}
