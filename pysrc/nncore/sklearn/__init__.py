"""Estimators of scikit-learn whose networks are nncore's: `NNClassifier` and `NNRegressor`.

They have the parameters and attributes of scikit-learn's `MLPClassifier` and `MLPRegressor`, and more. This
package alone imports scikit-learn:

    classifier.py   NNClassifier: classes or several labels, and their probabilities
    regressor.py    NNRegressor: numbers
    base.py         what both do in fit and partial_fit
    fitted.py       a fitted network: its outputs and attributes
    settings.py     their parameters, checked, in the terms of `Network` and `SGD`
    follower.py     what happens after each epoch: scores, early stopping, learning rates
    split.py        which examples early stopping validates on
    versions.py     what differs between versions of scikit-learn

>>> from sklearn.datasets import make_moons
>>> from nncore.sklearn import NNClassifier
>>> X, y = make_moons(200, noise=0.1, random_state=0)
>>> NNClassifier((16,), solver="lbfgs", random_state=0).fit(X, y).score(X, y) > 0.98
True
"""

try:
    import sklearn  # noqa: F401
except ImportError:
    raise ImportError("nncore.sklearn: scikit-learn is needed: pip install scikit-learn") from None

from nncore.sklearn.classifier import NNClassifier
from nncore.sklearn.regressor import NNRegressor

__all__ = ["NNClassifier", "NNRegressor"]


def __dir__() -> list[str]:
    return __all__
