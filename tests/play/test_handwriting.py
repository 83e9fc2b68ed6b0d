"""My handwriting: a picture's digits are read, corrected and learned; what is said of that is measured."""

import numpy as np
import pytest

import nncore as nn
from nncore.play.screens import Handwriting, lesson
from nncore.play.screens.handwriting import in_boxes
from nncore.play.screens.sheet import example_sheet
from nncore.play.workbench import Stock

pytest.importorskip("PIL", reason="photos are read with Pillow: pip install pillow")
pytest.importorskip("scipy", reason="photos are read with SciPy: pip install scipy")


@pytest.fixture(scope="module")
def stock():
    return Stock()


@pytest.fixture
def pushed():
    return []


@pytest.fixture
def screen(stock, pushed):
    return Handwriting(stock.workbench(), lambda name, value: pushed.append((name, value)))


@pytest.fixture
def few(screen):
    """A screen on which few digits have a label: one training learns them."""
    labels = screen.ask("shown", {})["labels"].copy()
    labels[9:] = -1
    screen.ask("label", {"labels": labels})
    return screen


def test_the_example_is_a_photo_whose_digits_are_found_in_their_order(screen):
    shown = screen.ask("shown", {})
    photo, labels = example_sheet(screen.bench.validation)
    picture = nn.datasets.read_picture(photo)
    assert (labels == np.tile(np.arange(10), 3)).all()
    assert len(picture) == 30
    assert (shown["labels"] == labels).all()
    assert (shown["images"] == picture.images).all()
    outputs = screen.bench.net.feedforward(picture.images)
    assert (shown["outputs"] == outputs).all()
    assert (shown["answers"] == outputs.argmax(axis=1)).all()
    assert shown["right"] == (outputs.argmax(axis=1) == labels).sum()
    assert shown["right"] < 30  # there is something to learn
    assert shown["test"] == screen.bench.net.accuracy(screen.bench.test)


def test_the_example_has_no_digit_of_the_test_set_nor_of_the_training_set(screen, monkeypatch):
    """Its digits are those of the validation set: accuracies on the test digits stay those on unseen ones."""
    drawn = []
    monkeypatch.setattr(
        "nncore.play.screens.sheet.written",
        lambda image, turn: drawn.append(image.tobytes()) or np.zeros((60, 60), np.float32),
    )
    example_sheet(screen.bench.validation)
    others = {image.tobytes() for data in (screen.bench.test, screen.bench.training) for image in data.images}
    assert len(set(drawn)) == 30
    assert not others & set(drawn)


def test_the_steps_are_those_of_read_picture(screen):
    shown = screen.ask("shown", {})
    picture = nn.datasets.read_picture(example_sheet(screen.bench.validation)[0])
    assert (shown["steps"]["grey"] == np.rint(255 * picture.steps["grey"])).all()
    assert ((shown["steps"]["threshold"] > 0) == picture.steps["threshold"]).all()
    ink = picture.steps["ink"]
    np.testing.assert_allclose(shown["steps"]["ink"], 255 * ink / ink.max(), atol=0.5)
    assert (shown["boxes"] == picture.boxes).all()  # the photo is small: it was not reduced


def test_boxes_of_a_large_picture_are_in_pixels_of_its_steps(screen):
    photo, _ = example_sheet(screen.bench.validation)
    large = np.kron(photo[:200], np.ones((2, 2), np.uint8))  # one line of digits
    shown = screen.ask("read", {"picture": large, "name": "large.png"})
    rows, cols = shown["steps"]["grey"].shape
    assert max(rows, cols) == 800
    assert shown["boxes"][:, 2].max() <= cols
    picture = nn.datasets.read_picture(large)
    np.testing.assert_allclose(shown["boxes"] * (2 * 680 / cols), picture.boxes, atol=1)


