"""The update rules, as a pass over gradients that were summed before: the general path (chapters 1 and 3).

  nabla C      = 1/m sum over the mini-batch of (BP3, BP4)  +  lmbda/n w  +  l1/n sgn(w)      (biases are not regularised)
  momentum     v = mu v - eta nabla C            w += v                     (mu = 0 is plain gradient descent)

Padding has w = nabla = v = 0, and every rule leaves it so. The fused path (backprop.pxd) does the same in one product.
"""
from nncore.simd cimport WIDTH, load, muladd, real, splat, store, vec, where_less

cdef struct Rule:
    real eta
    real lmbda_over_n               # L2
    real l1_over_n                  # L1
    real mu                         # momentum

cdef inline vec sign(vec w) noexcept nogil:
    return where_less(w, splat(0), splat(-1), where_less(splat(0), w, splat(1), splat(0)))

cdef inline void descend(const Rule* rule, real* w, const real* nabla, real* v, Py_ssize_t count,
                         Py_ssize_t m, bint regularised) noexcept nogil:
    """One step for `count` parameters. v is NULL where there is no momentum."""
    cdef Py_ssize_t i = 0
    cdef vec parameter, gradient, step
    while i < count:
        parameter = load(w + i)
        gradient = load(nabla + i) / splat(<real>m)
        if regularised:
            gradient = muladd(splat(rule.lmbda_over_n), parameter, gradient)
            gradient = muladd(splat(rule.l1_over_n), sign(parameter), gradient)
        step = -splat(rule.eta) * gradient
        if v != NULL:
            step = muladd(splat(rule.mu), load(v + i), step)
            store(v + i, step)
        store(w + i, parameter + step)
        i += WIDTH
