"""PyTorch as its users write chapter 6: modules, autograd and torch.optim.SGD; the fastest of some forms."""

import time

import torch

from .torch_autograd import batches, optimizer

LABEL = "PyTorch, autograd"
PACKAGES = ("torch",)
FORM = "eager, torch.optim with fused=True, pooled before the activation, denormals flushed, oneDNN"
ACTIVATIONS = {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}
LAYOUTS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}
TRIED = 500  # images, to choose the form by


def takes(work):
    return bool(work.filters)


class Windows(torch.nn.Conv2d):
    """A convolution as one product over all windows: with a single channel this can be faster."""

    def forward(self, a):
        height, width = self.kernel_size
        seen = a.unfold(2, height, 1).unfold(3, width, 1).permute(0, 2, 3, 1, 4, 5)
        z = torch.addmm(self.bias, seen.flatten(3).flatten(0, 2), self.weight.flatten(1).t())
        return z.view(*seen.shape[:3], -1).permute(0, 3, 1, 2)


class Trainer:
    forms = (*LAYOUTS, "windows")  # of the first convolution, the others channels last

    def __init__(self, work, X, Y):
        torch.set_num_threads(work.threads)
        torch.set_flush_denormal(True)
        self.work = work
        self.X, self.Y = torch.from_numpy(X).view(-1, 1, 28, 28), torch.from_numpy(Y)
        seconds = dict.fromkeys(self.forms, float("inf"))
        few = max(2, TRIED // work.mini_batch_size)
        for form in self.forms:
            self.build(form)
            self.steps(3)  # compiled, where it is
            for _ in range(2):
                start = time.perf_counter()
                self.steps(few)
                seconds[form] = min(seconds[form], time.perf_counter() - start)
        best = min(seconds, key=seconds.get)
        self.build(best)
        per_image = {form: 1e6 * s / min(few * work.mini_batch_size, work.n) for form, s in seconds.items()}
        told = ", ".join(f"{form} {us:.0f}" for form, us in per_image.items())
        self.note = f"us an image in a trial: {told}; {best} stayed"

    def build(self, form):
        work, modules = self.work, []
        self.layout = LAYOUTS.get(form, torch.channels_last)
        with torch.no_grad():
            for l, (b, w) in enumerate(zip(*map(list, work.parameters()), strict=True)):
                if w.ndim == 4:
                    convolution = Windows if form == "windows" and l == 0 else torch.nn.Conv2d
                    layer = convolution(w.shape[1], w.shape[0], w.shape[2:])
                    modules += [layer, torch.nn.MaxPool2d(2)]
                else:
                    layer = torch.nn.Linear(w.shape[1], w.shape[0])
                    modules += [torch.nn.Flatten()] * (l == len(work.filters))
                    modules += [torch.nn.Dropout(work.dropout)] * bool(work.dropout) + [layer]
                layer.bias.copy_(torch.from_numpy(b))
                layer.weight.copy_(torch.from_numpy(w))
                modules.append(ACTIVATIONS[work.activation]())
        self.net = torch.nn.Sequential(*modules[:-1]).to(memory_format=self.layout)  # softmax is in the cost
        self.optimizer = optimizer(work, self.net)
        self.forward = self.prepared(self.net)
        torch.manual_seed(work.seed)

    def prepared(self, net):
        return net

    def epochs(self, count, shuffle=True):
        return sum(self.steps(shuffle=shuffle) for _ in range(count))

    def steps(self, most=None, shuffle=True):
        """Train an epoch, or its first mini-batches."""
        cost, chosen = torch.nn.functional.cross_entropy, batches(self.work, shuffle)[:most]
        for rows in chosen:
            self.optimizer.zero_grad()
            x = self.X.index_select(0, rows).contiguous(memory_format=self.layout)
            cost(self.forward(x), self.Y.index_select(0, rows)).backward()
            self.optimizer.step()
        return len(chosen)

    def feedforward(self, X):
        self.net.eval()
        with torch.no_grad():
            parts = torch.from_numpy(X).view(-1, 1, 28, 28).split(100)
            outputs = torch.cat([torch.softmax(self.net(x), 1) for x in parts]).numpy()
        self.net.train()
        return outputs
