"""One contestant a module, all with the same door: `LABEL`, `FORM`, `PACKAGES` and `Trainer(work, X, Y)`.

A Trainer gets X `(n, n_in)` and Y `(n, n_out)`, float32 and contiguous, and starts from `work.parameters()`.
Its `epoch()` is what is timed, shuffle included; `feedforward(X)` gives the output layer, one row for each.
"""
