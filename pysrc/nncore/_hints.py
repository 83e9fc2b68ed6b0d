"""This module says what to type in nncore instead of a name that people know from other libraries.

Whoever writes ``net.fit(X, y)`` gets an AttributeError that shows the line to type. Each hint is such a line,
and perhaps a remark after "#". The tests run every line, with `net` a network, `training_data`, `data` and
(X, y) examples, and `path` the name of a file.
"""

import inspect
import re
from collections.abc import Sequence
from typing import Any

# The default of an argument that must be given. Without one, Python would refuse a call with lr= in the place
# of eta before the hint for lr= is found. `inspect.signature`, and so help(), shows no default.
NEEDED: Any = inspect.Parameter.empty

TRAIN = "net.SGD(training_data, epochs=30, mini_batch_size=10, eta=0.5)"
CREATE = "net = nn.Network([784, 30, 10])"
NO_LAYER = "nn.Network([nn.Conv2D(20, 5), nn.Softmax(10)], input_shape=(1, 28, 28))"
ADAM = f"{TRAIN[:-4]}0.001, rule=nn.rules.Adam())"
STOP = f"{TRAIN[:-1]}, evaluation_data=data, stop=nn.stopping.NoImprovement(10))"
SCHEDULE = f"{TRAIN[:-1]}, schedule=nn.schedules.Step(10, 0.5))"

# For attributes of a network.
NETWORK = {
    "fit": TRAIN,
    "train": TRAIN,
    "learn": TRAIN,
    "sgd": TRAIN,
    "partial_fit": f"{TRAIN}  # called again, it trains on",
    "fit_transform": f"{TRAIN}; net.feedforward(X)",
    "fit_predict": f"{TRAIN}; net.predict(X)",
    "train_on_batch": "net.SGD((X, y), epochs=1, mini_batch_size=len(X), eta=0.5)  # one step",
    "update_mini_batch": "net.SGD((X, y), epochs=1, mini_batch_size=len(X), eta=0.5)  # one step",
    "step": "net.SGD((X, y), epochs=1, mini_batch_size=len(X), eta=0.5)  # one step",
    "compile": 'net = nn.Network([784, 30, 10], cost="cross-entropy")  # eta and the rule go to net.SGD',
    "optimizer": ADAM,
    "evaluate": "net.accuracy(data), net.cost(data)",
    "score": "net.accuracy((X, y))",
    "loss": "net.cost(data)",
    "total_cost": "net.cost(data, lmbda=5.0)",
    "loss_": "net.history.training_cost[-1]  # after net.SGD(..., monitor='training_cost')",
    "loss_curve_": "net.history.training_cost  # after net.SGD(..., monitor='training_cost')",
    "n_iter_": "net.epochs_trained",
    "forward": "net.feedforward(X)",
    "feed_forward": "net.feedforward(X)",
    "transform": "net.feedforward(X)",
    "predict_proba": "net.feedforward(X)",
    "decision_function": "net.feedforward(X)",
    "predict_classes": "net.predict(X)",
    "classify": "net.predict(X)",
    "backward": "nabla_b, nabla_w = net.backprop(X, y)",
    "backpropagate": "nabla_b, nabla_w = net.backprop(X, y)",
    "gradient": "nabla_b, nabla_w = net.backprop(X, y)",
    "zero_grad": "nabla_b, nabla_w = net.backprop(X, y)  # a new sum at each call: nothing to reset",
    "layers_": "net.layers",
    "coefs_": "net.weights",
    "intercepts_": "net.biases",
    "get_weights": "net.weights, net.biases",
    "set_weights": "net.weights = [w for w in net.weights]  # one array for each layer; they are copied in",
    "get_params": "net.layers, net.cost_name, net.seed  # its parameters are net.weights and net.biases",
    "set_params": "net = nn.Network([784, 100, 10], cost=net.cost_name, seed=net.seed)  # a new network",
    "named_parameters": "list(zip(net.layers, net.weights, net.biases))",
    "count_params": "net.summary()",
    "n_layers_": "net.num_layers",
    "input_size": "net.sizes[0]",
    "output_size": "net.sizes[-1]",
    "save_weights": "net.save(path)",
    "save_model": "net.save(path)",
    **dict.fromkeys(
        ("export", "to_onnx", "export_onnx", "save_onnx", "save_pretrained"),
        "net.save(path)  # named net.onnx, net.safetensors or net.c, it is written so",
    ),
    "load_state_dict": (
        'net = nn.Network.from_state_dict(net.state_dict(), activations=["sigmoid", "sigmoid"])'
    ),
    "load_weights": "net = nn.load(path)",
    "load": "net = nn.load(path)",
    "clone": "net.copy()",
    "astype": 'net.copy(dtype="float64")',
    "double": 'net.copy(dtype="float64")',
    "float": 'net.copy(dtype="float32")',
    "to": 'net.copy(dtype="float64")  # nncore runs on the CPU',
    "add": "nn.Network([nn.Dense(30), nn.Softmax(10)], input_shape=(784,))  # all layers at once",
    "default_weight_initializer": 'nn.Network([784, 30, 10], init="scaled")',
    "large_weight_initializer": 'nn.Network([784, 30, 10], init="large")',
    "cost_function": "net.cost_name",
    "plot": "net.history.plot()",
    "check_gradients": "nn.check_gradients(net, X, y)",
    "diagnose": "nn.diagnose(net, training_data)",
}

