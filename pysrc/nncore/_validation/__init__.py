"""This package checks what a user passes, and converts it to the C-contiguous arrays that the kernels read.

    arguments.py       numbers, names, flags, dtypes, seeds
    architecture.py    layers and costs; an `Interface` is what a network reads and answers
    arrays.py          numbers and their axes; bytes are pixels
    memory.py          networks that memory cannot hold
    inputs.py          whether inputs are like those of the training
    names.py           whether columns and classes are called as in the training
    answers.py         labels and targets, against the output layer and the cost
    examples.py        the forms that examples come in
    weights.py         how much each example counts

Each kind of mistake is decided here, once, for every method that takes data.
"""

from nncore._given import listed, path
from nncore._validation.answers import CLASSES, KINDS, NUMBERS, SEVERAL_LABELS
from nncore._validation.architecture import Interface, check_network, check_output, network, warn_of_axes
from nncore._validation.arguments import DTYPES, dtype, flag, integer, one_of, order, real, seed
from nncore._validation.arrays import BYTE, check_finite, numeric, parameters, reals, rows, seen
from nncore._validation.examples import Examples, examples, is_dataset, is_pair
from nncore._validation.inputs import BYTES_HELP, UsualInputs, check_names, evenly
from nncore._validation.memory import check_bytes, check_memory
from nncore._validation.names import Names
from nncore._validation.warning import warn
from nncore._validation.weights import weighted, weights_of

__all__ = [
    "BYTE",
    "BYTES_HELP",
    "CLASSES",
    "DTYPES",
    "KINDS",
    "NUMBERS",
    "SEVERAL_LABELS",
    "Examples",
    "Interface",
    "Names",
    "UsualInputs",
    "check_bytes",
    "check_finite",
    "check_memory",
    "check_names",
    "check_network",
    "check_output",
    "dtype",
    "evenly",
    "examples",
    "flag",
    "integer",
    "is_dataset",
    "is_pair",
    "listed",
    "network",
    "numeric",
    "one_of",
    "order",
    "parameters",
    "path",
    "real",
    "reals",
    "rows",
    "seed",
    "seen",
    "warn",
    "warn_of_axes",
    "weighted",
    "weights_of",
]
