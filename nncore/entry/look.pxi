"""What numbers an array holds, in one look at each: the checks of a user's data ask for it."""
from nncore.machine.range cimport Range, range_of


def range_and_squares(const real[:, ::1] rows not None):
    """Return (lowest number, highest, sum of the squares). The sum is not finite if a number is not, or if it is too large."""
    cdef Py_ssize_t n = rows.shape[0] * rows.shape[1]
    cdef Range found
    if not n:
        raise ValueError(f"rows: shape ({rows.shape[0]}, {rows.shape[1]}) holds no number")
    check_aligned("rows", &rows[0, 0], sizeof(real))
    with nogil:
        found = range_of(&rows[0, 0], n)
    return found.low, found.high, found.squares


def zeros_and_ones(const real[:, ::1] rows not None):
    """Return (whether all numbers are 0 or 1, and if so whether each row has a single 1)."""
    cdef bint unit_vectors = True
    cdef Py_ssize_t i, j, ones
    cdef real x
    if rows.shape[0] and rows.shape[1]:
        check_aligned("rows", &rows[0, 0], sizeof(real))
    for i in range(rows.shape[0]):
        ones = 0
        for j in range(rows.shape[1]):
            x = rows[i, j]
            if x != 0 and x != 1:
                return False, False
            ones += x == 1
        unit_vectors = unit_vectors and ones == 1
    return True, unit_vectors


def labels_below(const Py_ssize_t[::1] labels not None, Py_ssize_t n):
    """Return whether all labels are 0 to n - 1."""
    cdef Py_ssize_t i
    if labels.shape[0]:
        check_aligned("labels", &labels[0], sizeof(Py_ssize_t))
    for i in range(labels.shape[0]):
        if not 0 <= labels[i] < n:
            return False
    return True