# For attributes of the package.
PACKAGE = {
    **dict.fromkeys(("Sequential", "Model", "Module", "NeuralNetwork", "Net", "MLP"), CREATE),
    "MLPClassifier": f"{CREATE}; {TRAIN}; net.predict(X)",
    "MLPRegressor": "net = nn.Network([nn.Dense(30), nn.Dense(1, 'linear')], input_shape=(784,))",
    **dict.fromkeys(("fit", "train", "SGD", "GradientDescent"), TRAIN),
    **dict.fromkeys(("predict", "evaluate"), "net.predict(X), net.accuracy(data)"),
    **dict.fromkeys(("Linear", "Layer", "FullyConnected", "FullyConnectedLayer"), "nn.Dense(30)"),
    **dict.fromkeys(("Conv", "Conv1D", "Conv2d", "ConvLayer", "Convolution2D"), "nn.Conv2D(20, 5)"),
    **dict.fromkeys(("MaxPool", "MaxPool2d", "MaxPooling2D", "Pool"), "nn.MaxPool2D(2)"),
    "ConvPoolLayer": "[nn.Conv2D(20, 5), nn.MaxPool2D(2)]",
    "SoftmaxLayer": "nn.Softmax(10)",
    **dict.fromkeys(("Flatten", "Reshape"), f"{NO_LAYER}  # feature maps are flattened where needed"),
    **dict.fromkeys(
        ("Input", "InputLayer"), "nn.Network([nn.Dense(30), nn.Softmax(10)], input_shape=(784,))"
    ),
    "Dropout": "nn.Dense(30, dropout=0.5)  # leaves out inputs of that layer",
    **{name: f'nn.Dense(30, activation="{name.lower()}")' for name in ("ReLU", "Relu", "Sigmoid", "Tanh")},
    "Activation": 'nn.Dense(30, activation="tanh")',
    **{name: f"nn.functions.{name}(X)" for name in ("sigmoid", "tanh", "relu", "softmax")},
    **dict.fromkeys(("feedforward", "forward"), "net.feedforward(X)"),
    **dict.fromkeys(("backprop", "grad"), "nabla_b, nabla_w = net.backprop(X, y)"),
    **dict.fromkeys(("Adam", "optim", "optimizers", "RMSprop", "AdamW"), ADAM),
    **{name: f"{TRAIN[:-1]}, rule=nn.rules.{name}(0.9))" for name in ("Momentum", "Nesterov")},
    "EarlyStopping": STOP,
    **dict.fromkeys(("StepLR", "LearningRateScheduler", "lr_scheduler"), SCHEDULE),
    "ReduceLROnPlateau": f"{TRAIN[:-1]}, evaluation_data=data, schedule=nn.schedules.Halve(10))",
    **dict.fromkeys(("MSELoss", "QuadraticCost"), 'nn.Network([784, 30, 10], cost="quadratic")'),
    **dict.fromkeys(("BCELoss", "CrossEntropyCost"), 'nn.Network([784, 30, 10], cost="cross-entropy")'),
    **dict.fromkeys(("CrossEntropyLoss", "NLLLoss"), 'nn.Network([784, 30, 10], cost="log-likelihood")'),
    **dict.fromkeys(
        ("load_mnist", "mnist"), "training_data, validation_data, test_data = nn.datasets.load_mnist()"
    ),
    "load_sample": "training_data, validation_data, test_data = nn.datasets.load_sample()",
    **dict.fromkeys(("DataLoader", "TensorDataset"), f"{TRAIN}  # makes the mini-batches itself"),
    **dict.fromkeys(("save", "save_model"), "net.save(path)"),
    "load_model": "net = nn.load(path)",
    **dict.fromkeys(("kernels", "nn", "activations"), "nn.functions.sigmoid(X)"),
    "gradient_check": "nn.check_gradients(net, X, y)",
    "doctor": "nn.diagnose(net, training_data)",
    "manual_seed": "net = nn.Network([784, 30, 10], seed=0)",
}


