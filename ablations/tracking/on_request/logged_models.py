"""Encoders as logged models of MLflow, which ``mlflow.pyfunc.load_model`` loads."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Experiment, LoggedModel, LoggedModelOutput

from ablations.store.trial_store import TrialStore
from ablations.tracking.connection.artifacts import Artifacts
from ablations.tracking.on_request import encoder_model

ENCODER_TAG = "ablate.pretrain_id"
WEIGHTS = "encoder.safetensors"


class LoggedModels:
    """Writes each encoder of an experiment once, as the output of every trial that it was scored by."""

    def __init__(self, client: MlflowClient, experiment: Experiment) -> None:
        self._client, self._experiment = client, experiment
        self._artifacts = Artifacts.to_write(client, experiment)
        self._known: dict[str, str] = {}
        """Ids of models by ``pretrain_id``."""
        self._begun: dict[str, str] = {}
        """Ids of models that a run began and did not live to finish."""
        for model in self._existing():
            models = self._known if str(model.status) == "READY" else self._begun
            models[model.tags[ENCODER_TAG]] = model.model_id
        self._outputs: set[str] = set()
        """Runs that are known to have their model."""

    def save(self, run_id: str, pretrain_id: str, store: TrialStore) -> None:
        """Write the encoder as a model, unless it was, and name it as the run's. Without an encoder, do nothing."""
        if run_id in self._outputs or not store.encoder_path(pretrain_id).exists():
            return
        if pretrain_id not in self._known and (model_id := self._create(run_id, pretrain_id, store)):
            self._known[pretrain_id] = model_id
        outputs = self._client.get_run(run_id).outputs
        if pretrain_id in self._known and not (outputs and outputs.model_outputs):
            self._client.log_outputs(run_id, [LoggedModelOutput(self._known[pretrain_id], 0)])
        self._outputs.add(run_id)

    def _existing(self) -> Iterator[LoggedModel]:
        token = None
        while True:
            page = self._client.search_logged_models([self._experiment.experiment_id], page_token=token)
            yield from (model for model in page if ENCODER_TAG in model.tags)
            token = page.token
            if not token:
                return

    def _create(self, run_id: str, pretrain_id: str, store: TrialStore) -> str:
        """The id of the new model; empty if the encoder's file cannot be read."""
        import torch  # here, since a run that logs no models needs no torch in its driver

        from core import encoder_hash, export_encoder, load_pretrained

        pretrained = load_pretrained(store.encoder_path(pretrain_id), torch.device("cpu"))
        if pretrained is None:
            return ""
        if not (model_id := self._begun.pop(pretrain_id, "")):
            tags = {ENCODER_TAG: pretrain_id, "encoder_hash": encoder_hash(pretrained.encoder)}
            name, experiment_id = f"encoder-{pretrain_id}", self._experiment.experiment_id
            model = self._client.create_logged_model(experiment_id, name, run_id, tags, model_type="encoder")
            model_id = model.model_id
        with tempfile.TemporaryDirectory() as folder:
            export_encoder(pretrained, Path(folder) / WEIGHTS)
            text = encoder_model.description(WEIGHTS, model_id, run_id)
            (Path(folder) / "MLmodel").write_text(text, encoding="utf-8")
            self._artifacts.save_model(model_id, Path(folder))
        self._client.finalize_logged_model(model_id, "READY")
        return model_id
