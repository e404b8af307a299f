"""Messages and stored results hold no secret of the environment; test_ray_safety.py searches a whole run."""

from pathlib import Path

import pytest
from canaries import CANARY, NAMES, holding
from command_line import ablate

from ablations.running.schedulers.on_ray.private import send_no_secrets
from ablations.running.worker import failures
from ablations.store.trial_store import TrialStore
from ablations.types.errors import AblateError
from ablations.types.redaction import without_secrets
from ablations.types.trial import Trial, Unit
from core.config import TrainConfig
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db")


@pytest.mark.parametrize(
    "uri", [f"http://me:{CANARY}@127.0.0.1:9", f"postgresql://me:{CANARY}/{CANARY}@127.0.0.1:9/mlflow"]
)
def test_no_secret_is_told_where_mlflow_is_away(
    uri: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its address has a password in it, with a slash too, which SQLAlchemy takes."""
    Path("study.yaml").write_text(small_study("grid: {loss.temperature: [0.5]}\n", 0))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    _, said = ablate("run", "study.yaml", "--inline")
    captured = capfd.readouterr()  # what libraries say
    assert "MLflow at " in said
    assert CANARY not in said + captured.out + captured.err
    assert holding(Path()) == []


def test_workers_are_sent_settings_alone() -> None:
    from ray.tune.execution import class_cache

    send_no_secrets()
    assert class_cache.ENV_VARS_TO_PROPAGATE
    assert not [name for name in class_cache.ENV_VARS_TO_PROPAGATE if name.startswith("AWS")]


@pytest.mark.parametrize("name", NAMES)
def test_no_error_has_the_value_of_a_secret_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, f"{CANARY}\n")
    assert without_secrets(f"the header 'Bearer {CANARY}' is refused") == "the header 'Bearer ***' is refused"


@pytest.mark.parametrize("password", [CANARY, f"{CANARY}/%2F{CANARY}", f"{CANARY}%40%2F"])
def test_no_error_has_the_password_of_a_uri_in_the_environment(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"mysql://me:{password}@lab/db")
    for text in (password, password.replace("%2F", "/").replace("%40", "@"), f"mysql://me:{password}@lab/db"):
        assert CANARY not in without_secrets(f"cannot reach {text}, sorry")


def test_places_of_secrets_and_plain_words_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "/home/me/key.json: No such file; true, and 8 tokens"
    for name, value in {
        "GOOGLE_APPLICATION_CREDENTIALS": "/home/me/key.json",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/home/me/key.json",
        "TOKENIZERS_PARALLELISM": "tokens",
        "USE_TOKEN": "true",
    }.items():
        monkeypatch.setenv(name, value)
    assert without_secrets(text) == text


def test_a_failed_trial_keeps_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error's words may hold one, as those of HTTP libraries do: neither the store nor MLflow gets it."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", CANARY)
    try:
        raise AblateError(f"Invalid header {CANARY}")
    except AblateError as error:
        (result,) = failures(Unit((Trial(TrainConfig(), {}, 0),)), error)
    TrialStore(Path("runs")).save_result(result)
    assert "Invalid header ***" in result.error
    assert "raise AblateError" in result.traceback
    assert holding(Path()) == []
