/* A barrier: the threads of a team wait for each other; and the clock that tells whether they wait too long.
 *
 * It is written by hand, and not OpenMP, for three reasons. The threads are Python's, so that fork, Ctrl-C and several teams in one
 * process work as Python's users expect. A meeting takes a tenth of a microsecond; a step of a small network takes only a few. And
 * no OpenMP runtime is needed where nncore is installed.
 *
 * A waiting thread spins for some 10 us, then naps. On a shared machine a napping thread is rescheduled sooner than one that
 * yields. Where others use the processors, a thread of the team often stands still for milliseconds, and all wait for it. Then the
 * team leaves: it ends the slice, and its caller trains on with fewer threads.
 */
#ifndef NNCORE_TEAM_H
#define NNCORE_TEAM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int threads;
    int arrived;        /* threads that wait */
    int round;          /* how often all have met */
    int64_t napped;     /* nanoseconds that threads have napped */
    int64_t last_step;  /* the step behind which the team leaves; 0: it stays */
} Team;

typedef struct {        /* what the first thread of a team measures */
    int64_t began;      /* in nanoseconds */
    int64_t seen;       /* the naps at its last look at the clock */
} Meter;

#if defined(__GNUC__) || defined(__clang__)
#define HAS_TEAMS 1
#if defined(__x86_64__) || defined(__i386__)
#define pause_core() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define pause_core() __asm__ volatile("yield")
#else
#define pause_core() ((void)0)
#endif
#define SPINS 3000              /* pauses before the first nap */
#define NAPS_BETWEEN_LOOKS 500000       /* nanoseconds of naps between two looks at the clock */

#ifdef _WIN32
__declspec(dllimport) int __stdcall QueryPerformanceFrequency(int64_t *ticks);
__declspec(dllimport) int __stdcall QueryPerformanceCounter(int64_t *ticks);
__declspec(dllimport) int __stdcall SwitchToThread(void);

static int64_t nanoseconds(void) {
    int64_t now, second;
    QueryPerformanceFrequency(&second);
    QueryPerformanceCounter(&now);
    return now / second * 1000000000 + now % second * 1000000000 / second;
}
/* The shortest sleep of Windows is about a millisecond, so the thread only lets others go first. */
static void nap(void) { SwitchToThread(); }
#else
#include <time.h>
static int64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
static void nap(void) {
    const struct timespec time = {0, 20000}; /* nanoseconds */
    nanosleep(&time, NULL);
}
#endif

static void wait_for(Team *team) {
    const int round = __atomic_load_n(&team->round, __ATOMIC_RELAXED);
    int64_t fell_asleep;
    if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) == team->threads) { /* the last to arrive lets all go on */
        __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&team->round, round + 1, __ATOMIC_RELEASE);
        return;
    }
    for (int i = 0; i < SPINS; i++) {
        if (__atomic_load_n(&team->round, __ATOMIC_ACQUIRE) != round) return;
        pause_core();
    }
    fell_asleep = nanoseconds();
    while (__atomic_load_n(&team->round, __ATOMIC_ACQUIRE) == round) nap();
    __atomic_fetch_add(&team->napped, nanoseconds() - fell_asleep, __ATOMIC_RELAXED);
}

static void begin_meter(Meter *meter, Team *team) {
    meter->began = nanoseconds();
    meter->seen = __atomic_load_n(&team->napped, __ATOMIC_RELAXED);
}

/* The threads have napped for a third of the time, taken together: they leave. All leave behind the same step: the next but one, since
 * every thread meets the others in the next, and so knows of it before. */
static void leave_if_busy(Meter *meter, Team *team, ptrdiff_t step) {
    const int64_t napped = __atomic_load_n(&team->napped, __ATOMIC_RELAXED);
    if (napped - meter->seen < NAPS_BETWEEN_LOOKS) return;
    meter->seen = napped;
    if (3 * napped > (nanoseconds() - meter->began) * team->threads)
        if (!__atomic_load_n(&team->last_step, __ATOMIC_RELAXED)) __atomic_store_n(&team->last_step, step + 1, __ATOMIC_RELEASE);
}

static int leaves(Team *team, ptrdiff_t step) {
    const int64_t last = __atomic_load_n(&team->last_step, __ATOMIC_ACQUIRE);
    return last && step >= last;
}
static ptrdiff_t take(ptrdiff_t *taken, ptrdiff_t more) { return __atomic_fetch_add(taken, more, __ATOMIC_RELAXED); }
#else
#define HAS_TEAMS 0
static void wait_for(Team *team) { (void)team; }
static void begin_meter(Meter *meter, Team *team) { (void)meter, (void)team; }
static void leave_if_busy(Meter *meter, Team *team, ptrdiff_t step) { (void)meter, (void)team, (void)step; }
static int leaves(Team *team, ptrdiff_t step) {
    (void)team, (void)step;
    return 0;
}
static ptrdiff_t take(ptrdiff_t *taken, ptrdiff_t more) { return (*taken += more) - more; }
#endif

#endif
