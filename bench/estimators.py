"""nncore's estimators beside scikit-learn's MLP and onnxruntime: `python bench/estimators.py`.

For each network and rule, `NNClassifier` and `MLPClassifier` train on the same float32 data, in mini-batches
of the same size, for the same number of epochs, with scikit-learn's penalty. The table has the time of the
fit and the accuracy on the same test set. Then scikit-learn's weights are copied into nncore's network, and
onnxruntime gets them by way of skl2onnx, so that all three compute the same probabilities; the largest
difference is printed. The table has the median time of `predict_proba` of one row and of 10,000 rows.

The process keeps to one core, and every library to one thread. The data are the bundled digits, and a table
of random rows. Without skl2onnx and onnxruntime (`pip install skl2onnx onnxruntime`) their column is empty.
"""

# ruff: noqa: E402  (what a BLAS reads from the environment comes before NumPy)

import os

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # nobody's BLAS is told which kernels to use
    os.environ.pop(name, None)

import argparse
import statistics
import time
import warnings
from dataclasses import dataclass

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

import nncore as nn
from nncore.sklearn import NNClassifier


@dataclass(frozen=True)
class Workload:
    """Data, a network, and how it is trained, by scikit-learn's names."""

    name: str
    data: tuple  # X, y to train on; X, y to test
    parameters: dict


def digits(n):
    """The bundled digits: n to train on, 1,000 to test."""
    train, _, test = nn.datasets.load_sample()
    X, X_test = (side.to_float().reshape(len(side), -1) for side in (train[:n], test))
    return X, train.labels[:n], X_test, test.labels


def table(n):
    """Random rows of 20 columns in three classes that a hidden layer tells apart."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n + 1000, 20)).astype(np.float32)
    score = X[:, 0] * X[:, 1] + X[:, 2]
    y = np.digitize(score, np.quantile(score, [1 / 3, 2 / 3]))
    return X[:n], y[:n], X[n:], y[n:]


def workloads(n, epochs):
    common = {"max_iter": epochs, "tol": 0.0, "n_iter_no_change": epochs, "random_state": 0}
    adam = {"solver": "adam", "batch_size": 200, "learning_rate_init": 0.001}
    sgd = {"solver": "sgd", "batch_size": 32, "learning_rate_init": 0.05}
    return [
        Workload("784-100-10, Adam, 200", digits(n), common | adam | {"hidden_layer_sizes": (100,)}),
        Workload("784-100-10, Nesterov, 32", digits(n), common | sgd | {"hidden_layer_sizes": (100,)}),
        Workload(
            "20-50-3, Adam, 32", table(n), common | adam | {"batch_size": 32, "hidden_layer_sizes": (50,)}
        ),
    ]


def onnx_session(model, n_in):
    """Return X -> probabilities of scikit-learn's network in onnxruntime; None where it is missing."""
    try:
        import onnxruntime
        from skl2onnx import to_onnx
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    written = to_onnx(model, np.zeros((1, n_in), np.float32), options={"zipmap": False})
    session = onnxruntime.InferenceSession(
        written.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    entry, name = session.get_inputs()[0].name, session.get_outputs()[1].name
    return lambda X: session.run([name], {entry: X})[0]


def median_time(call, seconds):
    """Return the median time of a call, in seconds, from as many calls as fit into the given seconds."""
    call()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def fit_time(make, X, y, rounds):
    """Return the least time of a fit, and the fitted model."""
    best, model = np.inf, None
    for _ in range(rounds):
        model = make()
        start = time.perf_counter()
        model.fit(X, y)
        best = min(best, time.perf_counter() - start)
    return best, model


def written(seconds):
    if seconds is None:
        return "-"
    for factor, unit in ((1, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def line(name, ours, theirs, onnx=None, note=""):
    print(
        f"| {name} | {written(ours)} | {written(theirs)} | {written(onnx)} | {theirs / ours:.1f} | {note} |"
    )


def measure(work, rounds, seconds, rows):
    X, y, X_test, y_test = work.data
    ours_time, ours = fit_time(lambda: NNClassifier(threads=1, **work.parameters), X, y, rounds)
    theirs_time, theirs = fit_time(lambda: MLPClassifier(**work.parameters), X, y, rounds)
    epochs = f"{theirs.n_iter_} epochs of {len(X):,}"
    scores = f"accuracy {ours.score(X_test, y_test):.3f}, {theirs.score(X_test, y_test):.3f}"
    line(f"{work.name}: fit", ours_time, theirs_time, None, f"{epochs}; {scores}")
    for view, value in zip(
        (*ours.coefs_, *ours.intercepts_), (*theirs.coefs_, *theirs.intercepts_), strict=True
    ):
        view[...] = value
    runtime = onnx_session(theirs, X.shape[1])
    many = np.ascontiguousarray(np.resize(X_test, (rows, X.shape[1])))
    known = theirs.predict_proba(many)
    answers = [ours.predict_proba(many)] + ([runtime(many)] if runtime else [])
    apart = max(float(np.abs(answer - known).max()) for answer in answers)
    assert apart < 1e-5, apart
    for n in (1, rows):
        some = many[:n].copy()
        times = [median_time(lambda m=m, some=some: m.predict_proba(some), seconds) for m in (ours, theirs)]
        onnx = None if runtime is None else median_time(lambda some=some: runtime(some), seconds)
        line(f"{work.name}: predict_proba of {n:,}", *times, onnx, f"at most {apart:.0e} apart")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=int, default=8000, help="training examples")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2, help="fits, of which the fastest counts")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=0.4, help="for each median of a prediction")
    given = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    warnings.simplefilter("ignore", ConvergenceWarning)
    try:
        import onnxruntime

        onnx = f"onnxruntime {onnxruntime.__version__}"
    except ImportError:
        onnx = "onnxruntime (missing)"
    print(f"nncore: {nn.targets.target()[0]} kernels; NumPy {np.__version__}; one thread each\n")
    print(f"| | nncore | scikit-learn {sklearn.__version__} | {onnx} | scikit-learn / nncore | |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    with threadpool_limits(1):
        for work in workloads(given.examples, given.epochs):
            measure(work, given.rounds, given.seconds, given.rows)


if __name__ == "__main__":
    main()
