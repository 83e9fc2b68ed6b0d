"""The limits that tests copy from the core are those of its source."""

import re
from pathlib import Path

import pytest
from support import limits

CORE = Path(__file__).resolve().parents[2] / "nncore"


@pytest.mark.parametrize("name", ["MOST_ROWS", "POWERS"])
def test_limits_match_the_core_source(name):
    if not CORE.is_dir():
        pytest.skip("needs the core's source beside the tests")
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted(CORE.rglob("*.p[xy]*")))
    assert re.findall(rf"^ *{name} = (\d+)\b", source, re.MULTILINE) == [str(getattr(limits, name))]
