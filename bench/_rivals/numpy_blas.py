"""The NumPy form, but for its update: BLAS adds the gradient to the weights in one call, through SciPy."""

from scipy.linalg.blas import sgemm

from . import numpy_matrix

LABEL = "NumPy, with SciPy's sgemm"
FORM = "the same, the update one sgemm in place: w = decay w - delta.T a"
PACKAGES = ("numpy", "scipy")


class Trainer(numpy_matrix.Trainer):
    def prepare_update(self):
        decay = self.work.decay

        def update(w, delta, a, layer):
            # BLAS counts columns first, so what it updates in place is w.T = a.T delta.
            sgemm(-1.0, a.T, delta.T, decay, w.T, trans_b=1, overwrite_c=1)

        self.update = update
