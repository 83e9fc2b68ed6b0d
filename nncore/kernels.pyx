"""The core of nncore, compiled once for each SIMD target and dtype: this file is its table of contents.

An entry point takes Python's arrays, checks that nothing is read or written outside them, releases the GIL once, and calls a pass.
What arrays mean is checked by the Python layer before. Arrays are C-contiguous and of this build's dtype (`dtype`); labels and
orders are np.intp.

    passes/      the algorithm of chapter 2        equations/   its equations, a file for each kind of layer or function
    zeros/       the same where most inputs are 0  examples/    mini-batches, distorted images      machine/   registers, memory
"""
include "nncore/entry/names.pxi"            # target, dtype, and the names of activations, costs, rules and distortions
include "nncore/entry/program.pxi"          # Program: what a network computes
include "nncore/entry/look.pxi"             # what numbers an array holds
include "nncore/entry/data.pxi"             # Data: examples
include "nncore/entry/augmentation.pxi"     # Augmentation, augment: distorted images
include "nncore/entry/work.pxi"             # a call that several threads share
include "nncore/entry/listing.pxi"          # listing the inputs that are not zero
include "nncore/entry/answer.pxi"           # activate, feedforward, evaluate, backprop
include "nncore/entry/train.pxi"            # Rule, Epoch, train, shuffle
include "nncore/entry/slice.pxi"            # a slice of an epoch, and the threads that train it
include "nncore/entry/measure.pxi"          # for bench/ and tests alone: single products, single layers, the machine's peak
