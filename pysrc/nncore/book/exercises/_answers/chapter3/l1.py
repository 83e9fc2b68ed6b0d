"""Use L1 regularisation for 30 hidden neurons. Is there a value of the parameter that beats no
regularisation, and what does L1 do to the weights? (Chapter 3, "Handwriting recognition revisited: the
code".)
"""

import argparse

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, validation, _ = nn.datasets.load_sample()
accuracy, small = {}, {}
for init in ("large", "scaled"):
    for penalty in ({}, {"l1": 0.3}, {"l1": 1.0}, {"lmbda": 1.0}):
        net = nn.Network([784, 30, 10], init=init, seed=0)
        net.SGD(train[:1000], 100, 10, 0.25, **penalty)
        name = init, *penalty.items()
        accuracy[name] = net.accuracy(validation)
        small[name] = float((abs(net.weights[0]) < 0.01).mean())
        words = ", ".join(f"{key} = {value}" for key, value in penalty.items()) or "no penalty"
        print(
            f"{init:6} weights, {words:11}: {accuracy[name]:.1%}; {small[name]:4.0%} of the first weights "
            "within 0.01 of 0"
        )

print(
    "From N(0, 1) weights, L1 is much better than no penalty. From the smaller first weights it gains\n"
    "nothing. At each step L1 makes every weight smaller by the same amount, L2 in proportion to its size.\n"
    "So L1 keeps a few weights and takes the others to 0, and L2 makes all of them smaller."
)


def check():
    none, l1, l2 = (), ("l1", 1.0), ("lmbda", 1.0)
    assert accuracy["large", l1] > accuracy[("large", *none)] + 0.03
    assert accuracy["scaled", l1] < accuracy[("scaled", *none)] + 0.01
    assert small["large", l1] > 0.7
    assert small["large", l2] < 0.2
    assert small[("large", *none)] < 0.05
