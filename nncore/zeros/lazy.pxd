"""Rows of the first layer that wait: L2 and momentum where most inputs are zero (sparse.pxd).

Regularisation and momentum would touch every row of w at every step. Instead, a row that no example of the mini-batch uses is
left behind. It is brought up to date, several steps at once, just before it is next used and when training returns. For a row
without a gradient a step is linear,

  (w, v) <- M (w, v),   M = [[1 - c, mu], [-c, mu]],   c = eta lmbda/n          (mu = 0: w <- (1 - c) w alone)

so k steps are M^k; and a step with a gradient g is M (w, v + g/mu), or M (w + g/(1-c)) without momentum: g can be added before M.
So each row is brought up to date before it is read, and gets its gradient, divided by mu or by 1 - c, after.
"""
from libc.math cimport fabs
from libc.string cimport memset

from nncore.machine.memory cimport offset
from nncore.machine.random cimport word
from nncore.machine.simd cimport WIDTH, load, lowest_bit, muladd, real, splat, store, vec
from nncore.equations.product cimport Matrix
from nncore.zeros.sparse cimport NonZeroInputs

cdef enum:
    POWERS = 32                     # M^1 .. M^32 are kept

cdef struct Power:                  # M^k
    double ww
    double wv
    double vw
    double vv

cdef struct LazyRows:               # what rows of w wait for
    double c                        # L2: eta lmbda/n
    double mu                       # momentum
    Py_ssize_t step                 # steps done
    Py_ssize_t* steps_seen          # (n_in,) how many of them a row has got
    word* needed                    # (words,) the rows that this mini-batch needs
    Power powers[POWERS + 1]        # M^0 .. M^POWERS

cdef inline Power times(Power a, Power b) noexcept nogil:
    """a b, as 2x2 matrices."""
    return Power(a.ww * b.ww + a.wv * b.vw, a.ww * b.wv + a.wv * b.vv,
                 a.vw * b.ww + a.vv * b.vw, a.vw * b.wv + a.vv * b.vv)

cdef inline bint rows_can_wait(double c, double mu) noexcept nogil:
    """Whether a gradient can be divided by mu, or by 1 - c, and no power of M overflows."""
    return fabs(1 - c) <= 4 and fabs(mu) <= 4 and fabs(mu if mu != 0 else 1 - c) > 1e-3

cdef inline void begin_lazy_rows(LazyRows* lazy, double c, double mu) noexcept nogil:
    """Compute the powers of M; no row waits yet. Without momentum v does not count, and M is (1 - c)."""
    cdef int k
    cdef Power one_step = Power(1 - c, mu, -c, mu) if mu != 0 else Power(1 - c, 0, 0, 0)
    lazy.c, lazy.mu, lazy.step = c, mu, 0
    lazy.powers[0] = Power(1, 0, 0, 1)
    for k in range(1, POWERS + 1):
        lazy.powers[k] = times(one_step, lazy.powers[k - 1])

cdef inline real gradient_divisor(const LazyRows* lazy) noexcept nogil:
    """What a gradient is divided by, since M is applied to it later: mu, or 1 - c without momentum."""
    return <real>(lazy.mu if lazy.mu != 0 else 1 - lazy.c)

cdef inline void catch_up(LazyRows* lazy, Py_ssize_t k, real* w_k, real* v_k, Py_ssize_t n) noexcept nogil:
    """Give row k, w_k and v_k (n,), the steps that it has waited for."""
    cdef Py_ssize_t behind = lazy.step - lazy.steps_seen[k], j
    cdef Power power
    cdef vec w, v
    lazy.steps_seen[k] = lazy.step
    while behind > 0:
        power = lazy.powers[min(behind, <Py_ssize_t>POWERS)]
        behind -= POWERS
        j = 0
        if lazy.mu == 0:
            while j < n:
                store(w_k + j, splat(<real>power.ww) * load(w_k + j))
                j += WIDTH
        else:
            while j < n:
                w, v = load(w_k + j), load(v_k + j)
                store(w_k + j, muladd(splat(<real>power.ww), w, splat(<real>power.wv) * v))
                store(v_k + j, muladd(splat(<real>power.vw), w, splat(<real>power.vv) * v))
                j += WIDTH

cdef inline void catch_up_all(LazyRows* lazy, Matrix w, real* v) noexcept nogil:
    """Bring every row of w (n_in, n) and v up to date. v lies as w does; it is NULL without momentum."""
    cdef Py_ssize_t k
    for k in range(w.rows):
        catch_up(lazy, k, w.x + k * w.row, offset(v, k * w.row), w.columns)

cdef inline void catch_up_needed(LazyRows* lazy, const NonZeroInputs* entries, Py_ssize_t m, Matrix w, real* v) noexcept nogil:
    """Bring the rows up to date that any of the m examples of a mini-batch has an input for."""
    cdef Py_ssize_t i, t, k, words = (w.rows + 63) // 64
    cdef word bits
    memset(lazy.needed, 0, words * sizeof(word))
    for i in range(m):
        for t in range(words):
            lazy.needed[t] |= entries[i].mask[t]
    for t in range(words):
        bits = lazy.needed[t]
        while bits:
            k = 64 * t + lowest_bit(bits)
            catch_up(lazy, k, w.x + k * w.row, offset(v, k * w.row), w.columns)
            bits &= bits - 1
