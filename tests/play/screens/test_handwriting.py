"""My handwriting: a photo is uploaded, its digits are corrected by keys and learned, and numbers compared."""

import io
import re

import numpy as np
import pytest
from support.page import DESK, PHONE, Served, overflow, values

import nncore as nn
from nncore.play.screens.sheet import example_sheet

Image = pytest.importorskip("PIL.Image", reason="photos are read with Pillow: pip install pillow")
pytest.importorskip("scipy", reason="photos are read with SciPy: pip install scipy")


@pytest.fixture(scope="module")
def sheet():
    """A photo with the labels of its digits, and the digits that the core finds in it."""
    photo, labels = example_sheet(nn.datasets.load_sample()[1])
    photo = photo[:260]  # two lines
    return photo, labels[:20], nn.datasets.read_picture(photo).images


def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def upload(page, name, content):
    """Give a file to the button, as a reader does."""
    page.wait_for_selector(".digits")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a picture…").click()
    kind = {"png": "image/png", "jpg": "image/jpeg"}.get(name[-3:], "text/plain")
    chooser.value.set_files({"name": name, "mimeType": kind, "buffer": content})


def digits(page, what):
    """Return the labels or answers that stand under the digits, in the order of the sheet."""
    found = page.eval_on_selector_all(
        "[data-digit]", f"all => all.map(one => [Number(one.dataset.digit), Number(one.dataset.{what})])"
    )
    return [value for _, value in sorted(found)]


def accuracy(page, kind, when):
    return values(page, f"[data-accuracy={kind}] [data-when={when}]")


def test_a_photo_is_read_corrected_by_keys_and_learned(open_page, served, sheet, tmp_path):
    photo, labels, images = sheet
    net = served.network
    answers = net.predict(images)
    page = open_page("#handwriting")
    upload(page, "mine.png", png(photo))
    page.wait_for_selector("h3:text-is('mine.png')")
    assert page.locator("[data-found]").inner_text() == "20 digits, dark ink on light paper"
    assert digits(page, "answer") == answers.tolist()
    assert digits(page, "label") == [-1] * 20
    assert accuracy(page, "hand", "before") == []  # nothing is counted that nobody has checked
    assert page.get_by_role("button", name="Learn these too").is_disabled()
    shown = page.evaluate(
        "() => [...document.querySelectorAll('[data-digit] nn-picture')].map(one => [...one.values])"
    )
    np.testing.assert_allclose(shown, images.reshape(20, -1) / 255, atol=1e-7)
    page.keyboard.type("".join(map(str, labels)))  # as they are written, faster than the core answers
    page.wait_for_function("() => document.querySelector('[data-accuracy=hand]').innerText.includes('of 20')")
    assert digits(page, "label") == labels.tolist()
    right = int((answers == labels).sum())
    assert accuracy(page, "hand", "before") == [right / 20]
    assert accuracy(page, "test", "before") == [net.accuracy(nn.datasets.load_sample()[2])]
    page.get_by_role("button", name="Learn these too").click()
    page.wait_for_selector("[data-unseen]", timeout=30_000)
    unseen = digits(page, "answer")
    kept = sum(one == label for one, label in zip(unseen, labels, strict=True))
    assert accuracy(page, "hand", "after") == [kept / 20]
    assert page.locator("[data-unseen]").get_attribute("data-unseen") == str(kept - right)
    said = page.locator(".learned").inner_text()
    assert "On digits of this hand that it has not seen" in said
    assert "says nothing about new ones" in said
    (after,) = accuracy(page, "test", "after")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as HTML").click()
    download.value.save_as(tmp_path / "page.html")
    taught = nn.load(tmp_path / "page.html")
    assert f"it now gets {(taught.predict(images) == labels).sum()} right" in said
    page.get_by_role("button", name="Use it everywhere").click()
    page.wait_for_function(
        "() => document.querySelector('.rail .foot').innerText.includes('20 digits of a photo')"
    )
    page.goto(re.sub("#.*", "#draw", page.url))  # the other screens have it, too
    page.wait_for_selector("[data-output]")
    assert page.evaluate("() => document.querySelector('.rail .foot').innerText").endswith("photo, 784-30-10")
    page.goto(re.sub("#.*", "#handwriting", page.url))
    page.wait_for_selector("[data-unseen]")  # the screen is as it was left
    assert accuracy(page, "test", "after") == [after]
    page.get_by_role("button", name="Forget").click()
    page.wait_for_function("() => !document.querySelector('.rail .foot').innerText.includes('photo')")
    assert accuracy(page, "hand", "after") == []


def test_the_worked_example_is_there_with_its_wrong_ones_first(open_page, served):
    _, validation, test = nn.datasets.load_sample()
    photo, labels = example_sheet(validation)
    images = nn.datasets.read_picture(photo).images
    answers = served.network.predict(images)
    page = open_page("#handwriting")
    page.wait_for_selector(".digits")
    order = page.eval_on_selector_all("[data-digit]", "all => all.map(one => Number(one.dataset.digit))")
    wrong = np.flatnonzero(answers != labels)
    assert order == [*wrong, *np.flatnonzero(answers == labels)]
    assert page.locator(".digits .wrong").count() == len(wrong)
    k = int(wrong[0])
    assert page.locator(f"[data-digit='{k}'] .under").inner_text() == f"{labels[k]}, says {answers[k]}"
    outputs = served.network.feedforward(images)[k]
    best, second = np.argsort(-outputs)[:2]
    assert page.locator("[data-said]").inner_text() == (
        f"It answers {best}, not {labels[k]}: {outputs[best]:.3f}. Next is {second}, {outputs[second]:.3f}."
    )
    assert accuracy(page, "hand", "before") == [(answers == labels).mean()]
    assert accuracy(page, "test", "before") == [served.network.accuracy(test)]
    assert page.locator("nn-step").count() == 6
    page.get_by_role("tab", name="As written").click()
    page.wait_for_function("() => document.querySelector('[data-digit]').dataset.digit === '0'")


