"""`NNRegressor` learns numbers: one, or several at once, for each example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from sklearn.metrics import r2_score

from nncore import choices
from nncore.choices import Init
from nncore.layers import Dense, Layer
from nncore.network import Network
from nncore.sklearn.base import NeuralNetwork, Part
from nncore.sklearn.fitted import Array
from nncore.sklearn.settings import Activation, DType, LearningRate, Solver
from nncore.sklearn.versions import RegressorMixin, available_if, with_callbacks
from nncore.training.history import History

if TYPE_CHECKING:
    from nncore.training.augment import Augment
    from nncore.training.schedules import Schedule


class NNRegressor(RegressorMixin, NeuralNetwork):
    """A network of `nncore.Network` learns numbers as an estimator of scikit-learn.

    Code that uses scikit-learn's `MLPRegressor` runs with the name of the class changed; but
    hidden_layer_sizes is the first parameter, as it was there before 1.7, and `loss` needs its name.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        The number of neurons in each hidden layer.
    activation : str or sequence of str, default="relu"
        The activation of the hidden layers, or one for each: "relu", "tanh", "logistic" (or "sigmoid"),
        "identity" (or "linear").
    loss : {"squared_error"}, default="squared_error"
        The book's quadratic cost, half the sum of the squared errors of an example. scikit-learn has
        "poisson" besides.
    solver : {"adam", "sgd", "lbfgs"}, default="adam"
        How the network is trained: by `Network.SGD` with the rule Adam, or with momentum; or by
        `Network.minimize`, over all examples at once, which is best for few of them and needs SciPy alone.
    alpha : float, default=0.0001
        The strength of L2 regularisation. As in scikit-learn, alpha is divided by the number of examples of
        a mini-batch, and not by n as the book's lmbda is. So ``lmbda = alpha * n / batch_size``; with
        "lbfgs", whose mini-batch is all examples, ``lmbda = alpha``.
    batch_size : int or "auto", default="auto"
        The size of a mini-batch; "auto" is min(200, n).
    learning_rate : {"constant", "invscaling", "adaptive"}, schedule of nn.schedules or callable
        For solver="sgd": "invscaling" divides the learning rate by t**power_t, where t counts the examples
        that were trained on; "adaptive" divides it by 5 whenever there was no progress, in place of ending.
        A schedule, such as ``nn.schedules.Cosine(100)``, is for "adam" too: see `Network.SGD`.
    learning_rate_init : float, default=0.001
        The learning rate, the book's eta.
    power_t : float, default=0.5
        The exponent of "invscaling".
    max_iter : int, default=200
        The largest number of epochs; of iterations for "lbfgs".
    shuffle : bool, default=True
        Whether each epoch has a new order of the examples.
    random_state : int, RandomState or None, default=None
        A whole number is the seed of the network, and gives the same network again. It decides the first
        parameters, the order of the examples, dropout, distortions, and the split of early stopping.
    tol : float, default=1e-4
        Progress is a training loss that is lower, or with early stopping a validation score that is higher,
        than the best so far by at least this. For "lbfgs" it is SciPy's gtol.
    verbose : bool or int, default=False
        Whether the loss of each epoch is printed.
    warm_start : bool, default=False
        Whether a second `fit` goes on with the network of the first.
    momentum : float, default=0.9
        For "sgd", the share of a velocity that a step keeps.
    nesterovs_momentum : bool, default=True
        For "sgd", whether the gradient is taken where the velocity leads to.
    early_stopping : bool, default=False
        Whether a part of the examples is held out, the run ends when their score makes no more progress, and
        the network keeps the parameters of its best epoch. With "lbfgs" too. The held-out examples are
        chosen by what they hold and by random_state, not by their place; equal ones are on one side.
    validation_fraction : float, default=0.1
        The share that is held out.
    beta_1, beta_2, epsilon : float, default=0.9, 0.999, 1e-8
        The numbers of Adam: see `nn.rules.Adam`.
    n_iter_no_change : int, default=10
        The run ends after more than so many epochs in a row without progress.
    max_fun : int, default=15000
        For "lbfgs", how often the cost is computed at most.
    layers : sequence of layers, optional
        The hidden layers, such as ``[nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Dense(100, "relu")]``, in place of
        hidden_layer_sizes and activation. The output layer follows from y.
    input_shape : tuple of int, optional
        The shape of an example, (channels, height, width), that a row of X holds; convolutions need it.
    dropout : float or sequence of float, default=0.0
        The probability that training leaves out a neuron of a hidden layer; one for all, or one for each.
        With `layers` it is that of the last hidden layer; the layers have their own dropout of their inputs.
    init : {"glorot", "he", "scaled", "large", "zeros"} or callable, default="glorot"
        How the first parameters are drawn: see `Network`.
    dtype : {"auto", "float32", "float64"}, default="auto"
        The arithmetic. "auto" is float32 for X of float32, and float64 for any other. "float32" is twice as
        fast.
    augment : distortion of nn.augment, or list of them, optional
        Each image is distorted anew whenever it is trained on.
    callbacks : callable or sequence of callable
        Each is called after every epoch as ``callback(net, history)``. Callbacks of scikit-learn (from 1.9
        on) are set by ``set_callbacks``.
    threads : int, optional
        How many threads train; by default as many as help. The network is the same, to the bit.

    Attributes
    ----------
    network_ : Network
        The trained network, with all of its methods: ``network_.save("net.npz")``, ``network_.trace(x)``.
    history_ : History
        What was measured in the last fit: ``history_.plot()``, ``history_.to_frame()``.
    coefs_, intercepts_ : tuple of ndarray
        Weights (n_in, n_out) and biases (n_out,) of each layer: views, and so a way to change the network.
    loss_, loss_curve_, best_loss_ : float, list of float, float or None
        The training cost with its penalty after the last epoch, after each, and the lowest; with early
        stopping there is no `best_loss_`. It is measured at the end of an epoch, by the network without
        dropout, where scikit-learn averages over the mini-batches of the epoch.
    validation_scores_, best_validation_score_ : list of float, float; or None
        R squared on the validation examples, as they count, after each epoch, and the best.
    validation_loss_curve_ : list of float or None
        Their cost after each epoch, without a penalty.
    n_iter_, t_ : int
        Epochs of the last fit; examples trained on in all fits.
    n_features_in_, n_layers_, n_outputs_ : int
        The numbers of columns of X, of layers, the input counted, and of outputs.
    feature_names_in_ : ndarray of str
        The names of the columns, if X had some.
    out_activation_ : str
        The activation of the output layer, by scikit-learn's name.

    Notes
    -----
    Numbers of X are used as they are, whole numbers and bytes too: a byte of 255 is 255 here, as everywhere
    in scikit-learn, while `Network` alone reads it as a pixel, 255/256. Scale X to about -1 to 1 first;
    `fit` warns if a column is far from that.

    Weights of examples are divided by their mean, so that their unit does not
    change the learning rate. In a step over all examples, one of weight 2 then acts as two equal ones do.

    A sparse X is filled up with its zeros, if memory holds that.

    Examples
    --------
    >>> import numpy as np
    >>> from nncore.sklearn import NNRegressor
    >>> X = np.linspace(-3, 3, 200).reshape(-1, 1)
    >>> y = np.sin(X[:, 0])
    >>> NNRegressor((20,), "tanh", solver="lbfgs", random_state=0).fit(X, y).score(X, y) > 0.99
    True
    """

    loss: str
    _n_targets: int
    _y_numeric = True

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: Activation | Sequence[Activation] = "relu",
        *,
        loss: Literal["squared_error"] = "squared_error",
        solver: Solver = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: LearningRate | Schedule | Callable[[int], float] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        layers: Sequence[Layer] | None = None,
        input_shape: Sequence[int] | None = None,
        dropout: float | Sequence[float] = 0.0,
        init: Init | Callable[..., Any] = "glorot",
        dtype: DType = "auto",
        augment: Augment | Sequence[Augment] | None = None,
        callbacks: Callable[..., Any] | Sequence[Callable[..., Any]] = (),
        threads: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation: Activation | Sequence[Activation] = activation
        self.loss = loss
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.layers = layers
        self.input_shape = input_shape
        self.dropout = dropout
        self.init: Init | Callable[..., Any] = init
        self.dtype = dtype
        self.augment = augment
        self.callbacks = callbacks
        self.threads = threads

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train the network on all examples, until it makes no more progress or `max_iter` epochs are done.

        Parameters
        ----------
        X : array_like, data frame or sparse matrix (n, n_features)
            The examples. A sparse matrix is filled up with its zeros; the core passes over them.
        y : array_like (n,) or (n, n_targets)
            The numbers to learn.
        sample_weight : array_like (n,), optional
            How much each example counts, numbers of at least 0. They are divided by their mean.
        X_val, y_val, sample_weight_val : optional
            Examples to validate on. `validation_scores_` and `validation_loss_curve_` are measured on them;
            early_stopping uses them, too, in place of a part of X.

        Returns
        -------
        self : NNRegressor
        """
        return self._train(X, y, sample_weight, (X_val, y_val, sample_weight_val))

    @available_if(NeuralNetwork._can_partial_fit)
    @with_callbacks
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the network by one epoch on these examples. What the update rule remembers goes on.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        self : NNRegressor
        """
        return self._train(X, y, sample_weight, partial=True)

    def predict(self, X: Any) -> Array:
        """Return the numbers that the network answers for each example.

        Parameters
        ----------
        X : array_like, data frame or sparse matrix (m, n_features)

        Returns
        -------
        ndarray (m,) or (m, n_targets)
            Of X's dtype if that is float32, and otherwise float64.
        """
        out, dtype = self._feedforward(X)
        out = out.astype(dtype, copy=False)
        return out[:, 0] if out.shape[1] == 1 else out

    def _encode(self, y: Array, first: bool, partial: bool, classes: Array | None) -> Array:
        if self.loss != "squared_error":
            raise ValueError(
                f"loss: squared_error needed, got {self.loss!r:.60}; for counts, "
                "sklearn.compose.TransformedTargetRegressor(func=numpy.log1p, inverse_func=numpy.expm1) fits "
                "their logarithms"
            )
        n_targets = y.shape[1] if y.ndim == 2 else 1
        if first:
            self._n_targets = n_targets
        elif n_targets != self._n_targets:
            raise ValueError(f"y: {self._n_targets} targets needed, as in the fit before; got {n_targets}")
        return y

    def _output_layer(self, targets: Array) -> tuple[Dense, choices.Cost | None]:
        return Dense(targets.shape[1] if targets.ndim == 2 else 1, "linear"), None

    def _weights_of_classes(self, targets: Array, each: Array | None) -> Array | None:
        return None

    def _stratification(self, targets: Array) -> Array | None:
        return None

    def _measured(self) -> tuple[str, ...]:
        return ("cost",)

    def _score_of(self, net: Network, history: History, part: Part) -> float:
        return float(r2_score(part.targets, net.feedforward(part.X), sample_weight=part.weights))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _more_tags(self) -> dict[str, Any]:  # what scikit-learn before 1.6 asks
        return {"multioutput": True}
