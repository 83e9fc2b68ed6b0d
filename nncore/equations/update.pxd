"""The update rules, as a pass over gradients that were summed before: the general path (chapters 1 and 3).

  nabla C      = 1/m sum over the mini-batch of (BP3, BP4)  +  lmbda/n w  +  l1/n sgn(w)     (biases are not regularised)
  sgd          v = mu v - eta nabla C        w += v                  (chapter 3's momentum; mu = 0 is plain gradient descent)
  Nesterov     v = mu v - eta nabla C        w += mu v - eta nabla C     (w holds the point that is looked ahead to)
  Adam         v = mu v + (1 - mu) nabla C,  s = beta2 s + (1 - beta2) (nabla C)^2
               w -= eta v' / (sqrt(s') + epsilon),  v' = v / (1 - mu^t),  s' = s / (1 - beta2^t)
               (Kingma and Ba, "Adam", 2015, algorithm 1; t counts steps from 1)

Padding has w = nabla = v = s = 0, and every rule leaves it so.
"""
from libc.math cimport pow

from nncore.equations.product cimport Matrix
from nncore.machine.memory cimport offset
from nncore.machine.simd cimport WIDTH, load, muladd, real, splat, square_root, store, vec, where_less

cdef enum Kind:
    SGD
    NESTEROV
    ADAM

cdef struct UpdateRule:
    Kind kind
    double eta
    double lmbda_over_n             # L2
    double l1_over_n                # L1
    double mu                       # momentum; Adam's beta1
    double beta2
    double epsilon

cdef struct UpdateStep:             # a step of a rule
    const UpdateRule* rule
    real m                          # examples of the mini-batch
    real corrected_v                # Adam's 1 / (1 - mu^t), else 1
    real corrected_s                # Adam's 1 / (1 - beta2^t), else 1

cdef inline vec sign(vec w) noexcept nogil:
    return where_less(w, splat(0), splat(-1), where_less(splat(0), w, splat(1), splat(0)))

cdef inline UpdateStep step_of(const UpdateRule* rule, Py_ssize_t m, Py_ssize_t t) noexcept nogil:
    """The numbers of step t (from 1), over a mini-batch of m examples."""
    cdef UpdateStep step = UpdateStep(rule, m=<real>m, corrected_v=1, corrected_s=1)
    if rule.kind == ADAM:
        step.corrected_v, step.corrected_s = <real>(1 / (1 - pow(rule.mu, t))), <real>(1 / (1 - pow(rule.beta2, t)))
    return step

cdef inline void descend_row(const UpdateStep* step, real* w, const real* nabla, real* v, real* s, Py_ssize_t n,
                             bint regularised) noexcept nogil:
    """A step for n parameters, whole registers. v and s are NULL where the rule has none."""
    cdef const UpdateRule* rule = step.rule
    cdef Py_ssize_t i = 0
    cdef vec parameter, gradient, change, velocity
    while i < n:
        parameter = load(w + i)
        gradient = load(nabla + i) / splat(step.m)
        if regularised:
            gradient = muladd(splat(<real>rule.lmbda_over_n), parameter, gradient)
            gradient = muladd(splat(<real>rule.l1_over_n), sign(parameter), gradient)
        if rule.kind == ADAM:
            velocity = muladd(splat(<real>rule.mu), load(v + i), splat(<real>(1 - rule.mu)) * gradient)
            store(v + i, velocity)
            gradient = muladd(splat(<real>rule.beta2), load(s + i), splat(<real>(1 - rule.beta2)) * (gradient * gradient))
            store(s + i, gradient)
            change = square_root(splat(step.corrected_s) * gradient) + splat(<real>rule.epsilon)
            change = splat(<real>-rule.eta) * (splat(step.corrected_v) * velocity) / change
        else:
            change = splat(<real>-rule.eta) * gradient
            if v != NULL:
                velocity = muladd(splat(<real>rule.mu), load(v + i), change)
                store(v + i, velocity)
                change = velocity if rule.kind == SGD else muladd(splat(<real>rule.mu), velocity, change)
        store(w + i, parameter + change)
        i += WIDTH

cdef inline void descend(const UpdateStep* step, Matrix w, const real* nabla, real* v, real* s, bint regularised) noexcept nogil:
    """A step for the parameters w, rows of whole registers; nabla, v and s lie as w does."""
    cdef Py_ssize_t r
    for r in range(w.rows):
        descend_row(step, w.x + r * w.row, nabla + r * w.row, offset(v, r * w.row), offset(s, r * w.row), w.columns, regularised)