def test_a_digit_is_in_a_box_of_20_and_its_centre_of_mass_in_the_middle_of_28(screen):
    images = screen.ask("shown", {})["images"]
    small, centres = in_boxes(images)
    assert (small.sum(axis=(1, 2)) == images.sum(axis=(1, 2))).all()  # nothing is cut off
    assert (abs(centres - 14.5) <= 1).all()  # as MNIST's: a pixel's rounding from the middle
    y, x = np.mgrid[:28, :28] + 0.5
    by_hand = [
        [(x * image).sum() / image.sum(), (y * image).sum() / image.sum()] for image in images.astype(float)
    ]
    np.testing.assert_allclose(centres, by_hand, rtol=1e-6)


def test_what_was_learned_is_measured_on_digits_that_were_not_seen(screen, pushed):
    shown = screen.ask("shown", {})
    images, labels = shown["images"], shown["labels"].astype(np.int64)
    net = screen.bench.net
    parameters = net.parameters.copy()
    learned = screen.ask("learn", {})["lesson"]
    assert (net.parameters == parameters).all()  # a copy was trained
    right = 0
    for out in lesson.folds(labels):
        assert 0 < out.sum() < len(labels)
        other = lesson.fine_tuned(net, nn.datasets.Dataset(images[~out], labels[~out]), screen.bench.training)
        answers = other.predict(images[out])
        assert (learned["answers"][out] == answers).all()
        right += int((answers == labels[out]).sum())
    assert learned["right_unseen"] == right
    taught = lesson.fine_tuned(net, nn.datasets.Dataset(images, labels), screen.bench.training)
    assert (taught.parameters == screen.lesson.net.parameters).all()
    assert learned["right_seen"] == (taught.predict(images) == labels).sum()
    assert learned["right_seen"] > right  # what it has seen says too much
    assert right > shown["right"]
    assert learned["test"] == taught.accuracy(screen.bench.test) > 0.9
    assert pushed[-1] == ("progress", {"done": 6, "of": 6})


def test_each_fold_has_its_share_of_each_class():
    masks = lesson.folds(np.tile(np.arange(10), 5))
    assert (np.sum(masks, axis=0) == 1).all()
    for mask in masks:
        assert (np.bincount(np.tile(np.arange(10), 5)[mask]) == 1).all()


def test_the_lines_of_python_do_the_same(few):
    shown = few.ask("shown", {})
    known = shown["labels"] >= 0
    own = {"known": known, "labels": shown["labels"][known].astype(np.int64)}
    train, net = few.bench.training, few.bench.net.copy()
    lines = shown["python"].replace('nn.datasets.read_picture("digits.jpg").images', "images")
    assert lines != shown["python"]
    assert len(lines.splitlines()) <= 6
    exec(lines, {"np": np, "nn": nn, "images": shown["images"], "train": train, "net": net, **own})
    few.ask("learn", {})
    assert (net.parameters == few.lesson.net.parameters).all()


def test_digits_without_a_label_are_neither_counted_nor_learned(screen):
    photo, labels = example_sheet(screen.bench.validation)
    read = screen.ask("read", {"picture": photo, "name": "C:\\photos\\mine.jpg"})
    assert read["name"] == "mine.jpg"
    assert (read["labels"] == -1).all()
    assert (read["known"], read["right"], read["lesson"]) == (0, 0, None)
    with pytest.raises(ValueError, match="No digit has a label yet"):
        screen.ask("learn", {})
    some = labels.astype(np.int8)
    some[::2] = -1
    some[1] = -2
    results = screen.ask("label", {"labels": some})
    assert results["known"] == 14
    assert results["right"] == (results["answers"][some >= 0] == some[some >= 0]).sum()
    learned = screen.ask("learn", {})["lesson"]
    assert ((learned["answers"] >= 0) == (some >= 0)).all()


def test_few_digits_are_learned_but_nothing_is_said_of_others(few):
    results = few.ask("learn", {})
    assert results["known"] == 9 < results["enough"]
    lesson = results["lesson"]
    assert (lesson["answers"], lesson["right_unseen"], lesson["trainings"]) == (None, None, 1)
    assert "images[known]" in results["python"]


