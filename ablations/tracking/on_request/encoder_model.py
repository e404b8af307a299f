"""An encoder f as MLflow's ``pyfunc`` flavor: views (B, C, S, S) in [0, 1] to representations h (B, d)."""

import json
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import ndarray
    from torch import nn


def description(weights: str, model_id: str, run_id: str) -> str:
    """Content of a model's file ``MLmodel``: which module loads the weights. It is YAML, and JSON is YAML too."""
    flavor = {"loader_module": __name__, "data": weights, "python_version": platform.python_version()}
    values = {"flavors": {"python_function": flavor}, "model_id": model_id, "run_id": run_id}
    return json.dumps(values | {"mlflow_version": version("mlflow")}, indent=1)


@dataclass
class EncoderModel:
    """The model that ``mlflow.pyfunc.load_model`` wraps."""

    encoder: "nn.Module"

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> "ndarray":
        """Representations h (B, d), float32, of views (B, C, S, S) in [0, 1], not normalised."""
        import torch

        views = torch.as_tensor(model_input, dtype=torch.float32)
        with torch.inference_mode():
            h: ndarray = self.encoder(views).numpy()
        return h


def _load_pyfunc(path: str) -> EncoderModel:
    """MLflow calls this by its name."""
    from core import load_encoder

    return EncoderModel(load_encoder(Path(path)))
