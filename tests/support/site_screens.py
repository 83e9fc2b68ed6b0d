"""The screens of the documentation's pages: their answers in JavaScript, by node, and those of the core."""

import copy
import gzip
import math
import sys
from pathlib import Path

import numpy as np

from nncore.play.screens import SCREENS
from support.node import run

SITE = Path(__file__).parents[2] / "docs" / "site"
if str(SITE) not in sys.path:
    sys.path.append(str(SITE))

from screens import bundles, networks  # noqa: E402, F401

SCRIPT = """
import {{ answersOf }} from "@/answers/{screen}.js";
const frames = [];
const push = (name, value) => frames.push([name, typeof value === "function" ? value() : value]);
const answers = await answersOf({{ load: async (name) => given.data[name], push }});
let seen = 0;
const ended = async () => {{ // a training says with its frames whether it runs
  const still = () => frames.length === seen || frames.at(-1)[1].running;
  while (still()) await new Promise((done) => setTimeout(done, 20));
}};
const found = [];
for (const [ask, arguments_] of given.questions) {{
  if (ask !== "wait") seen = frames.length;
  try {{
    found.push(ask === "wait" ? await ended() : await answers[ask](arguments_));
  }} catch (error) {{
    found.push({{ refused: error.message }});
  }}
}}
return {{ found, frames }};
"""


def answered_by_site(root, screen, *questions, data=None):
    """Return what the site answers to questions, (name, arguments), one after the other, and the frames."""
    unpacked = {
        name: np.frombuffer(gzip.decompress(content), np.uint8) for name, content in (data or {}).items()
    }
    said = run(SCRIPT.format(screen=screen), root, data=unpacked, questions=questions)
    return said["found"], said["frames"]


def answered_by_core(screen, *questions, bench=None):
    """Return what the screen's class answers to the same questions, and the frames that it pushes."""
    frames = []
    asked = SCREENS[screen](bench, lambda name, value: frames.append((name, value)))
    found = []
    for name, arguments in questions:
        try:
            found.append(copy.deepcopy(asked.ask(name, arguments)))  # arrays may be live views
        except (ValueError, TypeError) as error:
            found.append({"refused": str(error)})
    asked.close()
    return found, frames


def same(found, wanted, within, path=""):
    """Check that two answers are equal; numbers to `within`, or to this share of numbers above 1."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict), path
        assert set(found) == set(wanted), (path, set(found) ^ set(wanted))
        for key, value in wanted.items():
            same(found[key], value, within, f"{path}.{key}")
    elif isinstance(wanted, np.ndarray):
        assert found.dtype == wanted.dtype, (path, found.dtype, wanted.dtype)
        assert found.shape == wanted.shape, (path, found.shape, wanted.shape)
        if wanted.dtype.kind == "f":
            wanted = wanted.astype(float)
            worst = np.max(np.abs(found - wanted) / np.maximum(1, np.abs(wanted)), initial=0)
            assert worst <= within, (path, worst)
        else:
            np.testing.assert_array_equal(found, wanted, path)
    elif isinstance(wanted, (list, tuple)):
        assert len(found) == len(wanted), path
        for at, (one, other) in enumerate(zip(found, wanted, strict=True)):
            same(one, other, within, f"{path}[{at}]")
    elif isinstance(wanted, float) and not isinstance(wanted, bool):
        if math.isfinite(wanted):
            assert abs(found - wanted) <= within * max(1, abs(wanted)), (path, found, wanted)
        else:
            assert found is None, path  # as JSON has it
    else:
        assert found == wanted, (path, found, wanted)
