"""One contestant a module, all with the same door: `LABEL`, `FORM`, `PACKAGES`, `takes(work)` and `Trainer`.

A `Trainer(work, X, Y)` gets X `(n, n_in)` and Y `(n, n_out)`, float32 and contiguous, and starts from
`work.parameters()`. `epochs(count, shuffle=True)` is what is timed; it returns the number of its steps.
`feedforward(X)` gives the output layer, one row for each row of X.
"""