def test_everything_works_by_keyboard(open_page):
    page = open_page("#handwriting?order=written")
    page.wait_for_selector(".digits")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.dataset.digit") == "0":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.dataset.digit === '7'")
    page.keyboard.press("x")
    page.wait_for_selector("[data-digit='7'][data-label='-2']")
    page.wait_for_function("() => document.activeElement.dataset.digit === '8'")
    page.keyboard.press("3")
    page.wait_for_selector("[data-digit='8'][data-label='3']")
    page.keyboard.press("Control+z")
    page.wait_for_selector("[data-digit='8'][data-label='8']")
    page.keyboard.press("Control+z")
    page.wait_for_selector("[data-digit='7'][data-label='7']")


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_is_dropped_or_pasted(open_page, sheet, way):
    page = open_page("#handwriting")
    page.wait_for_selector(".digits")
    page.evaluate(
        """([bytes, way]) => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(bytes)], "given.png", { type: "image/png" }));
          const usual = { bubbles: true, cancelable: true };
          const event = way === "drop" ? new DragEvent("drop", { dataTransfer: data, ...usual })
            : new ClipboardEvent("paste", { clipboardData: data, ...usual });
          document.querySelector(".screen").dispatchEvent(event);
        }""",
        [list(png(sheet[0])), way],
    )
    page.wait_for_selector("h3:text-is('given.png')")
    assert page.locator("[data-digit]").count() == 20


def test_what_is_no_picture_is_refused_and_the_sheet_stays(open_page):
    page = open_page("#handwriting")
    upload(page, "notes.txt", b"0 1 2 3")
    page.wait_for_selector("[role=alert]")
    assert page.locator("[role=alert]").inner_text() == (
        "notes.txt: not a picture that this browser can read. Save it as PNG or JPEG."
    )
    assert page.locator("[data-digit]").count() == 30
    upload(page, "white.png", png(np.full((300, 400), 240, np.uint8)))
    page.wait_for_function(
        "() => document.querySelector('[role=alert]')?.innerText.includes('nothing is written here')"
    )
    assert page.locator("[data-digit]").count() == 30


def test_a_large_colour_photo_is_reduced_and_light_ink_is_known(open_page):
    photo = np.zeros((1000, 4000), np.uint8)
    for k, image in enumerate(nn.datasets.load_sample()[2].images[:4]):
        photo[80:920, 80 + 960 * k : 920 + 960 * k] = np.kron(image, np.ones((30, 30), np.uint8))
    page = open_page("#handwriting")
    upload(page, "large.png", png(np.stack([photo] * 3, axis=2)))
    page.wait_for_selector("h3:text-is('large.png')", timeout=20_000)
    assert page.locator("[data-found]").inner_text() == "4 digits, light ink on dark paper"


def test_a_photo_of_a_phone_that_was_held_upright_is_turned(open_page, sheet):
    """Its pixels lie on their side, and its EXIF data say so."""
    turned = Image.fromarray(sheet[0]).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned to the right
    file = io.BytesIO()
    turned.save(file, "JPEG", quality=95, exif=exif)
    page = open_page("#handwriting")
    upload(page, "phone.jpg", file.getvalue())
    page.wait_for_selector("h3:text-is('phone.jpg')")
    assert page.locator("[data-digit]").count() == 20
    size = page.evaluate("() => [...document.querySelector('nn-step').shown.bytes.shape]")
    assert size == list(sheet[0].shape)


def test_grey_values_are_those_that_the_core_makes_of_colours(open_page):
    """The browser makes the same grey of colours as the core; what is transparent is paper."""
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (6, 7, 4), dtype=np.uint8)
    page = open_page("#handwriting")
    grey = page.evaluate(
        """async (colours) => {
          const { greyPixels } = await import("/screens/handwriting/photo.js");
          return [...greyPixels(Uint8ClampedArray.from(colours))];
        }""",
        colours.ravel().tolist(),
    )
    from nncore.datasets.picture import _grey_of_array

    np.testing.assert_allclose(np.reshape(grey, (6, 7)), 255 * _grey_of_array(colours).values, atol=0.51)


def test_a_network_that_reads_no_digits_says_so(open_page):
    served = Served(nn.Network([2, 3, 1], seed=1), "xor.npz")
    try:
        page = open_page("#handwriting", server=served)
        page.wait_for_selector("[role=alert]")
        assert "xor.npz, 2-3-1, does not take 28 x 28 pixels" in page.locator("[role=alert]").inner_text()
    finally:
        served.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_and_nothing_scrolls(open_page, theme):
    for size in (DESK, {"width": 1920, "height": 1080}):
        page = open_page("#handwriting", size=size, color_scheme=theme)
        page.wait_for_selector(".digits")
        assert overflow(page) == {"wide": 0, "high": 0, "cut": []}
    page = open_page("#handwriting", size=PHONE, touch=True, color_scheme=theme)
    page.wait_for_selector(".digits")
    assert overflow(page)["wide"] == 0
