"""A canary in every variable that Ray, MLflow, boto3, gcsfs, fsspec and git read: none is found after a run."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ablations.running.schedulers.on_ray.environment import send_no_secrets
from ablations.running.worker import _failure
from ablations.store.trial_store import TrialStore
from ablations.types.errors import AblateError
from ablations.types.redaction import without_secrets
from ablations.types.trial import Trial
from core.config import TrainConfig
from helpers import small_study

pytestmark = pytest.mark.usefixtures("mlflow_db")

CANARY = "hunter2canary"
READ_BY = {
    "Ray": "RAY_REDIS_PASSWORD RAY_JOB_HEADERS WANDB_API_KEY COMET_API_KEY",
    "MLflow": "MLFLOW_TRACKING_PASSWORD MLFLOW_TRACKING_TOKEN MLFLOW_FLASK_SERVER_SECRET_KEY "
    "MLFLOW_CRYPTO_KEK_PASSPHRASE DATABRICKS_TOKEN AZURE_STORAGE_ACCESS_KEY AZURE_STORAGE_CONNECTION_STRING "
    "OPENAI_API_KEY PGPASSWORD",
    "boto3": "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SECURITY_TOKEN AWS_SESSION_TOKEN "
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "gcsfs": "FSSPEC_GS_TOKEN FSSPEC_GCS_TOKEN FSSPEC_S3_SECRET FSSPEC_S3_KEY",
    "git": "GIT_CONFIG_VALUE_0 GITHUB_TOKEN GIT_PASSWORD",
    "others": "HF_TOKEN KAGGLE_KEY",
}
NAMES = [name for names in READ_BY.values() for name in names.split()]
URI = "http://me:{}@127.0.0.1:9"
"""Of a proxy, a server or a store that nobody answers at."""
GRID = "grid: {loss.temperature: [0.1, 0.5]}\n"


def canaries() -> dict[str, str]:
    """By variable, each of its own, so that what is found names the variable."""
    found = {name: f"{CANARY}{name.lower().replace('_', '')}" for name in NAMES}
    found |= {name: URI.format(f"{CANARY}{name.lower()}") for name in ("HTTPS_PROXY", "AWS_ENDPOINT_URL")}
    return found | {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "RAY_AUTH_TOKEN": CANARY + 51 * "0",
    }


@pytest.fixture
def temporary() -> Iterator[Path]:
    """For Ray's session, whose sockets want a short name."""
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as name:
        yield Path(name)


def command_lines() -> set[str]:
    """Of all processes, as any user of the machine sees them."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # it has ended
            continue
    return found


def told(*arguments: str, **environment: str) -> tuple[int, str, set[str]]:
    """How the command ends, what it says, and the command lines of the machine meanwhile."""
    with Path("said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "ablations", *arguments], env=os.environ | environment, stdout=said, stderr=said
        )
        lines = set[str]()
        while process.poll() is None:
            lines |= command_lines()
            time.sleep(0.2)
    return process.returncode, Path("said").read_text(), lines


def holding(*folders: Path) -> list[str]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path) for path in files if CANARY.encode() in path.read_bytes()]


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_no_secret_is_left_by_a_run_on_ray(temporary: Path, workers: int) -> None:
    Path("study.yaml").write_text(small_study(f"{GRID}resources: {{cpu: 1, workers: {workers}}}\n", 1))
    code, said, lines = told("run", "study.yaml", TMPDIR=str(temporary), **canaries())
    assert code == 0, said
    assert any("raylet" in line for line in lines), "they were looked at"
    assert [*temporary.rglob("runtime_env_agent.log")], "Ray's logs were kept, and looked at"
    assert Path("runs/reports/small/quick/report.html").exists()
    assert holding(Path(), temporary) == []
    assert [line for line in lines if CANARY in line] == []


def test_no_secret_is_told_where_mlflow_is_away(temporary: Path) -> None:
    """Whose address has a password in it, with a slash too, which SQLAlchemy takes."""
    Path("study.yaml").write_text(small_study(GRID, 1))
    for uri in (URI.format(CANARY), f"postgresql://me:{CANARY}/{CANARY}@127.0.0.1:9/mlflow"):
        environment = canaries() | {"TMPDIR": str(temporary), "MLFLOW_TRACKING_URI": uri}
        code, said, _ = told("run", "study.yaml", "--inline", **environment)
        assert (code, "MLflow at " in said) == (0, True), said
        assert holding(Path(), temporary) == []


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
    """Of an error that has one in its words, as those of HTTP libraries have: neither the store nor MLflow gets it."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", CANARY)
    try:
        raise AblateError(f"Invalid header {CANARY}")
    except AblateError as error:
        result = _failure(Trial(TrainConfig(), {}, 0), error)
    TrialStore(Path("runs")).save_result(result)
    assert "Invalid header ***" in result.error
    assert "raise AblateError" in result.traceback
    assert holding(Path()) == []
