"""A table as it comes has gaps, words, labels that count from 1, and rows where columns should be.

What the message says to do is carried out, and a network learns.
"""

import re

import numpy as np
import pytest

import nncore as nn

RNG = np.random.default_rng(0)
X = RNG.standard_normal((200, 4))
CLASSES = (X[:, 0] > 0).astype(int)


def classifier(n_in=4):
    return nn.Network([nn.Dense(10), nn.Softmax(2)], input_shape=(n_in,), seed=0)


def regression(n_out=1):
    return nn.Network([nn.Dense(10), nn.Dense(n_out, "linear")], input_shape=(4,), seed=0)


def told(net, X, y):
    """The message about such data."""
    with pytest.raises((ValueError, TypeError)) as caught:
        net.SGD((X, y), 1, 10, 0.1)
    return str(caught.value)


def carried_out(message, pattern, X, y):
    names = {"np": np, "X": X, "y": y}
    exec(re.search(pattern, message)[1], names)
    return names["X"], names["y"]


def learns(net, X, y):
    net.SGD((X, y), 30, 10, 0.5)
    return net.accuracy((X, y)) > 0.9


def test_a_gap_is_named_with_its_column_and_the_rows_are_left_out():
    gaps = X.copy()
    gaps[3, 2] = gaps[9, 1] = gaps[9, 2] = np.nan
    message = told(classifier(), gaps, CLASSES)
    assert "got nan in row 3, column 2 (2 of 200 rows have one)" in message
    kept, y = carried_out(message, r"leave them out: (.*)$", gaps, CLASSES)
    assert len(kept) == 198
    assert learns(classifier(), kept, y)


def test_a_column_of_one_value_is_named_where_its_std_made_nan_of_it():
    raw = np.c_[X[:, :3], np.full(200, 7.0)]
    mean, std = raw.mean(axis=0), raw.std(axis=0)
    with np.errstate(invalid="ignore"):
        message = told(classifier(), (raw - mean) / std, CLASSES)
    assert "column 3 has one in every row" in message
    assert "X[keep]" not in message  # which would keep no row
    names = {"np": np, "std": std, "X": (raw - mean)}
    exec(re.search(r"(std\[std == 0\] = 1), before", message)[1], names)
    assert learns(classifier(), (raw - mean) / names["std"], CLASSES)
    exec(re.search(r"must go: (X = .*)$", message)[1], names)
    assert names["X"].shape == (200, 3)


def test_inputs_alone_are_taken_from_a_table_and_asked_for_in_place_of_a_pair():
    net = classifier()
    table = nn.datasets.Table(X, CLASSES, list("abcd"), "kind", ["x", "y"], "table")
    assert (net.predict(table) == net.predict(X)).all()
    with pytest.raises(TypeError, match=r"got a pair; its inputs are the first part: X, y = data"):
        net.predict((X, CLASSES))
    with pytest.raises(TypeError, match=r"got an array alone; inputs and answers come as one pair"):
        net.accuracy(X)


@pytest.mark.parametrize("n_out", [1, 2])
def test_a_gap_in_the_targets_is_left_out(n_out):
    y = X[:, :n_out].copy() if n_out > 1 else X[:, 0].copy()
    y[4] = np.nan
    message = told(regression(n_out), X, y)
    assert "got nan in row 4" in message
    kept, y = carried_out(message, r"leave them out: (.*)$", X, y)
    regression(n_out).SGD((kept, y), 1, 10, 0.1)
    assert len(kept) == 199


def test_a_gap_in_the_labels_is_left_out():
    y = np.where(np.arange(200) == 5, np.nan, CLASSES)
    message = told(classifier(), X, y)
    assert "got nan at row 5" in message
    assert learns(classifier(), *carried_out(message, r"leave such rows out: (.*)$", X, y))


def test_a_number_that_float32_cannot_hold_is_called_too_large():
    message = told(classifier(), np.where(X[7, 3] == X, 1e300, X), CLASSES)
    assert "got inf in row 7, column 3: float32 ends at 3.4e+38, so scale them down" in message
    assert "keep" not in message


@pytest.mark.parametrize("columns", [1, 2])
def test_a_column_of_words_becomes_columns_of_0_and_1(columns):
    words = np.array(["north", "south", "west"], object)[RNG.integers(0, 3, (200, columns))]
    table = np.c_[X[:, :1].astype(object), words, X[:, 1:].astype(object)]
    for _ in range(columns):
        message = told(classifier(4 + columns), table, CLASSES)
        assert f"column 1 holds words such as '{table[0, 1]}'" in message
        table, _ = carried_out(
            message, r"for each word: (.*)\. Later data need the same words\.$", table, CLASSES
        )
    assert table.dtype == float
    assert table.shape == (200, 4 + 3 * columns)
    assert learns(classifier(table.shape[1]), table, CLASSES)


