"""PyTorch as its users write it: a module, autograd and torch.optim.SGD, on tensors ready in memory."""

import torch

LABEL = "PyTorch, autograd"
FORM = "eager, nn.Linear, torch.optim.SGD(fused=True)"
PACKAGES = ("torch",)


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
        layers = [part for linear in linears for part in (linear, torch.nn.Sigmoid())]
        self.net = torch.nn.Sequential(*layers[:-1])  # the last sigmoid is in the cost
        decay = [
            {"params": [linear.weight for linear in linears], "weight_decay": work.lmbda / work.n},
            {"params": [linear.bias for linear in linears], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.SGD(decay, lr=work.eta, fused=True)

    def epoch(self):
        m, cost = self.work.mini_batch_size, torch.nn.functional.binary_cross_entropy_with_logits
        for rows in torch.randperm(self.work.n).split(m):
            self.optimizer.zero_grad()
            z = self.net(self.X.index_select(0, rows))
            (cost(z, self.Y.index_select(0, rows), reduction="sum") / m).backward()
            self.optimizer.step()

    def feedforward(self, X):
        with torch.no_grad():
            return torch.sigmoid(self.net(torch.from_numpy(X))).numpy()