# For attributes of a layer, of which a network3 had more.
LAYER = {
    **dict.fromkeys(("w", "b", "params", "weights", "biases"), "net.weights[0], net.biases[0]"),
    **dict.fromkeys(("output", "output_dropout"), "net.activations(X)[0]"),
    **dict.fromkeys(("y_out", "accuracy"), "net.predict(X), net.accuracy(data)"),
    "n_in": "net.sizes[0]",
    "n_out": "net.sizes[1]",
}

# For attributes of a History, and for names in brackets behind it.
HISTORY = {
    **dict.fromkeys(("history", "keys", "items", "values", "params"), "net.history.to_dict()"),
    **dict.fromkeys(
        ("loss", "cost"), "net.history.training_cost  # after net.SGD(..., monitor='training_cost')"
    ),
    **dict.fromkeys(
        ("accuracy", "acc"),
        "net.history.training_accuracy  # after net.SGD(..., monitor='training_accuracy')",
    ),
    **dict.fromkeys(
        ("val_loss", "val_cost"), "net.history.evaluation_cost  # after net.SGD(..., evaluation_data=data)"
    ),
    **dict.fromkeys(
        ("val_accuracy", "val_acc"),
        "net.history.evaluation_accuracy  # after net.SGD(..., evaluation_data=data)",
    ),
    **dict.fromkeys(("lr", "learning_rate"), "net.history.eta"),
    "epoch": "list(range(len(net.history)))",
}

# For names given as an argument, in small letters without signs between them: what they are called here.
CHOICES = {
    **dict.fromkeys(("logistic", "sigm", "expit"), "sigmoid"),
    **dict.fromkeys(("identity", "none", "id"), "linear"),
    "rectifier": "relu",
    **dict.fromkeys(("mse", "meansquarederror", "squarederror", "l2", "quadraticcost"), "quadratic"),
    **dict.fromkeys(("bce", "binarycrossentropy", "crossentropycost", "logloss", "xent"), "cross-entropy"),
    **dict.fromkeys(
        ("nll", "nllloss", "categoricalcrossentropy", "sparsecategoricalcrossentropy"), "log-likelihood"
    ),
    **dict.fromkeys(("xavier", "xavieruniform", "glorotuniform"), "glorot"),
    **dict.fromkeys(("kaiming", "kaimingnormal", "henormal"), "he"),
    **dict.fromkeys(("zero", "zeros"), "zeros"),
    **dict.fromkeys(("gradientdescent", "gd"), "sgd"),
    **dict.fromkeys(("float", "single", "f4"), "float32"),
    **dict.fromkeys(("double", "f8"), "float64"),
}

