/* A helper: a thread that does a share of a call, and then lingers for the next call.
 *
 * A thread takes 60 us to start, and some hundred on a processor that has fallen asleep meanwhile: as long as a step of a small
 * network, and often a slice of an epoch is no more than that. So a helper that is done spins on for LINGER nanoseconds. A call that
 * comes in this time takes it. Otherwise it leaves, and its thread ends: no thread is left behind to keep a processor busy, and
 * none has to be told when the process ends.
 */
#ifndef NNCORE_HELPER_H
#define NNCORE_HELPER_H

#include "nncore/passes/team.h"

typedef struct {
    int state;
    int *working;       /* how many helpers of the call that it serves are not done */
} Helper;

enum { LINGERS, TAKEN, WORKS, LEFT };

#if HAS_TEAMS
#define LINGER 300000           /* nanoseconds */
#define SPINS_BETWEEN_LOOKS 16  /* pauses between two looks at the clock */

static void set_state(Helper *helper, int state) { __atomic_store_n(&helper->state, state, __ATOMIC_RELEASE); }
static int change_state(Helper *helper, int from, int to) {
    return __atomic_compare_exchange_n(&helper->state, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static int has_work(Helper *helper) {
    const int64_t since = nanoseconds();
    for (int spins = 1;; spins++) {
        const int state = __atomic_load_n(&helper->state, __ATOMIC_ACQUIRE);
        if (state == WORKS) return 1;
        if (spins % SPINS_BETWEEN_LOOKS == 0 && nanoseconds() - since > LINGER) {
            if (state == TAKEN) nap();
            else if (change_state(helper, LINGERS, LEFT)) return 0;
        }
        pause_core();
    }
}

static void end_work(Helper *helper) {
    int *working = helper->working;
    set_state(helper, LINGERS);
    __atomic_sub_fetch(working, 1, __ATOMIC_RELEASE);
}

static void wait_for_helpers(int *working) {
    for (int spins = 0; __atomic_load_n(working, __ATOMIC_ACQUIRE); spins++) {
        if (spins < SPINS) pause_core();
        else spins--, nap();
    }
}
#else
static void set_state(Helper *helper, int state) { helper->state = state; }
static int change_state(Helper *helper, int from, int to) { return helper->state == from && (helper->state = to, 1); }
static int has_work(Helper *helper) { return helper->state == WORKS; }
static void end_work(Helper *helper) { (void)helper; }
static void wait_for_helpers(int *working) { (void)working; }
#endif

#endif
