"""What a call must be: an answer of finite numbers, or a refusal in a sentence of nncore's own."""

import ast
import functools
import re
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np
from values import Planted

import nncore as nn

PACKAGE = Path(nn.__file__).parent
REPOSITORY = Path(__file__).parents[2]
REFUSALS = (ValueError, TypeError, nn.DivergenceError, OSError, ImportError, AttributeError, IndexError)
ALLOWED_WARNINGS = (UserWarning,)  # NotLearningWarning is one


@functools.cache
def lines_that_raise(file):
    """The numbers of the lines of raise statements in a file."""
    text = Path(file).read_text()
    if file.endswith(".py"):
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Raise)]
        return {line for node in nodes for line in range(node.lineno, node.end_lineno + 1)}
    lines, inside, found = text.splitlines(), False, set()
    for number, line in enumerate(lines, 1):  # of Cython: a statement goes on while it is indented further
        begins = re.match(r"\s*(if .*: )?raise ", line) is not None
        inside = begins or (inside and lines[number - 2].rstrip().endswith((",", '"', "(", "and", "or")))
        if inside:
            found.add(number)
    return found


def is_of_nncore(error):
    """Whether an exception was raised by a raise statement of the package, and not within NumPy or Python."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    for file in (Path(frame.filename), REPOSITORY / frame.filename):
        if file.is_absolute() and file.exists():
            inside = PACKAGE in file.parents or REPOSITORY / "nncore" in file.parents
            return inside and frame.lineno in lines_that_raise(str(file))
    return False


def is_of_the_call(error):
    """Whether Python itself refused the call: a wrong name or number of arguments."""
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, TypeError) and Path(frames[-1].filename).parent == Path(__file__).parent


def fault_of_refusal(error, names):
    """What is wrong with an exception, or ""; `names` are those of the arguments."""
    if isinstance(error, Planted):
        return ""
    if isinstance(error, OSError) and not isinstance(error, FloatingPointError):
        return ""
    if not isinstance(error, REFUSALS) or not (is_of_nncore(error) or is_of_the_call(error)):
        return f"not a refusal of nncore's own: {shown(error)}"
    text = str(error)
    if len(text) < 15 or len(text) > 1000:
        return f"not a sentence: {text:.2000}"
    words = set(re.findall(r"\w+", text))
    if names and not words & names:
        return f"it names none of {sorted(names)}: {text}"
    return ""


def shown(error):
    """An exception with its last frames."""
    return "".join(traceback.format_exception(error, limit=-5))[-1800:]


def fault_of_warnings(caught):
    """What is wrong with the warnings of a call, or ""."""
    for warning in caught:
        if not issubclass(warning.category, ALLOWED_WARNINGS):
            place = f"{warning.filename}:{warning.lineno}"
            return f"{warning.category.__name__} at {place}: {warning.message}"
    return ""


def arrays_in(value, depth=0):
    """All arrays within a value."""
    if isinstance(value, np.ndarray):
        yield value
        if value.base is not None and isinstance(value.base, np.ndarray):
            yield value.base
    elif isinstance(value, nn.Dataset):
        yield from (value.images, value.labels)
    elif isinstance(value, (list, tuple)) and depth < 4:
        for each in value:
            yield from arrays_in(each, depth + 1)
    elif isinstance(value, dict) and depth < 4:
        for each in value.values():
            yield from arrays_in(each, depth + 1)
    elif hasattr(value, "array") and isinstance(value.array, np.ndarray):
        yield value.array


def fingerprint(value):
    """The contents of all arrays in a value: they must be the same after a call."""
    return [
        (
            array.shape,
            str(array.dtype),
            array.flags.writeable,
            repr(array) if array.dtype.hasobject else array.tobytes(),
        )
        for array in arrays_in(value)
    ]


def bits(value, depth=0):
    """A value as something that is equal for equal bits, also of NaN."""
    if isinstance(value, np.ndarray):
        return value.shape, str(value.dtype), value.tobytes() if not value.dtype.hasobject else repr(value)
    if isinstance(value, nn.Network):
        return "network", value.sizes, value.epochs_trained, value.parameters.tobytes()
    if isinstance(value, nn.History):
        columns = value.to_dict()
        for name in ("seconds", "elapsed", "threads", "stopped"):
            columns.pop(name, None)
        return repr(columns)
    if isinstance(value, (list, tuple)) and depth < 5:
        return type(value).__name__, [bits(each, depth + 1) for each in value]
    if isinstance(value, (int, float, str, bytes, bool, type(None), np.generic)):
        return repr(value)
    return type(value).__name__


def is_finite(value, depth=0):
    """Whether all numbers in a value are finite."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return bool(np.isfinite(value).all())
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, (list, tuple)) and depth < 4:
        return all(is_finite(each, depth + 1) for each in value)
    return True


def outcome(function, arguments, named):
    """Call a function: (result, exception, warnings)."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            return function(*arguments, **named), None, list(caught)
        except Exception as error:
            return None, error, list(caught)
        finally:
            sys.last_value = None
