"""The words that arguments choose from, as types: an editor completes them, and a type checker knows them.

Each stands here once. `words` gives the words of a choice to what checks them at run time.

>>> from nncore import choices
>>> choices.words(choices.Cost)
('quadratic', 'cross-entropy', 'log-likelihood')
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

Activation: TypeAlias = Literal["sigmoid", "tanh", "relu", "linear"]
Cost: TypeAlias = Literal["quadratic", "cross-entropy", "log-likelihood"]
DType: TypeAlias = Literal["float32", "float64"]
Init: TypeAlias = Literal["scaled", "large", "he", "glorot", "zeros"]
Measure: TypeAlias = Literal[
    "evaluation_cost", "evaluation_accuracy", "training_cost", "training_accuracy", "learning_speeds"
]
Method: TypeAlias = Literal["L-BFGS-B", "CG", "BFGS", "Newton-CG"]
Padding: TypeAlias = Literal["valid", "same"]
RuleName: TypeAlias = Literal["sgd", "momentum", "nesterov", "adam"]
Vote: TypeAlias = Literal["vote", "mean"]


def words(choice: Any) -> tuple[str, ...]:
    """Return the words of a choice.

    Examples
    --------
    >>> words(Cost)
    ('quadratic', 'cross-entropy', 'log-likelihood')
    """
    return get_args(choice)
