"""Make the ONNX files of this folder, with what their networks answer: x and y of each, in answers-*.npz.

python export.py pytorch                              needs torch, onnx and onnxscript
KERAS_BACKEND=torch python export.py keras            needs keras and torch
KERAS_BACKEND=tensorflow python export.py keras       needs keras, tensorflow-cpu and tf2onnx
"""

import os
import sys
from pathlib import Path

import numpy as np
import onnx

FOLDER = Path(__file__).parent


def finish(name, answers, x, y):
    """Take out what exporters say of this machine, and keep what the network answers."""
    path = FOLDER / f"{name}.onnx"
    model = onnx.load(path)
    for value in (
        *model.graph.node,
        *model.graph.input,
        *model.graph.output,
        *model.graph.value_info,
        model.graph,
    ):
        del value.metadata_props[:]
        value.doc_string = ""
    onnx.save(model, path)
    answers[f"{name}_x"], answers[f"{name}_y"] = x.astype(np.float32), y.astype(np.float32)
    print(name, path.stat().st_size)


def pytorch():
    import torch
    from torch import nn

    class Model(nn.Module):
        """A network as PyTorch's tutorials write it."""

        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 2, 3, padding=1)
            self.fc1 = nn.Linear(2 * 4 * 4, 5)
            self.fc2 = nn.Linear(5, 3, bias=False)

        def forward(self, x):
            x = torch.relu(nn.functional.max_pool2d(self.conv1(x), 2))  # pooling before the activation
            x = x.view(x.size(0), -1)
            return self.fc2(torch.tanh(self.fc1(x)))

    torch.manual_seed(0)
    dense = [nn.Linear(6, 5), nn.Sigmoid(), nn.Dropout(0.5), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)]
    first = [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 3, 2, padding="same"), nn.Sigmoid()]
    last = [nn.Flatten(), nn.Linear(27, 4), nn.ReLU(), nn.Linear(4, 3), nn.Softmax(dim=1)]
    answers = {}
    for name, model, shape in (
        ("dense", nn.Sequential(*dense, nn.Softmax(dim=1)), (6,)),
        ("conv", nn.Sequential(*first, *last), (1, 8, 8)),
        ("model", Model(), (1, 8, 8)),
    ):
        model.eval()
        x = torch.randn(5, *shape)
        y = model(x).detach().numpy()
        torch.onnx.export(
            model,
            (x,),
            FOLDER / f"torchscript-{name}.onnx",
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": [0]},
        )
        finish(f"torchscript-{name}", answers, x.numpy(), y)
        shapes = ({0: torch.export.Dim("N")},)
        path = FOLDER / f"dynamo-{name}.onnx"
        torch.onnx.export(model, (x,), path, dynamo=True, external_data=False, dynamic_shapes=shapes)
        finish(f"dynamo-{name}", answers, x.numpy(), y)
    np.savez(FOLDER / "answers-pytorch.npz", **answers)


def keras():
    import keras
    from keras import layers as L

    dense = [L.Dense(5, "sigmoid"), L.Dropout(0.5), L.Dense(4, "tanh"), L.Dense(3, "softmax")]
    conv = [
        L.Conv2D(2, 3, activation="relu"),
        L.MaxPooling2D(2),
        L.Conv2D(3, 3, padding="same", activation="sigmoid"),
        L.Flatten(),
        L.Dense(4, "relu"),
        L.Dense(3, "softmax"),
    ]
    grey = [
        L.Conv2D(2, 3),
        L.MaxPooling2D(2),
        L.Conv2D(3, 2, padding="same"),
        L.Flatten(),
        L.Dense(3, "sigmoid"),
    ]
    flat = [L.Flatten(), L.Dense(4, "relu"), L.Dense(3)]
    answers, rng, backend = {}, np.random.default_rng(0), keras.backend.backend()
    for name, layers, shape in (
        ("dense", dense, (6,)),
        ("conv", conv, (8, 9, 2)),
        ("grey", grey, (8, 9, 1)),
        ("flat", flat, (4, 5)),
    ):
        model = keras.Sequential([keras.Input(shape), *layers])
        x = rng.standard_normal((5, *shape)).astype(np.float32)
        for layer in model.layers:
            for weights in layer.weights:  # biases, too, which begin as 0
                if "seed" not in weights.path:
                    weights.assign(rng.standard_normal(weights.shape))
        y = keras.ops.convert_to_numpy(model(x))
        model.export(FOLDER / f"keras-{backend}-{name}.onnx", format="onnx", verbose=False)
        finish(f"keras-{backend}-{name}", answers, x, y)
    np.savez(FOLDER / f"answers-keras-{backend}.npz", **answers)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    {"pytorch": pytorch, "keras": keras}[sys.argv[1]]()
