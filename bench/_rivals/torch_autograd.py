"""PyTorch as its users write it: a module, autograd and torch.optim, on tensors ready in memory."""

import torch

LABEL = "PyTorch, autograd"
FORM = "eager, nn.Linear, torch.optim.SGD or Adam, fused=True"
PACKAGES = ("torch",)
ACTIVATIONS = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
OUTPUTS = {"sigmoid": torch.sigmoid, "softmax": lambda z: torch.softmax(z, 1), "linear": lambda z: z}


def takes(work):
    return not work.filters


def mean_cost(output):
    """The mean cost of a mini-batch, from z of the output layer."""
    functional = torch.nn.functional
    if output == "softmax":
        return functional.cross_entropy
    if output == "linear":
        return lambda z, y: functional.mse_loss(z, y, reduction="sum") / (2 * len(y))
    return lambda z, y: functional.binary_cross_entropy_with_logits(z, y, reduction="sum") / len(y)


def optimizer(work, net):
    """The fused form of the rule; weights decay, biases do not."""
    groups = [
        {"params": [p for p in net.parameters() if p.ndim > 1], "weight_decay": work.lmbda / work.n},
        {"params": [p for p in net.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]
    rule = torch.optim.Adam if work.rule == "adam" else torch.optim.SGD
    return rule(groups, lr=work.eta, fused=True)


def batches(work, shuffle):
    """The rows of each mini-batch."""
    return (torch.randperm(work.n) if shuffle else torch.arange(work.n)).split(work.mini_batch_size)


class Trainer:
    def __init__(self, work, X, Y):
        torch.set_num_threads(work.threads)
        torch.manual_seed(work.seed)
        self.note = f"BLAS {'MKL' if torch.backends.mkl.is_available() else 'other'}"
        self.work, self.X, self.Y = work, torch.from_numpy(X), torch.from_numpy(Y)
        linears = [torch.nn.Linear(*fan) for fan in zip(work.sizes, work.sizes[1:], strict=False)]
        with torch.no_grad():
            for linear, b, w in zip(linears, *work.parameters(), strict=True):
                linear.bias.copy_(torch.from_numpy(b))
                linear.weight.copy_(torch.from_numpy(w))
        layers = [part for linear in linears for part in (linear, ACTIVATIONS[work.activation]())]
        self.net = torch.nn.Sequential(*layers[:-1])  # the output's activation is in the cost
        self.optimizer, self.cost, self.forward = optimizer(work, self.net), mean_cost(work.output), self.net

    def epochs(self, count, shuffle=True):
        steps, whole = 0, self.work.full_batch
        for _ in range(count):
            for rows in batches(self.work, shuffle):
                x, y = (t if whole else t.index_select(0, rows) for t in (self.X, self.Y))
                self.optimizer.zero_grad()
                self.cost(self.forward(x), y).backward()
                self.optimizer.step()
                steps += 1
        return steps

    def feedforward(self, X):
        with torch.no_grad():
            return OUTPUTS[self.work.output](self.net(torch.from_numpy(X))).numpy()
