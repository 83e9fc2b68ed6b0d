"""The snippets of docs/how-to/scikit-learn.md run in order, and print what they say."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "scikit-learn.md").read_text()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_snippets_run_and_print_what_they_say(capsys):
    namespace, printed = {}, []
    for snippet in re.findall(r"```\{code-cell\} ipython3\n(?!:)(.*?)```", PAGE, re.DOTALL):
        exec(compile(snippet, "scikit-learn.md", "exec"), namespace)
        printed.append(capsys.readouterr().out.splitlines())
    search, more, same = printed
    assert float(search[0]) == pytest.approx(0.98, abs=0.02)
    assert more[0] == "True"
    assert "epochs" in more[1]
    assert float(more[2]) == pytest.approx(0.95, abs=0.02)
    assert more[3].startswith("<Network")
    assert same == ["True"]


def test_lines_are_short():
    assert [line for line in PAGE.splitlines() if len(line) > 110] == []


def test_names_of_the_page_exist():
    from nncore.sklearn import NNClassifier, NNRegressor

    parameters = NNClassifier().get_params().keys() | NNRegressor().get_params().keys()
    attributes = set(dir(NNClassifier)) | set(
        NNClassifier.__doc__.replace(",", " ").replace("`", " ").split()
    )
    for name in re.findall(r"`([a-z_]+)=[^`]*`", PAGE):
        assert name in parameters, name
    for name in re.findall(r"`([a-z_]+_)`", PAGE):
        assert name in attributes, name
