"""A support vector machine as it came in 2013 (chapter 1): 9435 of 10,000.

    python -m nncore.book.mnist_svm

Needs scikit-learn (`pip install "nncore[sklearn]"`) and some minutes. The book took the defaults of its time;
gamma is the one that has changed since, and "auto" what it was: 1/784.
"""

from __future__ import annotations

from nncore.book import mnist_loader


def svm_baseline() -> None:
    """Print how many of the test images the machine gets right."""
    training_data, _, test_data = mnist_loader.load_data()
    num_correct = count_correct(training_data, test_data)
    print("Baseline classifier using an SVM.")
    print(f"{num_correct} of {len(test_data[1])} values correct.")


def count_correct(training_data: mnist_loader.Arrays, test_data: mnist_loader.Arrays) -> int:
    """Train on `(images, labels)`, and count the test images that are classified correctly.

    Chapter 3 gives the count for smaller training sets too: 8387 of the 10,000 validation images after 1,000.

    Raises
    ------
    ImportError
        Where scikit-learn is missing.
    """
    try:
        from sklearn.svm import SVC
    except ImportError as error:
        raise ImportError('mnist_svm needs scikit-learn: pip install "nncore[sklearn]"') from error
    machine = SVC(gamma="auto")
    machine.fit(*training_data)
    return int((machine.predict(test_data[0]) == test_data[1]).sum())


if __name__ == "__main__":
    svm_baseline()
