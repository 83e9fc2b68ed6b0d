"""Call the public API with values of every kind: a call must answer, or refuse in a sentence of its own.

    python tests/fuzz/calls.py --calls 500000               a long round, with a new seed
    python tests/fuzz/calls.py --seed 7 --only 4711         one call again, with its traceback

A call is drawn from a grammar (`subjects.py`) with right, borderline and wrong values (`values.py`). It must
answer with finite numbers, or raise one of the documented errors, by a raise statement of nncore's own and
with the name of an argument. It must not change the arrays that it is given, nor warn of nncore's own
arithmetic; it must do the same the second time; and a refused call leaves the network as it was. Calls are
made in batches, each in a process of its own with limits (see `batches.py`).
"""

import collections
import contextlib
import os
import random
import re
import signal
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import numpy as np  # noqa: E402
import oracle  # noqa: E402
import subjects  # noqa: E402
import values  # noqa: E402
from batches import MEMORY, Driver  # noqa: E402
from case import Call, Case  # noqa: E402

import nncore as nn  # noqa: E402


def spin():
    while True:
        pass


def change(array):
    array += 1


def half_done(net):
    net.parameters[0] += 1
    raise ValueError("net: a sentence that is long enough, but too late")


def planted(function, *arguments, **named):
    return lambda c: Call(function, arguments, **named)


PLANTS = {  # calls with faults, by which a test sees that the driver finds them
    "bare exception": planted(lambda: np.ones(2) + np.ones(3)),
    "warning": planted(lambda: np.log(np.float64(0))),
    "not finite": planted(lambda: np.array([np.nan])),
    "memory": planted(lambda: np.zeros(3 * MEMORY // 2, np.uint8)),
    "time": planted(spin),
    "crash": planted(lambda: os.kill(os.getpid(), signal.SIGSEGV)),
    "changed array": lambda c: Call(change, (np.zeros(3),)),
    "changed network": lambda c: Call(half_done, (net := nn.Network([2, 2], seed=0),), net=net),
    "other answer": planted(random.SystemRandom().random),
}


def draw(seed, i, subject=None):
    """Call i of a seed: (its name, the call, whether all its arguments are right)."""
    rng = random.Random(f"{seed}-{i}")
    names, shares = zip(*subjects.SUBJECTS.items(), strict=True)
    chosen = rng.choices(names, shares)[0] if subject is None else subject
    case = Case(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call = chosen(case)
    return call, case.sane


def state(net):
    """What a refused call must leave as it was."""
    if net is None:
        return None
    history = repr(net.history.to_dict()) if net.history else ""
    return net.parameters.tobytes(), net.epochs_trained, history, len(net.training_record)


def is_changed(net, kept):
    """Whether a refused call changed a network; a run that has begun has a new, empty history."""
    if net is None:
        return False
    now = state(net)
    has_begun = now[2] == "" and (now[:2], now[3]) == (kept[:2], kept[3])
    return now != kept and not has_begun


def make(call, sane):
    """Make a call; return (result, exception, what was wrong)."""
    before, kept = oracle.fingerprint([call.arguments, call.named]), state(call.net)
    result, error, caught = oracle.outcome(call.function, call.arguments, call.named)
    faults = [oracle.fault_of_warnings(caught)]
    if oracle.fingerprint([call.arguments, call.named]) != before and call.function is not setattr:
        faults.append("it changed an array that it was given")
    if error is not None:
        faults.append(oracle.fault_of_refusal(error, call.argument_names()))
        if not isinstance(error, (nn.DivergenceError, values.Planted)) and is_changed(call.net, kept):
            faults.append(f"it was refused, and changed the network: {oracle.shown(error)}")
    if error is not None and sane and isinstance(error, (ValueError, TypeError)) and call.own:
        faults.append(f"it refuses right arguments: {oracle.shown(error)}")
    if error is None and sane and call.own and not caught and not oracle.is_finite(result):
        faults.append("its answer is not finite")
    return result, error, [fault for fault in faults if fault]


def faults_of(seed, i, subject=None, messages=None):
    """Make call i of a seed, and every fourth a second time: {function: what was wrong}."""
    call, sane = draw(seed, i, subject)
    result, error, faults = make(call, sane)
    if error is not None and messages is not None:
        messages[re.sub(r"[-+\d.e]*\d", "0", f"{name_of(call)}: {type(error).__name__}: {error}")[:200]] += 1
    if call.own and (i % 4 == 0 or subject is not None):
        first = oracle.bits(result), oracle.bits(call.net), str(error)
        again, _ = draw(seed, i, subject)
        result, error, _ = make(again, sane)
        if (oracle.bits(result), oracle.bits(again.net), re.sub(" at 0x.*", "", str(error))) != (
            *first[:2],
            re.sub(" at 0x.*", "", first[2]),
        ):
            faults.append("the second time it does something else")
    return {name_of(call): f"{'; '.join(faults)}\n{described(call)}"} if faults else {}


def name_of(call):
    return getattr(call.function, "__qualname__", repr(call.function))


def described(call):
    """The call, as far as it fits a screen."""
    with np.printoptions(threshold=8, edgeitems=2):
        shown = [*map(short, call.arguments), *(f"{n}={short(v)}" for n, v in call.named.items())]
    of = f"{call.net!r}\n" if call.net is not None else ""
    return f"{of}{name_of(call)}({', '.join(shown)})"[:1500]


def short(value):
    if isinstance(value, np.ndarray):
        return f"<{type(value).__name__} {value.dtype} {value.shape} {value.ravel()[:3]!r:.60}>"
    if isinstance(value, (tuple, list)) and len(value) < 5:
        return f"{type(value).__name__}({', '.join(map(short, value))})"
    return f"{value!r:.100}"


@contextlib.contextmanager
def check(planted):
    """Give a function that makes call i of a seed and returns {function: what is wrong}."""
    subject = PLANTS[planted] if planted else None
    with tempfile.TemporaryDirectory(prefix="nncore-fuzz-") as folder:
        Case.folder = Path(folder)
        os.chdir(folder)
        for i in range(0, 400):  # what is imported at first use
            faults_of(0, i)
        yield lambda seed, i: faults_of(seed, i, subject)
        os.chdir("/")


def again(seed, i):
    """Make one call again in this process, and print what happens."""
    call, sane = draw(seed, i)
    print(described(call))
    print("all arguments are right" if sane else "some arguments are wrong, or may not go together")
    try:
        print(f"{call.function(*call.arguments, **call.named)!r:.1000}")
    except Exception:
        traceback.print_exc()
    print(faults_of(seed, i) or "no fault")


def print_messages(seed, calls):
    """Print the messages of so many calls, each kind once, for somebody to read."""
    messages = collections.Counter()
    with check(None):
        for i in range(calls):
            faults_of(seed, i, None, messages)
    for message, count in sorted(messages.items()):
        print(f"{count:5} {message}")


DRIVER = Driver(__file__, __doc__.split("\n", 1)[0], "calls", check, again, tuple(PLANTS), batch=10_000)

if __name__ == "__main__":
    if sys.argv[1:2] == ["--messages"]:
        print_messages(0, int(sys.argv[2]))
    else:
        DRIVER.main()
