"""Results on disk stay valid: those of version 0.1.0, and those of this one when code is renamed."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import nncore as nn
from nncore import targets
from nncore.formats import npz
from nncore.reproduction import experiments, single_run, stored_names
from nncore.reproduction.record import Run, read
from nncore.reproduction.results import collect

OLD = Path(__file__).parent / "data" / "version-0.1.0"  # files that version 0.1.0 wrote
OLD_SETTINGS = json.loads((OLD / "settings.json").read_text(encoding="utf-8"))  # by experiment and part
OLD_RESULTS = json.loads((OLD / "results.json").read_text(encoding="utf-8"))  # of the sample, by path

# Of each experiment, the start of a SHA-256 of its stored settings. A digest that changes means that results
# which took hours are no longer recognised: give `stored_names` the old name rather than change a digest.
DIGESTS = {
    "1.1": "ad470bd9ddf0e28f",
    "1.2": "be7642071ae363d5",
    "1.3": "5a8ee5609c344938",
    "1.4": "d9d019bca14425f1",
    "1.5": "89a50bc07f57a2cd",
    "1.6": "15e12a8242f44f18",
    "1.7": "0158d98d81598c90",
    "2.1": "51bd202ed811f9df",
    "3.1": "7df8bb317deff345",
    "3.2": "619b6bdbf5daf925",
    "3.3": "ef91c03107f58dd5",
    "3.4": "6690931d437c2549",
    "3.5": "3daa4b27c501fa4b",
    "3.6": "5344a26b7c8fe222",
    "3.7": "586291f077edd9f5",
    "3.8": "eb01035e3d0d70c8",
    "3.9": "6749a9e7044fa9c0",
    "3.10": "0422ad8cfd45b198",
    "3.11": "1c261e617dd8a35f",
    "3.12": "1ab1725dafbb2e02",
    "3.13": "a9723ed7f8f11c9d",
    "3.14": "21dada5f15a984fd",
    "3.15": "c54ae5624b927f88",
    "3.16": "a22de97e8f35bf0a",
    "3.17": "d34c4d7218b7599e",
    "3.18": "4f54364b78abbd23",
    "3.19": "a9b1837c0d956e54",
    "4.1": "78b954cfae191b27",
    "4.2": "11653db99f0e3804",
    "4.3": "3f9fdae59ce3e5b2",
    "4.4": "1726209137b5e817",
    "5.1": "e09790a7c9c78834",
    "5.2": "ea29318c7803642f",
    "5.3": "afb250a3ee2ccf95",
    "5.4": "d792b74db4579304",
    "5.5": "143da0a22f7d3a1e",
    "5.6": "f8e23b05bd641d9f",
    "6.1": "12956eb6d9bf4072",
    "6.2": "c5983cd15700ad46",
    "6.3": "9578aa6deb89cbe9",
    "6.4": "f641394804ac5650",
    "6.5": "586d110b5185aaf7",
    "6.6": "85595ad80aacaf7f",
    "6.7": "33dccc71cfb99eb1",
    "6.8": "d121a3abcfa45dc6",
    "6.9": "24d736f6b6ea7eb3",
    "6.10": "8b12d8d0a1a1e68c",
    "6.11": "6f02d6c86217e375",
}


def run_of(path):
    """The run whose result stands at a path such as "sample/2-epochs/3.6/replay/seed-0.json"."""
    *_, id, part, _ = parts = Path(path).parts
    epochs = next((int(name.split("-")[0]) for name in parts if name.endswith("-epochs")), None)
    return id, part, epochs


@pytest.fixture
def old_results(tmp_path):
    """A folder with results of version 0.1.0, and an unfinished run of 3.17 with a checkpoint."""
    for path, record in OLD_RESULTS.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(json.dumps(record))
    checkpoint = tmp_path / "sample" / "3.17" / "eta-1-lmbda-20" / "seed-0.checkpoint.npz"
    checkpoint.parent.mkdir()
    checkpoint.write_bytes((OLD / "3.17-eta-1-lmbda-20.checkpoint.npz").read_bytes())
    return tmp_path


@pytest.mark.parametrize("experiment", experiments.EXPERIMENTS.values(), ids=lambda experiment: experiment.id)
def test_stored_settings_do_not_change(experiment):
    settings = {part.name: json.loads(json.dumps(part.settings())) for part in experiment.parts}
    text = json.dumps(settings, sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGESTS[experiment.id]


@pytest.mark.parametrize("experiment", experiments.EXPERIMENTS.values(), ids=lambda experiment: experiment.id)
def test_old_settings_are_translated_into_new_ones(experiment):
    translated = {name: stored_names.current(old) for name, old in OLD_SETTINGS[experiment.id].items()}
    assert translated == {part.name: json.loads(json.dumps(part.settings())) for part in experiment.parts}


def test_every_measurement_and_every_argument_has_a_stored_name():
    kinds = {
        old["function"] for parts in OLD_SETTINGS.values() for old in parts.values() if "function" in old
    }
    assert set(stored_names.MEASUREMENTS.values()) == kinds
    with pytest.raises(ValueError, match=r"kind: one of average darkness, .* needed, got 'svm'"):
        stored_names.of_measurement("svm", {})
    with pytest.raises(KeyError):
        stored_names.of_measurement("vote", {"new_argument": 1})


def test_stored_names_are_unique():
    for names in (
        [key for key, _, _ in stored_names.SETTINGS],
        [field for _, field, _ in stored_names.SETTINGS],
        list(stored_names.MEASUREMENTS.values()),
        list(stored_names.ARGUMENTS.values()),
    ):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", OLD_RESULTS)
def test_results_of_the_old_version_are_not_run_again(old_results, path):
    id, part, epochs = run_of(path)
    before = (old_results / path).read_bytes()
    assert single_run.carry_out(Run(id, part, 0, old_results, "sample", epochs)) == "already done"
    assert (old_results / path).read_bytes() == before


def test_results_of_the_old_version_are_collected(old_results):
    whole = {run_of(path)[:2] for path in OLD_RESULTS if run_of(path)[2] is None}
    assert set(collect(old_results / "sample")) == whole


def test_result_with_other_settings_is_run_again(old_results, capsys):
    path = old_results / "sample/4.1/step/seed-0.json"
    record = json.loads(path.read_text())
    record["settings"]["function"] = "nncore.book.measurements.svm"
    path.write_text(json.dumps(record))
    assert single_run.carry_out(Run("4.1", "step", 0, old_results, "sample")) == "done"
    assert "the settings have changed" in capsys.readouterr().err
    assert json.loads(path.read_text())["settings"] == {"measurement": "step"}


def test_an_old_checkpoint_is_continued_to_the_same_bits(old_results, capsys):
    if targets.target()[0] not in ("avx2", "avx512", "neon"):
        pytest.skip("the checkpoint was written on avx2, whose sums round otherwise")
    old = Run("3.17", "eta-1-lmbda-20", 0, old_results, "sample")
    whole = old._replace(results=old_results / "whole")
    seconds = npz.read(old.checkpoint)[0]["history"]["seconds"]
    assert single_run.carry_out(old) == "done"
    assert read(old)["history"]["seconds"][:2] == seconds  # its first two epochs are not trained again
    assert not capsys.readouterr().err
    assert single_run.carry_out(whole) == "done"
    for column in ("evaluation_accuracy", "steps", "images"):
        assert read(old)["history"][column] == read(whole)["history"][column]
    # The old version took the logarithms of costs in float64; those of today are right to 4 ulps of float32.
    costs = [read(run)["history"]["evaluation_cost"] for run in (old, whole)]
    np.testing.assert_allclose(*costs, rtol=8 * np.finfo(np.float32).eps)
    assert costs[0][2:] == costs[1][2:]
    assert np.array_equal(nn.load(old.network).parameters, nn.load(whole.network).parameters)