# For arguments: what to type in place of one that another library has.
_SHAPE = "nn.Network([nn.Dense(30), nn.Dense(10)], input_shape=(784,))"
ARGUMENTS: dict[str, dict[str, str]] = {
    "SGD": {
        **dict.fromkeys(("lr", "learning_rate", "learning_rate_init", "alpha"), TRAIN),
        **dict.fromkeys(("batch_size", "minibatch_size", "batchsize", "batch"), TRAIN),
        **dict.fromkeys(("n_epochs", "num_epochs", "nb_epoch", "max_iter", "n_iter"), TRAIN),
        **dict.fromkeys(("optimizer", "optim", "solver"), ADAM),
        **dict.fromkeys(
            ("weight_decay", "l2", "lambda_", "lamda", "reg", "regularization"), f"{TRAIN[:-1]}, lmbda=5.0)"
        ),
        **dict.fromkeys(("mu", "nesterovs_momentum"), f"{TRAIN[:-1]}, momentum=0.9)"),
        **dict.fromkeys(
            ("validation_data", "valid_data", "test_data", "validation", "eval_set"),
            f"{TRAIN[:-1]}, evaluation_data=data)",
        ),
        **dict.fromkeys(("verbose", "disp"), f"{TRAIN[:-1]}, progress=True)"),
        **dict.fromkeys(("patience", "early_stopping", "early_stopping_n", "n_iter_no_change"), STOP),
        **dict.fromkeys(("lr_scheduler", "scheduler", "decay"), SCHEDULE),
        **dict.fromkeys(
            ("metrics", "monitor_training_cost", "monitor_training_accuracy"),
            f"{TRAIN[:-1]}, monitor=('training_cost', 'training_accuracy'))",
        ),
        **dict.fromkeys(
            ("monitor_evaluation_cost", "monitor_evaluation_accuracy"),
            f"{TRAIN[:-1]}, evaluation_data=data, monitor=('evaluation_cost', 'evaluation_accuracy'))",
        ),
        **dict.fromkeys(
            ("sample_weight", "sample_weights"), f"{TRAIN[:-1]}, weights=[1.0] * len(training_data))"
        ),
        **dict.fromkeys(("class_weights",), f'{TRAIN[:-1]}, class_weight="balanced")'),
        **dict.fromkeys(("n_jobs", "num_workers", "workers"), f"{TRAIN[:-1]}, threads=1)"),
        **dict.fromkeys(("seed", "random_state"), f"net = nn.Network([784, 30, 10], seed=0); {TRAIN}"),
    },
    "Network": {
        **dict.fromkeys(("sizes", "hidden_layer_sizes", "hidden_layers", "hidden"), CREATE),
        **dict.fromkeys(
            ("loss", "cost_function", "objective"), 'nn.Network([784, 30, 10], cost="quadratic")'
        ),
        **dict.fromkeys(("random_state", "rng"), "nn.Network([784, 30, 10], seed=0)"),
        **dict.fromkeys(
            ("initializer", "weight_init", "kernel_initializer"), 'nn.Network([784, 30, 10], init="he")'
        ),
        **dict.fromkeys(
            ("activations", "activation_fn", "nonlinearity"), 'nn.Network([784, 30, 10], activation="tanh")'
        ),
        **dict.fromkeys(("lr", "learning_rate", "eta", "learning_rate_init"), f"{CREATE}; {TRAIN}"),
        **dict.fromkeys(("epochs", "batch_size", "mini_batch_size", "max_iter"), f"{CREATE}; {TRAIN}"),
        **dict.fromkeys(("optimizer", "solver", "rule"), f"{CREATE}; {ADAM}"),
        **dict.fromkeys(("lmbda", "alpha", "weight_decay"), f"{CREATE}; {TRAIN[:-1]}, lmbda=5.0)"),
        "dropout": "nn.Network([nn.Dense(30), nn.Softmax(10, dropout=0.5)], input_shape=(784,))",
    },
    "Dense": {
        **dict.fromkeys(("units", "n_out", "out_features", "neurons", "size"), "nn.Dense(30)"),
        **dict.fromkeys(("n_in", "in_features", "input_dim", "input_shape"), _SHAPE),
        **dict.fromkeys(("activation_fn", "nonlinearity"), 'nn.Dense(30, activation="tanh")'),
        **dict.fromkeys(("p_dropout", "rate", "p", "dropout_rate"), "nn.Dense(30, dropout=0.5)"),
        **dict.fromkeys(("bias", "use_bias"), "nn.Dense(30)  # every layer has biases"),
        **dict.fromkeys(
            ("init", "kernel_initializer", "initializer"), 'nn.Network([784, 30, 10], init="he")'
        ),
    },
    "Conv2D": {
        **dict.fromkeys(
            ("stride", "strides", "subsample"),
            "[nn.Conv2D(20, 5), nn.MaxPool2D(2)]  # a filter moves by one pixel; pooling halves the maps",
        ),
        **dict.fromkeys(("out_channels", "n_filters", "filter_shape"), "nn.Conv2D(20, 5)"),
        **dict.fromkeys(("kernel", "size", "filter_size"), "nn.Conv2D(20, kernel_size=5)"),
        **dict.fromkeys(("in_channels", "input_shape", "image_shape"), NO_LAYER),
        **dict.fromkeys(("activation_fn", "nonlinearity"), 'nn.Conv2D(20, 5, activation="relu")'),
        **dict.fromkeys(("pad", "border_mode"), 'nn.Conv2D(20, 5, padding="same")'),
        "poolsize": "[nn.Conv2D(20, 5), nn.MaxPool2D(2)]",
        "dropout": "[nn.Conv2D(20, 5), nn.Dense(30, dropout=0.5)]  # dense layers have dropout",
    },
    "Softmax": {
        **dict.fromkeys(("units", "n_out", "out_features", "size"), "nn.Softmax(10)"),
        **dict.fromkeys(("n_in", "in_features", "input_dim", "input_shape"), _SHAPE),
        **dict.fromkeys(("p_dropout", "rate", "p", "dropout_rate"), "nn.Softmax(10, dropout=0.5)"),
    },
    "MaxPool2D": {
        **dict.fromkeys(("pool_size", "poolsize", "kernel_size"), "nn.MaxPool2D(2)"),
        **dict.fromkeys(("stride", "strides"), "nn.MaxPool2D(2)  # windows do not overlap"),
    },
}

