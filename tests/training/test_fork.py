"""After a fork, a network is free in the child, whatever a thread of the parent was doing with it."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, threading
import numpy as np
import nncore as nn

net = nn.Network([4, 3], seed=0)
data = np.eye(4), [0, 1, 2, 0]
training, forked = threading.Event(), threading.Event()

def pause(net, history):
    training.set()
    forked.wait()

thread = threading.Thread(target=lambda: net.SGD(data, 1, 2, 0.1, callbacks=pause))
thread.start()
training.wait()
child = os.fork()
if child == 0:
    try:
        net.{train}
        os._exit(7)
    except BaseException as error:
        os.write(2, repr(error).encode())
        os._exit(1)
_, status = os.waitpid(child, 0)
try:
    net.SGD(data, 1, 2, 0.1)
except RuntimeError as error:  # here, it is still being trained
    print(error)
forked.set()
thread.join()
print(net.SGD(data, 1, 2, 0.1).interrupted, os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks as POSIX has them")
@pytest.mark.parametrize("train", ["SGD(data, 1, 2, 0.1)", "copy().SGD(data, 1, 2, 0.1)"])
def test_a_child_trains_the_network_that_a_thread_of_its_parent_was_training(train):
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM.replace("{train}", train)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.stderr == ""
    refusal, end = run.stdout.splitlines()
    assert "being trained already" in refusal
    assert end == "False 7"
