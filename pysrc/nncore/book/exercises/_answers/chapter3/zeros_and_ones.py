"""Start with a simpler problem: only the images of 0 and 1. (Chapter 3, "How to choose a neural
network's hyper-parameters?": broad strategy.)
"""

import argparse

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, validation, _ = nn.datasets.load_sample()
reached, accuracy, images = {}, {}, {}
for name, digits in (("0 and 1", (0, 1)), ("all ten", range(10))):
    few, evaluation = train.only(*digits), validation.only(*digits)
    net = nn.Network([784, 10], seed=0)
    monitor = nn.Monitor(every=100, examples=1000)
    history = net.SGD(few, 2, 10, 0.25, evaluation_data=evaluation, monitor=monitor)
    measured = zip(history.within_epochs["images"], history.within_epochs["evaluation_accuracy"], strict=True)
    reached[name] = next((seen for seen, right in measured if right >= 0.8), None)
    images[name], accuracy[name] = len(few), history.evaluation_accuracy[-1]
    print(
        f"{name}: {len(few)} images an epoch; 80 % right after {reached[name]} images; {accuracy[name]:.1%} "
        "after two epochs"
    )

share = images["0 and 1"] / images["all ten"]
print(
    f"Two digits are {share:.0%} of the data and much easier: a network that learns at all shows it at once."
)
print("If a network does not even learn this, look for a mistake before you tune anything.")


def check():
    assert reached["0 and 1"] < reached["all ten"] / 2
    assert accuracy["0 and 1"] > 0.98
    assert accuracy["all ten"] < 0.93