_RATE, _SIZE = (
    ("lr", "learning_rate", "learning_rate_init", "alpha"),
    ("batch_size", "minibatch_size", "batch"),
)
_EPOCHS = ("n_epochs", "num_epochs", "nb_epoch", "max_iter", "n_iter")
FIND_ETA = "found = nn.find_eta([784, 30, 10], training_data, mini_batch_size=10, epochs=3)"
MINIMIZE = "net.minimize(training_data, maxiter=100)"
AVERAGE = (
    "nn.distributed.average(net, training_data, workers=2, rounds=3, epochs=1, mini_batch_size=10, eta=0.5)"
)
ARGUMENTS |= {
    "Ensemble.SGD": {
        name: line.replace("net.SGD(", "ensemble.SGD(")
        for name, line in ARGUMENTS["SGD"].items()
        if name not in ("seed", "random_state")
    }
    | dict.fromkeys(
        ("seed", "random_state"),
        "ensemble = nn.Ensemble(nn.Network([784, 30, 10], seed=seed) for seed in range(5))",
    ),
    "find_eta": {
        **dict.fromkeys((*_SIZE, *_EPOCHS, "mini_batch"), FIND_ETA),
        **dict.fromkeys((*_RATE, "eta"), f"{FIND_ETA[:-1]}, start=0.01)  # the first eta that is tried"),
        **dict.fromkeys(("weight_decay", "l2", "lambda_", "lamda", "reg"), f"{FIND_ETA[:-1]}, lmbda=5.0)"),
        **dict.fromkeys(("random_state", "rng"), f"{FIND_ETA[:-1]}, seed=0)"),
        **dict.fromkeys(
            ("sample_weight", "sample_weights"), f"{FIND_ETA[:-1]}, weights=[1.0] * len(training_data))"
        ),
    },
    "minimize": {
        **dict.fromkeys((*_EPOCHS, "epochs"), MINIMIZE),
        **dict.fromkeys(
            (*_RATE, *_SIZE, "eta", "mini_batch_size"), f"{MINIMIZE}  # no eta, and all examples at once"
        ),
        **dict.fromkeys(("solver", "optimizer", "algorithm", "rule"), f'{MINIMIZE[:-1]}, method="CG")'),
        **dict.fromkeys(("tol", "gtol", "ftol"), f'{MINIMIZE[:-1]}, options={{"gtol": 1e-5}})'),
        **dict.fromkeys(("weight_decay", "l2", "lambda_", "lamda", "reg"), f"{MINIMIZE[:-1]}, lmbda=5.0)"),
        **dict.fromkeys(
            ("validation_data", "valid_data", "test_data"), f"{MINIMIZE[:-1]}, evaluation_data=data)"
        ),
        **dict.fromkeys(
            ("sample_weight", "sample_weights"), f"{MINIMIZE[:-1]}, weights=[1.0] * len(training_data))"
        ),
    },
    "average": {
        **dict.fromkeys((*_SIZE, *_RATE, *_EPOCHS), AVERAGE),
        **dict.fromkeys(("n_workers", "num_workers", "n_jobs", "threads"), AVERAGE),
        **dict.fromkeys(("optimizer", "optim", "solver"), f"{AVERAGE[:-4]}0.001, rule=nn.rules.Adam())"),
        **dict.fromkeys(
            ("validation_data", "valid_data", "test_data"), f"{AVERAGE[:-1]}, evaluation_data=data)"
        ),
    },
}
STEPS = "steps = nn.Steps(net, training_data, mini_batch_size=10, eta=0.5)"
ARGUMENTS["Steps"] = {
    **dict.fromkeys((*_RATE, *_SIZE, "batchsize"), STEPS),
    **dict.fromkeys((*_EPOCHS, "epochs"), f"{STEPS}; steps.one_epoch()"),
    **dict.fromkeys(("optimizer", "optim", "solver"), f"{STEPS[:-4]}0.001, rule=nn.rules.Adam())"),
    **dict.fromkeys(("weight_decay", "l2", "lambda_", "lamda", "reg"), f"{STEPS[:-1]}, lmbda=5.0)"),
    **dict.fromkeys(("mu", "nesterovs_momentum"), f"{STEPS[:-1]}, momentum=0.9)"),
    **dict.fromkeys(("evaluation_data", "validation_data", "test_data"), f"{STEPS}; net.accuracy(data)"),
}
CALLS = {  # of functions some of whose arguments must be given
    "SGD": TRAIN,
    "Ensemble.SGD": TRAIN.replace("net.", "ensemble."),
    "average": AVERAGE,
    "Steps": STEPS,
}

