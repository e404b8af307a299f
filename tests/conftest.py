"""Every test has a folder and an MLflow of its own."""

import contextlib
import json
import logging
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

import pytest

import ablations  # noqa: F401 - before anything imports Ray, which reads what it sets
from ablations.types.errors import AblateError
from core.remote import AnyPath, RemotePath


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the test in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One cache for a session, so that hardware is measured once."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def empty_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables and nothing in them: making one takes seconds."""
    from ablations.tracking.connection.database import DEFAULT_DATABASE, make_database

    folder = tmp_path_factory.mktemp("mlflow")
    with contextlib.chdir(folder):
        make_database(DEFAULT_DATABASE)
    return folder / DEFAULT_DATABASE


@pytest.fixture
def mlflow_db(empty_mlflow: Path, own_folders: None) -> None:
    """The default database of the test's folder, ready made."""
    shutil.copy(empty_mlflow, "mlflow.db")


@pytest.fixture
def other_mlflow(empty_mlflow: Path, own_folders: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function that switches to another, empty database, as after the loss of the first."""

    def turn() -> None:
        shutil.copy(empty_mlflow, "other.db")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{Path('other.db').resolve()}")

    return turn


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without their report, which takes seconds."""

    def refuse(*arguments: object) -> NoReturn:
        raise AblateError("figures take seconds")

    monkeypatch.setattr("ablations.tracking.report.draw_report", refuse)


@pytest.fixture(scope="session")
def blank_figure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an empty figure in each format."""
    from matplotlib.figure import Figure

    from reports.style import save_figure

    folder = tmp_path_factory.mktemp("blank")
    save_figure(Figure(figsize=(1, 1)), folder, "figure")
    return folder


@pytest.fixture
def blank_figures(blank_figure: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports that are whole but for their figure, which is empty, and without further ones: saving takes seconds."""

    def save(figure: object, folder: Path, name: str) -> list[Path]:
        return [Path(shutil.copy(file, folder / f"{name}{file.suffix}")) for file in blank_figure.iterdir()]

    monkeypatch.setattr("reports.pages.render.save_figure", save)
    monkeypatch.setattr("reports.pages.render.save_further", lambda report, folder: [])


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that publishes a table of the paper under the key ``table_0``."""

    def write(axes: list[str], rows: list[list[Any]], **more: Any) -> None:
        values: dict[str, Any] = {"title": "Table 0", "caption": "c", "source": "s", "published_as": "read from figure"}
        values |= {"setting": "ResNet-50, 100 epochs", "axes": axes, "rows": rows}
        values |= {"metrics": {"top1": "ImageNet top-1 (%)"}}
        (tmp_path / "table_0.json").write_text(json.dumps(values | more))

    monkeypatch.setattr("reports.paper.numbers.PAPER", tmp_path)
    return write


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Address of an S3-compatible server in this process, or of the one named by ``ABLATE_TEST_S3``."""
    if address := os.environ.get("ABLATE_TEST_S3"):
        yield address
        return
    moto = pytest.importorskip("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> RemotePath:
    """A new bucket. This process and its children find it through the variables that Amazon's clients read."""
    s3fs = pytest.importorskip("s3fs")
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": "hunter2hunter2",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"lab-{secrets.token_hex(8)}"
    s3fs.S3FileSystem(use_listings_cache=False).mkdir(name)
    return RemotePath("s3", PurePosixPath(name))


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest) -> AnyPath:
    """A place for a study's results: a folder, and a bucket."""
    return Path("runs") if request.param == "folder" else request.getfixturevalue("bucket") / "runs"