def test_words_as_classes():
    words = np.where(CLASSES, "yes", "no")
    message = told(classifier(), X, words)
    assert learns(classifier(), *carried_out(message, r"from words: (.*?)\. Later", X, words))


@pytest.mark.parametrize("names", [["no", "yes"], [1, 2], [-1, 1]])
def test_later_data_get_the_numbers_of_the_same_names(names):
    """Counted by themselves, data that hold some of the classes alone would get other numbers, in silence."""
    given = np.array(names)[CLASSES]
    message = told(classifier(), X, given)
    known = {"np": np, "y": given}
    exec(re.search(r"(names, y = np\.unique\(.*?\))", message)[1], known)
    later = re.search(r"Later data need the same names: (.*)$", message)[1]
    exec(later, known := known | {"y": given[CLASSES == 1]})
    net = classifier()
    net.SGD((X, CLASSES), 30, 10, 0.5)
    assert net.accuracy((X[CLASSES == 1], known["y"])) > 0.9
    with pytest.raises(ValueError, match="not in list"):
        exec(later, known | {"y": ["perhaps"]})


@pytest.mark.parametrize("classes", [True, False])
def test_masked_answers_are_left_out(classes):
    """0 in their place would be an answer."""
    y = CLASSES if classes else X[:, :2]
    net = classifier() if classes else regression(2)
    message = told(net, X, np.ma.masked_array(y, (np.arange(y.size) % 50 == 3).reshape(y.shape)))
    assert "filled" not in message
    kept, y = carried_out(
        message,
        r"leave those out: (.*)$",
        X,
        np.ma.masked_array(y, (np.arange(y.size) % 50 == 3).reshape(y.shape)),
    )
    net.SGD((kept, y), 1, 10, 0.1)
    assert len(kept) == len(X) - (4 if classes else 8)


@pytest.mark.parametrize("y", [CLASSES + 1, 2 * CLASSES - 1, 5.0 * CLASSES + 2])
def test_labels_that_do_not_count_from_0(y):
    message = told(classifier(), X, y)
    X_, y_ = carried_out(message, r"; (names, y = .*?) counts", X, y)
    np.testing.assert_array_equal(y_, CLASSES)
    assert learns(classifier(), X_, y_)


def test_rows_and_columns_that_are_exchanged():
    assert told(classifier(), X.T, CLASSES).endswith("got shape (4, 200); X.T has one example in each row")
    assert told(regression(), X, X[:, :1].T).endswith("got 1; y.T has one in each row")


@pytest.mark.parametrize("y", [CLASSES, CLASSES[:, None], np.eye(2)[CLASSES], CLASSES == 1, CLASSES * 1.0])
def test_forms_of_classes_are_the_same(y):
    one, other = classifier(), classifier()
    one.SGD((X, y), 5, 10, 0.5)
    other.SGD((X, CLASSES), 5, 10, 0.5)
    np.testing.assert_array_equal(one.parameters, other.parameters)


def test_numbers_in_a_row_or_in_a_column_are_the_same():
    one, other = regression(), regression()
    one.SGD((X, X[:, 0]), 5, 10, 0.1)
    other.SGD((X, X[:, :1]), 5, 10, 0.1)
    np.testing.assert_array_equal(one.parameters, other.parameters)
    assert one.predict(X).shape == (200,)


def test_a_value_that_is_no_number_is_named():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(X, columns=list("abcd")).astype("Float64")
    table.loc[7, "c"] = pandas.NA
    assert told(classifier(), table, CLASSES).endswith("; in row 7, column 2 stands <NA>")
    values = X.astype(object)
    values[3, 1] = None
    assert told(classifier(), values, CLASSES).endswith("; in row 3, column 1 stands None")
    targets = X[:, 0].astype(object)
    targets[5] = {}
    assert told(regression(), X, targets).endswith("; in row 5 stands {}")


def test_columns_of_words_in_an_array_of_text():
    table = np.c_[X[:, :1].astype(str), np.where(X[:, 1:2] > 0, "yes", "no")]
    given, y = carried_out(
        told(classifier(2), table, CLASSES), r"(X = np\.asarray\(X\).*?words\])", table, CLASSES
    )
    learns(classifier(3), given, y)