# For attributes of an ensemble: those of a network, of which it has many, and some of its own.
ENSEMBLE = {
    **{
        name: line.replace("net.", "ensemble.")
        for name, line in NETWORK.items()
        if line in (TRAIN, "net.feedforward(X)", "net.predict(X)", "net.accuracy((X, y))", "net.save(path)")
    },
    "evaluate": "ensemble.accuracy(data)",
    **dict.fromkeys(("cost", "loss"), "[net.cost(data) for net in ensemble]"),
    **dict.fromkeys(("history", "histories"), "[net.history for net in ensemble]"),
    **dict.fromkeys(("estimators_", "members", "models", "nets"), "ensemble.networks"),
    **dict.fromkeys(("append", "add"), "ensemble = nn.Ensemble([*ensemble, nn.Network([784, 30, 10])])"),
    "copy": "ensemble = nn.Ensemble(net.copy() for net in ensemble)",
    "vote": "ensemble.predict(X)",
}


def choice(argument: str, value: Any, choices: Sequence[str]) -> str:
    """Return what to write in place of a name in capitals, with other signs, or from elsewhere; or ""."""

    def letters(name: str) -> str:
        return re.sub(r"[^a-z0-9]", "", name.lower())

    if not isinstance(value, str):
        return ""
    meant = letters(CHOICES.get(letters(value), value))
    return next((f': write {argument}="{each}"' for each in choices if letters(each) == meant), "")


def unknown_argument(function: str, name: str, hints: dict[str, str] | None = None) -> TypeError:
    """Return the TypeError for an argument that a function does not have, with what to type instead."""
    says = f"{function}() got an unexpected keyword argument {name!r}"
    hint = (ARGUMENTS.get(function, {}) if hints is None else hints).get(name)
    return TypeError(f"{says}. In nncore: {hint}" if hint else says)


def check_needed(function: str, hint: str = "", **arguments: Any) -> None:
    """Refuse a call in which some of these arguments, whose default is `NEEDED`, were not given."""
    missing = [name for name, value in arguments.items() if value is NEEDED]
    if missing:
        raise TypeError(f"{function}() needs {' and '.join(missing)}. In nncore: {hint or CALLS[function]}")


def check_arguments(function: str, names: Any, hints: dict[str, str] | None = None) -> None:
    """Refuse the first of these arguments for which there is a hint; others are left to Python."""
    for name in names:
        if name in (ARGUMENTS.get(function, {}) if hints is None else hints):
            raise unknown_argument(function, name, hints)


def error(owner: str, name: str, obj: Any, hints: dict[str, str]) -> AttributeError:
    """Return the AttributeError for `obj`, called `owner`, which has no attribute `name`.

    If `hints` has the name, the error shows what to type. Otherwise it holds the object, and Python
    suggests a similar name: "Did you mean: 'accuracy'?"
    """
    says = f"{owner} has no attribute {name!r}"
    if name in hints:
        return AttributeError(f"{says}. In nncore: {hints[name]}")
    return AttributeError(says, name=name, obj=obj)
