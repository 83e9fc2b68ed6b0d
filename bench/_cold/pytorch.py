"""PyTorch, cold: `python -m _cold.pytorch RECIPE`, a recipe in JSON; with "pilot", only some mini-batches.

A network of convolutions has the form "contiguous", "channels last", or "windows", where the first
convolution is one product over all windows. A dense network has one form.
"""

import itertools
import json
import sys
import time

import torch

from nncore import datasets


class Windows(torch.nn.Conv2d):
    def forward(self, a):
        height, width = self.kernel_size
        seen = a.unfold(2, height, 1).unfold(3, width, 1).permute(0, 2, 3, 1, 4, 5)
        z = torch.addmm(self.bias, seen.flatten(3).flatten(0, 2), self.weight.flatten(1).t())
        return z.view(*seen.shape[:3], -1).permute(0, 3, 1, 2)


def network(recipe):
    modules, maps, side = [], 1, 28
    for n in recipe["filters"]:
        convolution = Windows if recipe["form"] == "windows" and maps == 1 else torch.nn.Conv2d
        modules += [convolution(maps, n, 5), torch.nn.MaxPool2d(2), torch.nn.ReLU()]
        maps, side = n, (side - 4) // 2
    modules.append(torch.nn.Flatten())
    sizes = [maps * side * side, *recipe["hidden"], 10]
    for n_in, n_out in itertools.pairwise(sizes):
        modules += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    net = torch.nn.Sequential(*modules[:-1])
    for p in net.parameters():
        if p.ndim > 1:
            torch.nn.init.kaiming_normal_(p, nonlinearity="relu")
        else:
            torch.nn.init.zeros_(p)
    return net


def tensors(dataset, layout):
    X = torch.from_numpy(dataset.to_float()).view(-1, 1, 28, 28).contiguous(memory_format=layout)
    return X, torch.from_numpy(dataset.labels.copy()).long()


def main(recipe):
    torch.manual_seed(recipe["seed"])
    torch.set_num_threads(recipe["threads"])
    torch.set_flush_denormal(True)
    layout = torch.contiguous_format if recipe["form"] == "contiguous" else torch.channels_last
    load = datasets.load_sample if recipe["data"] == "sample" else datasets.load_mnist
    training, _, test = load()
    training = training[: recipe["examples"]]
    X, y = tensors(training, layout)
    net = network(recipe).to(memory_format=layout)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=recipe["momentum"], fused=True)
    cost, m, most = torch.nn.functional.cross_entropy, recipe["mini_batch_size"], recipe.get("pilot")
    for eta in recipe["etas"][: 1 if most else None]:
        optimizer.param_groups[0]["lr"] = eta
        for number, rows in enumerate(torch.randperm(len(X)).split(m)[:most]):
            if number == 20:  # warm
                begin = time.perf_counter()
            optimizer.zero_grad()
            cost(net(X.index_select(0, rows)), y.index_select(0, rows)).backward()
            optimizer.step()
    if most:
        print(time.perf_counter() - begin, flush=True)
        return
    net.eval()
    X_test, y_test = tensors(test, layout)
    with torch.inference_mode():
        right = sum(
            (net(x).argmax(1) == labels).sum().item()
            for x, labels in zip(X_test.split(500), y_test.split(500), strict=True)
        )
    print(right / len(y_test), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
