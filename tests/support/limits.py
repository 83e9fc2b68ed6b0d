"""Numbers of the core that tests must know to reach both sides of them.

tests/core/test_limits.py compares them with the core's source.
"""

MOST_ROWS = 250  # examples that go through the layers together; a larger mini-batch is summed in parts
POWERS = 32  # steps of a waiting row that one product with a matrix does
