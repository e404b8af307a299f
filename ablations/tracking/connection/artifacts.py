"""The files of an experiment's runs: beside the database where it says so, else wherever MLflow keeps them."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Experiment

from ablations.tracking.connection.database import relative_location, sqlite_file
from core.files import unfinished


@dataclass(frozen=True)
class Artifacts:
    """Reads and writes the files of runs. Raises what MLflow's artifact storage raises."""

    client: MlflowClient
    folder: Path | None
    """Folder of all runs beside the database; None if MLflow's own client knows where they are."""

    @classmethod
    def to_write(cls, client: MlflowClient, experiment: Experiment) -> "Artifacts":
        """The files where the database says that they are; a relative location means from the database's folder."""
        database, location = sqlite_file(client.tracking_uri), Path(experiment.artifact_location)
        is_beside = database and not location.is_absolute() and ":" not in experiment.artifact_location
        return cls(client, database.parent / location if database and is_beside else None)

    @classmethod
    def to_read(cls, client: MlflowClient, experiment: Experiment) -> "Artifacts":
        """The files beside the database if they are there, even if it still names the folder that it was in before."""
        if database := sqlite_file(client.tracking_uri):
            beside = database.parent / relative_location(experiment.name)
            if beside.is_dir():
                return cls(client, beside)
        return cls.to_write(client, experiment)

    def save(self, run_id: str, folder: Path, to: str) -> None:
        """Copy a folder's content into the run's folder ``to``."""
        if self.folder:
            shutil.copytree(folder, self._of(run_id, self.folder) / to, dirs_exist_ok=True)
        else:
            self.client.log_artifacts(run_id, str(folder), to)

    def save_model(self, model_id: str, folder: Path) -> None:
        """Copy a folder's content into that of a logged model."""
        if self.folder:
            shutil.copytree(folder, self._of(model_id, self.folder / "models"), dirs_exist_ok=True)
        else:
            self.client.log_model_artifacts(model_id, str(folder))

    def save_text(self, run_id: str, text: str, name: str) -> None:
        """Write a text file, in UTF-8."""
        if self.folder:
            path = self._of(run_id, self.folder) / name
            with unfinished(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
                temporary.replace(path)
            return
        with tempfile.TemporaryDirectory() as made:
            path = Path(made) / name
            path.write_text(text, encoding="utf-8")
            self.client.log_artifact(run_id, str(path))

    def read_text(self, run_id: str, name: str) -> str:
        """The content of a run's text file."""
        if self.folder:
            return (self._of(run_id, self.folder) / name).read_text(encoding="utf-8")
        return Path(self.client.download_artifacts(run_id, name)).read_text(encoding="utf-8")

    @staticmethod
    def _of(run_id: str, folder: Path) -> Path:
        return folder / run_id / "artifacts"
