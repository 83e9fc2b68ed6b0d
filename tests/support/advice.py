"""Carrying out what a message advises."""

import re

import numpy as np

import nncore as nn


def network_in(message):
    """Return the network that a message writes out."""
    return eval(re.search(r"nn\.Network\(\[.*?\], input_shape=\([\d, ]+\)\)", message)[0], {"nn": nn})


def array_in(message, **arrays):
    """Return what a message tells the reader to assign to X or y, or the transposed X that it names."""
    names = {"np": np, **arrays}
    if transposed := re.search(r"X\.transpose\([\d, ]+\)", message):
        return eval(transposed[0], names)
    message, _, _ = message.partition(" Later data need")
    assignments = re.search(r"(?:names, )?y (?:=|/=) .*\)", message)[0].rstrip(". ")
    exec(assignments, names)
    return names["y"]
