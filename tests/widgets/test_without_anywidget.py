"""Without anywidget, each widget says what to install."""

import sys

import pytest

from nncore import widgets


@pytest.mark.parametrize("missing", ["anywidget", "traitlets"])
@pytest.mark.parametrize("name", widgets.__all__)
def test_a_widget_says_what_to_install(name, missing, monkeypatch):
    for loaded in [each for each in sys.modules if each.startswith("nncore.widgets.")]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match="pip install anywidget"):
        getattr(widgets, name)
