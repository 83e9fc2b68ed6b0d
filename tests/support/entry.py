"""The core's entry points with arrays alone, without a network.

For tests of the memory that they read and write.
"""


def program_of(kernels, n_in, *layers, cost="log-likelihood"):
    """A program of dense layers, each given as (n, activation) or (n, activation, dropout)."""
    program = kernels.Program(n_in, cost)
    for n, activation, *dropout in layers:
        program.add_dense(n, activation=activation, dropout=dropout[0] if dropout else 0.0)
    program.complete()
    return program


def train_with(kernels, program, parameters, data, order, rule=None, mini_batch_size=2, state=None):
    """Train the parameters by a rule of SGD, given as its arguments."""
    rule = kernels.Rule(**{"kind": "sgd", "eta": 0.1} | (rule or {}))
    kernels.train(program, parameters, data, order, mini_batch_size, rule, state=(state, 0))
