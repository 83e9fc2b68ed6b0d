"""The core's entry points with arrays alone, without a network.

For tests of the memory that they read and write.
"""


def layers_of(*layers):
    """Rows of (n_prev, n, activation) as a Program takes them, with no dropout."""
    return [(*layer, 0.0) for layer in layers]


def train_with(kernels, program, parameters, data, order, rule=None, mini_batch_size=2, state=None):
    """Train the parameters by a rule of SGD, given as its arguments."""
    rule = kernels.Rule(**{"kind": "sgd", "eta": 0.1} | (rule or {}))
    kernels.train(program, parameters, data, order, mini_batch_size, rule, state)
