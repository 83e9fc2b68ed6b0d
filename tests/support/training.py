"""One way for tests to go through the core's entry points on a network: examples, training, gradients."""

import numpy as np

from nncore import _validation


def data_for(net, data, listed=False):
    """Examples as the kernels take them, with any targets: what they mean is not the kernels' to check.

    If `listed`, the first layer reads their non-zero inputs alone.
    """
    examples = net._prepare(_validation.examples("data", data, net._interface.without_cost()))
    if listed:
        assert examples.list_entries(1.0)
    return examples


def rule_and_state(net, rule):
    """The kernels' Rule, from its arguments (kind "sgd" unless given), and zeros for what it remembers."""
    rule = net._kernels.Rule(**{"kind": "sgd"} | rule) if isinstance(rule, dict) else rule
    return rule, np.zeros(rule.states * net._program.size, net.dtype)


def train(net, data, order, mini_batch_size, rule, state=None, step=0, listed=False):
    """Train the network's parameters in one call of the kernels; returns what the rule remembers.

    order : the examples to go through
    rule  : a Rule, or its arguments
    state : what the rule remembered at the end of the call before; zeros if None; changed in place
    step  : number of mini-batches before this call
    """
    rule, zeros = rule_and_state(net, rule)
    state = zeros if state is None else state
    order = np.ascontiguousarray(order, np.intp)
    examples = data_for(net, data, listed)
    net._kernels.train(
        net._program, net.parameters, examples, order, mini_batch_size, rule, state=(state, step)
    )
    return state


def gradient_vector(net, data, masks=None):
    """The gradient, summed over the examples, in a vector laid out as the parameters. It was NaN before."""
    nabla = np.full_like(net.parameters, np.nan)
    net._kernels.backprop(net._program, net.parameters, data_for(net, data), nabla, masks)
    return nabla
