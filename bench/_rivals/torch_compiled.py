"""The network of `torch_autograd`, forward and back, through torch.compile."""

import torch

from . import torch_autograd

LABEL = "PyTorch, torch.compile"
PACKAGES = ("torch",)
FORM = "torch.compile of the network, otherwise as with autograd"
takes = torch_autograd.takes


class Trainer(torch_autograd.Trainer):
    def __init__(self, work, X, Y):
        super().__init__(work, X, Y)
        torch._dynamo.reset()  # of the workload before
        self.forward = torch.compile(self.net)
