"""The network of `torch_conv`, forward and back, through torch.compile."""

import torch

from . import torch_conv

LABEL = "PyTorch, torch.compile"
PACKAGES = ("torch",)
FORM = "torch.compile of the network, otherwise as with autograd"

takes = torch_conv.takes


class Trainer(torch_conv.Trainer):
    forms = tuple(torch_conv.LAYOUTS)

    def prepared(self, net):
        torch._dynamo.reset()  # of the form before
        return torch.compile(net)
