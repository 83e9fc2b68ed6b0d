"""An update rule says how a step of gradient descent changes the parameters (chapters 1 and 3).

A rule is passed as ``SGD(rule=...)``, as an object of this module or by its name:

    "sgd"       GradientDescent()    w <- w - eta g
    "momentum"  Momentum(0.9)        v <- mu v - eta g,  w <- w + v
    "nesterov"  Nesterov(0.9)        as Momentum, with g taken at w + mu v
    "adam"      Adam()               w <- w - eta v / (sqrt(s) + epsilon), v, s: running means of g and g^2

w is any weight or bias, and g the mean gradient of the regularised cost over the mini-batch, nabla C.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nncore import _validation

__all__ = ["Adam", "GradientDescent", "Momentum", "Nesterov", "Rule"]
SMALLEST = 1.2e-38  # about the smallest float32 that has all its digits


def __dir__() -> list[str]:
    return __all__


class Rule:
    """Base class of the update rules of this module. The core knows these four; there are no others.

    Examples
    --------
    >>> import nncore as nn
    >>> isinstance(nn.rules.Adam(), nn.rules.Rule)
    True
    """

    name: ClassVar[str]

    def for_kernels(self) -> dict[str, Any]:
        """Return the arguments of `kernels.Rule` that say which rule it is, and its numbers."""
        raise NotImplementedError


@dataclass(frozen=True)
class GradientDescent(Rule):
    """Plain gradient descent, the rule of chapters 1 to 3: w <- w - eta nabla C.

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], seed=0), ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> net.SGD(data, 1, 1, 0.5).rule
    GradientDescent()
    """

    name: ClassVar[str] = "sgd"

    def for_kernels(self) -> dict[str, Any]:
        return {"kind": "sgd"}


@dataclass(frozen=True)
class Momentum(Rule):
    """Momentum-based gradient descent (chapter 3): the gradient changes a velocity v of each parameter.

        v <- mu v - eta nabla C,    w <- w + v

    v is 0 at the start of a run. With mu = 0 the rule is plain gradient descent.

    Parameters
    ----------
    mu : float, default 0.9
        The book's momentum coefficient: the share of the velocity that a step keeps. Any finite number is
        accepted, to see what goes wrong: with mu < 0 each step takes back a part of the step before; with
        mu >= 1 nothing slows the velocity down, and the run ends in a `DivergenceError`.

    Examples
    --------
    ``SGD(momentum=0.5)`` is short for this rule:

    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], seed=0), ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> net.SGD(data, 1, 1, 0.5, momentum=0.5).rule == nn.rules.Momentum(0.5)
    True
    """

    mu: float = 0.9
    name: ClassVar[str] = "momentum"

    def __post_init__(self) -> None:
        object.__setattr__(self, "mu", _validation.real("mu", self.mu))

    def for_kernels(self) -> dict[str, Any]:
        return {"kind": "sgd", "momentum": self.mu}


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Nesterov's accelerated gradient: momentum, with the gradient taken where the velocity leads to.

        v <- mu v - eta nabla C(w + mu v),    w <- w + v

    The network's parameters are kept at w + mu v during a run, as other libraries do.

    Parameters
    ----------
    mu : float, default 0.9
        The share of the velocity that a step keeps; as in `Momentum`, any finite number.

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl and G. Hinton, "On the importance of initialization and momentum in deep
    learning", ICML 2013.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.rules.Nesterov(0.5)
    Nesterov(mu=0.5)
    """

    name: ClassVar[str] = "nesterov"

    def for_kernels(self) -> dict[str, Any]:
        return {"kind": "nesterov", "momentum": self.mu}


@dataclass(frozen=True)
class Adam(Rule):
    """Adam: steps of about eta for every parameter, whatever the size of its gradients.

        v <- beta1 v + (1 - beta1) nabla C
        s <- beta2 s + (1 - beta2) (nabla C)^2
        w <- w - eta v' / (sqrt(s') + epsilon),    v' = v / (1 - beta1^t),    s' = s / (1 - beta2^t)

    v and s are 0 at the start of a run, and t = 1, 2, ... counts its steps. A learning rate of about 0.001
    is usual.

    Parameters
    ----------
    beta1 : float, default 0.9
        The share of the mean gradient v that a step keeps; at least 0, below 1.
    beta2 : float, default 0.999
        The share of the mean squared gradient s that a step keeps; at least 0, below 1.
    epsilon : float, default 1e-8
        Keeps the quotient finite where gradients are 0; at least 1.2e-38, the smallest normal float32.

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization", ICLR 2015.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> history = net.SGD(train, 3, 10, eta=0.001, rule=nn.rules.Adam(beta2=0.99))
    >>> history.rule
    Adam(beta1=0.9, beta2=0.99, epsilon=1e-08)
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    name: ClassVar[str] = "adam"

    def __post_init__(self) -> None:
        for beta in ("beta1", "beta2"):
            object.__setattr__(self, beta, _validation.real(beta, getattr(self, beta), least=0, below=1))
        object.__setattr__(self, "epsilon", _validation.real("epsilon", self.epsilon, least=SMALLEST))

    def for_kernels(self) -> dict[str, Any]:
        return {"kind": "adam", "momentum": self.beta1, "beta2": self.beta2, "epsilon": self.epsilon}


PLAIN = GradientDescent()
BY_NAME = {rule.name: rule for rule in (GradientDescent, Momentum, Nesterov, Adam)}


def chosen(rule: Any, momentum: float | None = None) -> Rule:
    """Return the rule that SGD's arguments `rule` (an object or a name) and `momentum` ask for."""
    if type(rule) is str and rule == PLAIN.name and momentum is None:
        return PLAIN
    if isinstance(rule, type) and issubclass(rule, Rule):
        raise TypeError(f"rule: an object needed, got the class; write rule=nn.rules.{rule.__name__}()")
    if isinstance(rule, Rule):
        found, named = rule, False
    elif isinstance(rule, str):
        found, named = BY_NAME[_validation.one_of("rule", rule, tuple(BY_NAME))](), True
    else:
        raise TypeError(
            f"rule: one of {', '.join(BY_NAME)}, or a rule of nn.rules, such as Adam(), needed; "
            f"got {rule!r:.60}"
        )
    if momentum is None:
        return found
    if isinstance(found, Adam):
        raise ValueError(
            f"momentum: Adam has none, got {momentum!r:.60}; set its beta1: rule=nn.rules.Adam(beta1=...)"
        )
    if isinstance(found, Momentum) and not named:
        raise ValueError(
            f"momentum: the rule {found!r} has its own, got {momentum!r:.60} besides; give one of them"
        )
    mu = _validation.real("momentum", momentum)
    if isinstance(found, Momentum):
        return type(found)(mu)
    return Momentum(mu) if mu else found


def to_dict(rule: Rule) -> dict[str, Any]:
    """Return the rule's name and numbers, fit for JSON."""
    return {"name": rule.name, **dataclasses.asdict(rule)}  # type: ignore[call-overload]


def from_dict(fields: Any) -> Rule:
    """Return the rule that `to_dict` described; what a file says is checked."""
    if not isinstance(fields, Mapping):
        raise ValueError(f"rule: a dict with a name needed, got {fields!r:.60}")
    numbers = dict(fields)
    kind = BY_NAME[_validation.one_of("rule", numbers.pop("name", None), tuple(BY_NAME))]
    known = [field.name for field in dataclasses.fields(kind)]
    if not numbers.keys() <= set(known):
        raise ValueError(
            f"rule: {kind.__name__} has {', '.join(known) or 'no numbers'}; got {sorted(numbers)}"
        )
    return kind(**numbers)
