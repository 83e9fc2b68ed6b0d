"""Checking that bad input is refused."""

import pytest


def refused(error, name, call):
    """`call` raises this error, with a sentence that begins with the argument's name, which is returned."""
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    assert type(caught.value) in (ValueError, TypeError), message
    assert message.startswith(name), message
    assert len(message) > len(name) + 10
    return message
