"""This baseline is a support vector machine with the defaults of 2013 (chapter 1): 9435 of 10,000 are right.

    python -m nncore.book.mnist_svm

It needs scikit-learn (`pip install scikit-learn`) and takes a few minutes. The book used scikit-learn's
defaults of its time. Of these only gamma has changed; "auto", which is 1/784, was the default then.
"""

from __future__ import annotations

from nncore.book import mnist_loader


def svm_baseline() -> None:
    """Print how many of the test images are classified correctly.

    Examples
    --------
    >>> svm_baseline()  # doctest: +SKIP
    Baseline classifier using an SVM.
    9435 of 10000 values correct.
    """
    training_data, _, test_data = mnist_loader.load_data()
    num_correct = count_correct(training_data, test_data)
    print("Baseline classifier using an SVM.")
    print(f"{num_correct} of {len(test_data[1])} values correct.")


def count_correct(training_data: mnist_loader.Arrays, test_data: mnist_loader.Arrays) -> int:
    """Train a support vector machine, and return the number of test images that it classifies correctly.

    Chapter 3 gives this number for smaller training sets, too: with 1,000 training images, 8387 of the 10,000
    validation images are right.

    Parameters
    ----------
    training_data, test_data : tuple
        `(images (n, 784), labels (n,))`, as `mnist_loader.load_data` returns them.

    Raises
    ------
    ImportError
        scikit-learn is not installed.

    Examples
    --------
    >>> from nncore.book import mnist_loader
    >>> training_data, _, (images, labels) = mnist_loader.load_data("sample")
    >>> few = training_data[0][:500], training_data[1][:500]
    >>> count_correct(few, (images, labels)) > 700  # doctest: +SKIP
    True
    """
    try:
        from sklearn.svm import SVC
    except ImportError as error:
        raise ImportError("mnist_svm needs scikit-learn: pip install scikit-learn") from error
    machine = SVC(gamma="auto")
    machine.fit(*training_data)
    return int((machine.predict(test_data[0]) == test_data[1]).sum())


if __name__ == "__main__":
    svm_baseline()
