"""Columns and classes are those of the training by their names, not by their places alone."""

import re
import warnings

import numpy as np
import pytest

import nncore as nn

pandas = pytest.importorskip("pandas")
NAMES = ["age", "income", "debt"]
RNG = np.random.default_rng(0)
TABLE = pandas.DataFrame(RNG.standard_normal((60, 3)), columns=NAMES)
Y = (TABLE["age"] > 0).to_numpy().astype(int)
OTHER_ORDER = TABLE[["debt", "age", "income"]]


@pytest.fixture
def net():
    net = nn.Network([3, 4, 2], seed=0)
    net.SGD((TABLE, Y), 2, 10, 0.5)
    return net


def read(tmp_path, text, **options):
    path = tmp_path / "table.csv"
    path.write_text(text)
    return nn.datasets.read_csv(path, "kind", **options)


CSV = "a,b,kind\n1,2,no\n3,5,yes\n2,8,no\n4,4,yes\n"
TURNED = "b,kind,a\n2,no,1\n5,yes,3\n8,no,2\n4,yes,4\n"


ASKED = {
    "predict": lambda net, X, y: net.predict(X),
    "predict, one row": lambda net, X, y: net.predict(X.iloc[0]),
    "feedforward": lambda net, X, y: net.feedforward(X),
    "activations": lambda net, X, y: net.activations(X),
    "accuracy": lambda net, X, y: net.accuracy((X, y)),
    "cost": lambda net, X, y: net.cost((X, y)),
    "cost, a list": lambda net, X, y: net.cost([X, y]),
    "backprop": lambda net, X, y: net.backprop(X, y),
    "learning_speeds": lambda net, X, y: net.learning_speeds((X, y)),
    "evaluation_data": lambda net, X, y: net.SGD((TABLE, Y), 1, 10, 0.5, evaluation_data=(X, y)),
    "evaluation_data of minimize": lambda net, X, y: net.minimize(
        (TABLE, Y), maxiter=1, evaluation_data=(X, y)
    ),
    "SGD": lambda net, X, y: net.SGD((X, y), 1, 10, 0.5),
    "minimize": lambda net, X, y: net.minimize((X, y), maxiter=1),
    "average": lambda net, X, y: nn.distributed.average(
        net, (X, y), workers=1, rounds=1, mini_batch_size=10, eta=0.5
    ),
    "diagnose": lambda net, X, y: nn.diagnose(net, (X, y)),
    "predict of an ensemble": lambda net, X, y: nn.Ensemble([net]).predict(X),
    "accuracy of an ensemble": lambda net, X, y: nn.Ensemble([net]).accuracy((X, y)),
    "errors of an ensemble": lambda net, X, y: nn.Ensemble([net]).errors((X, y)),
    "SGD of an ensemble": lambda net, X, y: nn.Ensemble([net]).SGD((X, y), 1, 10, 0.5),
    "a copy": lambda net, X, y: net.copy("float64").predict(X),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_columns_in_another_order_are_refused(net, ask):
    before = net.parameters.copy()
    with pytest.raises(ValueError, match="column 0 is 'debt' here, and was 'age' in the training"):
        ask(net, OTHER_ORDER, Y)
    assert (net.parameters == before).all()
    ask(net, TABLE, Y)


def test_what_the_message_says_puts_them_in_order(net):
    wide = OTHER_ORDER.assign(more=1.0)
    for X in (OTHER_ORDER, wide):
        with pytest.raises(ValueError, match="in the training") as caught:
            net.predict(X)
        names = {"net": net, "X": X}
        setting, expression = re.search(
            r"with (names = \S+), (X\[list\(names\)\])", str(caught.value)
        ).groups()
        exec(setting, names)
        assert (net.predict(eval(expression, names)) == net.predict(TABLE)).all()


def test_other_columns_are_refused_unless_their_names_are_left_out(net):
    renamed = TABLE.rename(columns={"age": "years"})
    with pytest.raises(
        ValueError, match="trained on a column 'age', which is not among these: years"
    ) as caught:
        net.predict(renamed)
    expression = re.search(r"(np\.asarray\(X\)) leaves", str(caught.value))[1]
    assert (net.predict(eval(expression, {"np": np, "X": renamed})) == net.predict(TABLE)).all()
    net.SGD((renamed, Y), 1, 10, 0.5)  # it is trained on something else, and remembers that
    assert net.training_record.data.columns == ("years", "income", "debt")
    net.predict(renamed)


def test_columns_without_names_are_taken_as_they_come(net):
    numbered = pandas.DataFrame(TABLE.to_numpy())
    assert (net.predict(numbered) == net.predict(TABLE)).all()
    nameless = nn.Network([3, 4, 2], seed=0)
    nameless.SGD((TABLE.to_numpy(), Y), 1, 10, 0.5)
    assert nameless.training_record.data.columns is None
    nameless.predict(OTHER_ORDER)  # as scikit-learn does, whose warning would come for every answer


def test_a_file_keeps_the_names(net, tmp_path):
    for name in ("net.npz", "net.onnx", "net.safetensors"):
        pytest.importorskip("onnx" if name.endswith("onnx") else "safetensors" if "safe" in name else "numpy")
        net.save(tmp_path / name)
        with pytest.raises(ValueError, match="column 0 is 'debt'"):
            nn.load(tmp_path / name).predict(OTHER_ORDER)


def test_trainings_elsewhere_keep_the_names():
    ensemble = nn.Ensemble([nn.Network([3, 2], seed=0)])
    ensemble.SGD((TABLE, Y), 1, 10, 0.5)
    results = nn.sweep(
        {"eta": [0.1]},
        (TABLE, Y),
        seeds=1,
        layers=[3, 2],
        epochs=1,
        mini_batch_size=10,
        monitor="training_cost",
    )
    averaged = nn.Network([3, 2], seed=0)
    nn.distributed.average(averaged, (TABLE, Y), workers=2, rounds=1, mini_batch_size=5, eta=0.1)
    for trained in (ensemble[0], results.best().networks[0], averaged):
        assert trained.training_record.data.columns == tuple(NAMES)
        with pytest.raises(ValueError, match="column 0 is 'debt'"):
            trained.predict(OTHER_ORDER)


def test_an_estimator_refuses_them_as_scikit_learn_does_and_its_network_too():
    pytest.importorskip("sklearn")
    from nncore.sklearn import NNClassifier

    for solver in ("adam", "lbfgs"):
        estimator = NNClassifier((4,), solver=solver, max_iter=5, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(TABLE, Y)
        with pytest.raises(ValueError, match="same order as they were in fit"):
            estimator.predict(OTHER_ORDER)
        with pytest.raises(ValueError, match="column 0 is 'debt'"):
            estimator.network_.predict(OTHER_ORDER)
        assert len(estimator.predict(TABLE)) == len(estimator.network_.predict(TABLE)) == 60


def test_tables_of_files_are_compared_too(tmp_path):
    table = read(tmp_path, CSV)
    net = nn.Network([2, 2], seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.SGD(table, 1, 2, 0.1)
    with pytest.raises(ValueError, match="column 0 is 'b' here, and was 'a'") as caught:
        net.accuracy(read(tmp_path, TURNED))
    assert "columns=names for nn.datasets.read_csv" in str(caught.value)
    again = read(tmp_path, TURNED, columns=net.training_record.data.columns)
    assert net.accuracy(again) == net.accuracy(table)
    bare = read_numbered(tmp_path)
    assert net.accuracy(bare) == net.accuracy(table)


def read_numbered(tmp_path):
    """The same table without a line of names."""
    path = tmp_path / "bare.csv"
    path.write_text(CSV.split("\n", 1)[1])
    return nn.datasets.read_csv(path, -1)


@pytest.fixture
def of_classes():
    images = np.eye(3, dtype=np.uint8).repeat(4, axis=0) * 255
    data = nn.Dataset(images, np.arange(12) // 4, class_names=["cat", "dog", "owl"])
    net = nn.Network([3, 3], seed=0)
    net.SGD(data, 1, 3, 0.5)
    return net, data


def renamed(data, *names):
    return nn.Dataset(data.images, data.labels % len(names), class_names=names)


def test_a_class_that_has_another_number_is_refused(of_classes):
    net, data = of_classes
    for other in (
        renamed(data, "dog", "cat", "owl"),
        renamed(data, "cat", "owl"),
        renamed(data, "ant", "cat", "owl"),
    ):
        for ask in (net.accuracy, net.cost, nn.Ensemble([net]).accuracy):
            with pytest.raises(
                ValueError, match=r"class \d is '\w+' here, and was '\w+' in the training; classes="
            ):
                ask(other)
        with pytest.raises(ValueError, match="in the training; classes="):
            net.SGD(data, 1, 3, 0.5, evaluation_data=other)
    with pytest.raises(ValueError, match="class 0 is 'dog' here"):
        net.SGD(renamed(data, "dog", "cat", "owl"), 1, 3, 0.5)
    net.accuracy(renamed(data, "cat", "dog"))
    net.SGD(renamed(data, "ant", "cat", "owl"), 1, 3, 0.5)  # another task


def test_classes_that_are_called_otherwise_warn(of_classes):
    net, data = of_classes
    with pytest.warns(UserWarning, match="class 0 is 'Katze' here, and was 'cat' in the training"):
        net.accuracy(renamed(data, "Katze", "Hund", "Eule"))
    assert len(net.predict(renamed(data, "Katze", "Hund", "Eule"))) == 12


def test_classes_numbered_as_the_message_says(tmp_path):
    pytest.importorskip("PIL")
    from PIL import Image

    for folder, names in (("train", ("ant", "bee", "cow")), ("test", ("bee", "cow"))):
        for name in names:
            (tmp_path / folder / name).mkdir(parents=True)
            for k in range(3):
                value = 80 * ("ant", "bee", "cow").index(name) + k
                Image.new("L", (2, 2), value).save(tmp_path / folder / name / f"{k}.png")
    net = nn.Network([4, 3], seed=0)
    net.SGD(nn.datasets.read_folder(tmp_path / "train"), 1, 3, 0.5)
    with pytest.raises(ValueError, match="class 0 is 'bee' here") as caught:
        net.accuracy(nn.datasets.read_folder(tmp_path / "test"))
    option = re.search(r"(classes=\S+), for", str(caught.value))[1]
    test = eval(f"nn.datasets.read_folder(path, {option})", {"nn": nn, "net": net, "path": tmp_path / "test"})
    assert 0 <= net.accuracy(test) <= 1
    assert test.labels.tolist() == [1, 1, 1, 2, 2, 2]


class Frame:
    """A table of Polars, or of pyarrow, whose `columns` are arrays. The tests install neither."""

    def __init__(self, names, arrow):
        self.names = list(names)
        self.columns = [object() for _ in names] if arrow else self.names
        if arrow:
            self.column_names = self.names

    def __array__(self, dtype=None, copy=None):
        return TABLE[self.names].to_numpy()

    def __len__(self):
        return len(TABLE)


@pytest.mark.parametrize("arrow", [False, True])
def test_other_tables_with_names_are_known_by_them(arrow):
    net = nn.Network([3, 4, 2], seed=0)
    net.SGD((Frame(NAMES, arrow), Y), 1, 10, 0.5)
    assert net.training_record.data.columns == tuple(NAMES)
    with pytest.raises(ValueError, match="column 0 is 'debt'"):
        net.predict(Frame(OTHER_ORDER.columns, arrow))
    assert len(net.predict(Frame(NAMES, arrow))) == 60


def test_answers_in_another_order_than_the_rows_of_a_table_are_refused(net):
    X = TABLE.sample(frac=1, random_state=0)
    y = pandas.Series(Y, TABLE.index)
    for use in (net.accuracy, net.cost, lambda data: net.SGD(data, 1, 10, 0.5)):
        with pytest.raises(
            ValueError, match="y: its rows have the labels of those of X, in another order"
        ) as caught:
            use((X, y))
    names = {"X": X, "y": y, "np": np}
    exec(re.search(r"(y = y\.loc\[X\.index\])", str(caught.value))[1], names)
    assert net.accuracy((X, names["y"])) == net.accuracy((TABLE, y))
    net.accuracy((X, np.asarray(y)))
    net.accuracy((X.reset_index(drop=True), y))
    net.accuracy((X.set_axis([f"r{i}" for i in range(60)]), y))  # labels of something else
