/* A barrier: the threads of a team wait for each other.
 *
 * It is written by hand, and not OpenMP, for three reasons. The threads are Python's, so that fork, Ctrl-C and several teams in one
 * process work as Python's users expect. A meeting takes a tenth of a microsecond; a step of a small network takes only a few. And
 * no OpenMP runtime is needed where nncore is installed.
 *
 * A waiting thread spins for about 10 us, then naps. On a shared machine a napping thread is rescheduled sooner than one that
 * yields.
 */
#ifndef NNCORE_TEAM_H
#define NNCORE_TEAM_H

typedef struct {
    int threads;
    int arrived; /* threads that wait */
    int round;   /* how often all have met */
} Team;

#if defined(__GNUC__) && !defined(_WIN32)
#include <time.h>
#define HAS_TEAMS 1
#if defined(__x86_64__) || defined(__i386__)
#define pause_core() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define pause_core() __asm__ volatile("yield")
#else
#define pause_core() ((void)0)
#endif
static void wait_for(Team *team) {
    const int round = __atomic_load_n(&team->round, __ATOMIC_RELAXED), spins = 3000;
    if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) == team->threads) { /* the last to arrive lets all go on */
        __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&team->round, round + 1, __ATOMIC_RELEASE);
        return;
    }
    for (long i = 0; __atomic_load_n(&team->round, __ATOMIC_ACQUIRE) == round; i++) {
        const struct timespec nap = {0, 20000};
        if (i < spins)
            pause_core();
        else
            nanosleep(&nap, NULL);
    }
}
#else
#define HAS_TEAMS 0
static void wait_for(Team *team) { (void)team; }
#endif

#endif
