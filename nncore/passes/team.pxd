"""A team: threads that go through a mini-batch together.

Every thread runs the same passes over the same buffers. It does its share of each step - of the examples, or of the neurons of a
layer - and waits for the others where it will read what they wrote. Shares only say who computes a number, never how: each is one
sum of one thread, in an order that the layers decide, so the parameters are the same bits whatever the number of threads.

A thread that waits looks for some ten microseconds, and then sleeps between looks: the machine may be shared, and whoever sleeps is
woken before whoever yields.
"""
cdef extern from *:
    """
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
    typedef struct { int threads, arrived, round; } Team;
    static void wait_for(Team *team) {
        const int round = __atomic_load_n(&team->round, __ATOMIC_RELAXED), looks = 3000;
        if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) == team->threads) { /* the last one lets all go on */
            __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
            __atomic_store_n(&team->round, round + 1, __ATOMIC_RELEASE);
            return;
        }
        for (long i = 0; __atomic_load_n(&team->round, __ATOMIC_ACQUIRE) == round; i++) {
            const struct timespec a_little = {0, 20000};
            if (i < looks)
                pause_core();
            else
                nanosleep(&a_little, NULL);
        }
    }
    #else
    #define HAS_TEAMS 0
    typedef struct { int threads, arrived, round; } Team;
    static void wait_for(Team *team) { (void)team; }
    #endif
    """
    bint HAS_TEAMS                  # where there are none, a network trains in one thread: to the same bits
    ctypedef struct Team:
        int threads
        int arrived                 # threads that wait
        int round                   # how often all have met
    void wait_for(Team* team) noexcept nogil

cdef struct Share:                  # from first to before end
    Py_ssize_t first
    Py_ssize_t end

cdef inline void wait(Team* team) noexcept nogil:
    """Until all threads of the team are here; NULL is a team of one."""
    if team != NULL:
        wait_for(team)

cdef inline Share share_of(const Team* team, Py_ssize_t rank, Py_ssize_t n, Py_ssize_t unit) noexcept nogil:
    """What thread `rank` does of n things, in whole units, the last of which may be shorter."""
    cdef Py_ssize_t units = (n + unit - 1) // unit
    if team == NULL:
        return Share(0, n)
    return Share(min(n, units * rank // team.threads * unit), min(n, units * (rank + 1) // team.threads * unit))
