"""PyTorch without autograd: the book's equations in operations in place, the loop in TorchScript."""

import warnings

import torch

LABEL = "PyTorch, by hand"
FORM = "no autograd: addmm and addmm_ into buffers, the epoch's loop in TorchScript"
PACKAGES = ("torch",)
Tensors = list[torch.Tensor]


def train_epoch(
    X: torch.Tensor,
    Y: torch.Tensor,
    biases: Tensors,
    weights: Tensors,
    weights_T: Tensors,
    a: Tensors,
    delta: Tensors,
    delta_T: Tensors,
    y: torch.Tensor,
    ones: torch.Tensor,
    m: int,
    step: float,
    decay: float,
):
    last = len(weights)
    for rows in torch.randperm(X.size(0)).split(m):
        torch.index_select(X, 0, rows, out=a[0])
        torch.index_select(Y, 0, rows, out=y)
        for layer in range(last):
            torch.addmm(biases[layer], a[layer], weights_T[layer], out=a[layer + 1])
            torch.sigmoid_(a[layer + 1])
        torch.sub(a[last], y, out=delta[last])
        for i in range(last):
            layer = last - 1 - i
            if layer > 0:
                torch.mm(delta[layer + 1], weights[layer], out=delta[layer])
                torch.ops.aten.sigmoid_backward(delta[layer], a[layer], grad_input=delta[layer])
            weights[layer].addmm_(delta_T[layer + 1], a[layer], beta=decay, alpha=-step)
            biases[layer].addmv_(delta_T[layer + 1], ones, alpha=-step)


class Trainer:
    def __init__(self, work, X, Y):
        torch.set_num_threads(work.threads)
        torch.manual_seed(work.seed)
        self.note = f"BLAS {'MKL' if torch.backends.mkl.is_available() else 'other'}"
        m, biases, weights = work.mini_batch_size, *work.parameters()
        self.biases = [torch.from_numpy(b) for b in biases]
        self.weights = [torch.from_numpy(w) for w in weights]
        a, delta = [[torch.empty(m, size) for size in work.sizes] for _ in range(2)]
        self.arguments = (
            torch.from_numpy(X),
            torch.from_numpy(Y),
            self.biases,
            self.weights,
            [w.t() for w in self.weights],
            a,
            delta,
            [t.t() for t in delta],
            torch.empty(m, work.sizes[-1]),
            torch.ones(m),
            m,
            work.step,
            work.decay,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript is old, but the fastest
            self.train_epoch = torch.jit.script(train_epoch)

    def epoch(self):
        with torch.inference_mode():
            self.train_epoch(*self.arguments)

    def feedforward(self, X):
        a = torch.from_numpy(X)
        for b, w in zip(self.biases, self.weights, strict=True):
            a = torch.sigmoid(torch.addmm(b, a, w.t()))
        return a.numpy()
