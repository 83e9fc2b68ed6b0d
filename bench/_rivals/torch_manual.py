"""PyTorch without autograd: the book's equations in operations in place, the loop in TorchScript."""

import warnings

import torch

from .torch_autograd import OUTPUTS, takes  # noqa: F401

LABEL = "PyTorch, by hand"
FORM = "no autograd: addmm and addmm_ into buffers, the loop over the epochs in TorchScript"
PACKAGES = ("torch",)
Tensors = list[torch.Tensor]


def activate(name: str, z: torch.Tensor):
    if name == "sigmoid":
        torch.sigmoid_(z)
    elif name == "tanh":
        torch.tanh_(z)
    elif name == "relu":
        torch.relu_(z)
    elif name == "softmax":
        torch.softmax(z, 1, out=z)


def times_prime(name: str, delta: torch.Tensor, a: torch.Tensor):
    if name == "sigmoid":
        torch.ops.aten.sigmoid_backward(delta, a, grad_input=delta)
    elif name == "tanh":
        torch.ops.aten.tanh_backward(delta, a, grad_input=delta)
    else:
        torch.ops.aten.threshold_backward(delta, a, 0.0, grad_input=delta)


def adam(state: Tensors, t: int, eta: float):
    """One step for all parameters at once: they are views of one vector."""
    p, nabla, v, s, root = state
    v.lerp_(nabla, 0.1)
    s.mul_(0.999).addcmul_(nabla, nabla, value=0.001)
    torch.sqrt(s, out=root)
    root.mul_(1.0 / (1.0 - 0.999**t) ** 0.5).add_(1e-8)
    p.addcdiv_(v, root, value=-eta / (1.0 - 0.9**t))


def train_epochs(
    X: torch.Tensor,
    Y: torch.Tensor,
    biases: Tensors,
    weights: Tensors,
    nablas_b: Tensors,
    nablas_w: Tensors,
    state: Tensors,
    a: Tensors,
    delta: Tensors,
    y: torch.Tensor,
    ones: torch.Tensor,
    activation: str,
    output: str,
    m: int,
    eta: float,
    decay: float,
    is_adam: bool,
    t: int,
    count: int,
    shuffle: bool,
):
    last, n, step = len(weights), X.size(0), eta / m
    weights_T = [w.t() for w in weights]
    delta_T = [d.t() for d in delta]
    if m == n:
        a[0], y = X, Y
    for _ in range(count):
        order = torch.randperm(n) if shuffle else torch.arange(n)
        for rows in order.split(m):
            if m < n:
                torch.index_select(X, 0, rows, out=a[0])
                torch.index_select(Y, 0, rows, out=y)
            for layer in range(last):
                torch.addmm(biases[layer], a[layer], weights_T[layer], out=a[layer + 1])
                activate(activation if layer < last - 1 else output, a[layer + 1])
            torch.sub(a[last], y, out=delta[last])
            if is_adam:
                delta[last].mul_(1.0 / m)
            for i in range(last):
                layer = last - 1 - i
                if layer > 0:
                    torch.mm(delta[layer + 1], weights[layer], out=delta[layer])
                    times_prime(activation, delta[layer], a[layer])
                if is_adam:
                    torch.mm(delta_T[layer + 1], a[layer], out=nablas_w[layer])
                    torch.mv(delta_T[layer + 1], ones, out=nablas_b[layer])
                else:
                    weights[layer].addmm_(delta_T[layer + 1], a[layer], beta=decay, alpha=-step)
                    biases[layer].addmv_(delta_T[layer + 1], ones, alpha=-step)
            t += 1
            if is_adam:
                adam(state, t, eta)
    return t


def scripted():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TorchScript is old, but the fastest
        return torch.jit.script(train_epochs)


class Trainer:
    def __init__(self, work, X, Y):
        torch.set_num_threads(work.threads)
        torch.manual_seed(work.seed)
        self.note = f"BLAS {'MKL' if torch.backends.mkl.is_available() else 'other'}"
        self.work, self.steps, (biases, weights) = work, 0, work.parameters()
        m, k, start = work.mini_batch_size, len(biases), [torch.from_numpy(p) for p in (*biases, *weights)]
        # Parameters, gradients, Adam's v and s, and a buffer: a vector each, and pieces of the first two.
        state = [torch.cat([p.flatten() for p in start])]
        state += [torch.zeros_like(state[0]) for _ in range(4)]
        lengths = [p.numel() for p in start]
        parameters, nablas = (
            [piece.view_as(p) for piece, p in zip(vector.split(lengths), start, strict=True)]
            for vector in state[:2]
        )
        self.biases, self.weights = parameters[:k], parameters[k:]
        a, delta = [[torch.empty(m, size) for size in work.sizes] for _ in range(2)]
        self.arguments = (
            torch.from_numpy(X),
            torch.from_numpy(Y),
            self.biases,
            self.weights,
            nablas[:k],
            nablas[k:],
            state,
            a,
            delta,
            torch.empty(m, work.sizes[-1]),
            torch.ones(m),
            work.activation,
            work.output,
            m,
            work.eta,
            work.decay,
            work.rule == "adam",
        )
        self.train_epochs = scripted()

    def epochs(self, count, shuffle=True):
        before = self.steps
        with torch.inference_mode():
            self.steps = self.train_epochs(*self.arguments, self.steps, count, shuffle)
        return self.steps - before

    def feedforward(self, X):
        a, work = torch.from_numpy(X), self.work
        with torch.no_grad():
            for layer, (b, w) in enumerate(zip(self.biases, self.weights, strict=True)):
                z = torch.addmm(b, a, w.t())
                a = z.clone()
                activate(work.activation if layer < len(self.weights) - 1 else work.output, a)
        return a.numpy()