def test_the_network_that_has_learned_is_used_everywhere_and_forgotten(few):
    bench, before = few.bench, few.bench.net
    learned = few.ask("learn", {})
    assert bench.net is before
    used = few.ask("use", {})
    assert bench.net is few.lesson.net
    assert used["title"] == "with 9 digits of a photo, 784-30-10"
    assert used["lesson"]["open"]
    assert used["right"] == learned["right"]  # before: of the network that had not seen them
    with pytest.raises(ValueError, match="Forget them first"):
        few.ask("label", {"labels": used["labels"]})
    with pytest.raises(ValueError, match="Forget them first"):
        few.ask("learn", {})
    forgotten = few.ask("forget", {})
    assert bench.net is before
    assert (forgotten["lesson"], forgotten["forgets"], forgotten["title"]) == (None, False, "784-30-10")


def test_digits_that_the_open_network_has_learned_are_known_again(few):
    """The same photo, read again, would show an accuracy on what was trained on: the page is told."""
    photo, _ = example_sheet(few.bench.validation)
    before = few.bench.net
    few.ask("learn", {})
    few.ask("use", {})
    again = few.ask("read", {"picture": photo, "name": "again.png"})
    assert again["read_before"] == 9
    assert again["forgets"]
    assert few.ask("forget", {})["read_before"] == 0
    assert few.bench.net is before


def test_a_lesson_is_forgotten_when_another_network_is_opened(few):
    few.ask("learn", {})
    few.ask("use", {})
    few.bench.net = nn.Network([784, 12, 10], seed=4)
    shown = few.ask("shown", {})
    assert (shown["lesson"], shown["forgets"]) == (None, False)
    assert (shown["outputs"] == few.bench.net.feedforward(shown["images"])).all()


def test_other_networks_that_read_digits_learn_too(few):
    layers = [nn.Dense(20, "relu"), nn.Softmax(10)]
    net = nn.Network(layers, input_shape=(784,), init="he", seed=1)
    net.SGD(few.bench.training, 1, 10, 0.03, progress=False)
    few.bench.net, few.bench.name = net, "relu.npz"
    results = few.ask("shown", {})
    learned = few.ask("learn", {})["lesson"]
    assert learned["right_seen"] > results["right"]
    assert learned["test"] > 0.85
    assert few.ask("use", {})["title"] == "relu.npz with 9 digits of a photo, 784-20-10"


def test_a_network_that_reads_no_digits_is_refused_with_a_sentence(screen):
    screen.bench.net = nn.Network([2, 3, 1], seed=0)
    with pytest.raises(ValueError, match=r"2-3-1, does not take 28 x 28 pixels and answer a digit"):
        screen.ask("shown", {})


@pytest.mark.parametrize(
    ("picture", "text"),
    [
        (np.zeros((3, 4), np.float32), "bytes of shape"),
        (np.zeros(12, np.uint8), "bytes of shape"),
        ("photo", "bytes of shape"),
        (np.zeros((4001, 2), np.uint8), "at most 4,000 pixels a side"),
        (np.full((100, 100), 200, np.uint8), "nothing is written here"),
        (np.zeros((0, 5), np.uint8), "needed"),
    ],
)
def test_what_is_no_picture_is_refused_and_the_sheet_stays(screen, picture, text):
    screen.ask("shown", {})
    with pytest.raises((ValueError, TypeError), match=text):
        screen.ask("read", {"picture": picture, "name": "x.png"})
    assert len(screen.ask("shown", {})["labels"]) == 30


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (np.zeros(29, np.int8), "labels: 30 whole numbers needed"),
        (np.full(30, 10, np.int8), "numbers from -2 to 9 needed, got 10 to 10"),
        (np.full(30, -3, np.int8), "numbers from -2 to 9 needed"),
        (np.zeros(30, np.float32), "labels: 30 whole numbers needed, got float32"),
    ],
)
def test_labels_are_checked(screen, labels, text):
    screen.ask("shown", {})
    with pytest.raises(ValueError, match=text):
        screen.ask("label", {"labels": labels})


def test_a_digit_of_mnist_is_read_as_it_is(screen):
    shown = screen.ask("read", {"picture": screen.bench.test.images[3], "name": "one.png"})
    assert (shown["images"][0] == screen.bench.test.images[3]).all()
    assert (shown["steps"]["ink"], shown["steps"]["threshold"]) == (None, None)
