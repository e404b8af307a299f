"""From Python: the same studies, the same store, the same table."""

from pathlib import Path

import pytest

from ablations import load_study, results, run_study
from ablations.types.errors import StudyError
from helpers import small_study

STUDY = small_study("grid: {loss.temperature: [0.1, 0.5]}\n", epochs=1)


@pytest.mark.usefixtures("mlflow_db")
def test_a_study_runs_and_its_results_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    Path("small.yaml").write_text(STUDY)
    study = load_study("small.yaml", settings={"loss.temperature": [0.2, 0.3, 0.4], "head.kind": "linear"})
    outcome = run_study(study, inline=True)
    assert list(outcome.states.values()) == ["done"] * 3
    table = results(study)
    assert list(table["loss.temperature"]) == ["0.2", "0.3", "0.4"]
    assert table["linear_eval/top1"].between(0, 100).all()
    picture = outcome._repr_png_()
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    assert run_study(study, inline=True).left == 0
    assert "3 done" in capsys.readouterr().out


def test_what_is_wrong_is_raised() -> None:
    Path("small.yaml").write_text(STUDY)
    with pytest.raises(StudyError, match="temprature"):
        run_study(load_study("small.yaml", settings={"loss.temprature": 0.5}))
