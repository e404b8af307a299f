"""Pictures of the h and z of any trial whose encoder is in the storage: a t-SNE, and nearest neighbours."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ablations.store.data_copies import local_images
from ablations.store.find_trial import trained_encoder
from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.types.errors import StudyError
from core.config import EvaluateConfig, TrainConfig
from core.config.protocols.base import Representation
from core.config.protocols.probes import Retrieval, Tsne
from core.errors import DataError
from core.remote import AnyPath
from reports.cells.arrays import TrialArrays
from reports.figures.pictures.draw import PICTURES
from reports.figures.pictures.panels import PicturePanel, make_panel
from reports.style import house_style, save_figure, set_heading

SHOWN: tuple[Representation, ...] = ("h", "z")
MOST_IMAGES, A_NEIGHBOURHOOD = 500, 3
"""Images of a t-SNE with its defaults, and how many times its perplexity they must be at least."""


def draw_representations(
    store: TrialStore, trial: StoredTrial, data_dir: AnyPath, folder: Path, tell: Callable[[str], None]
) -> list[Path]:
    """Write ``tsne`` and ``retrieval`` as PNG, SVG and PDF into the folder, each with a panel for h and for z; return
    the PNG files.

    Nothing is trained, and no result changes. ``tell`` is told what is fetched. Raises ``StudyError`` if the storage
    has no such encoder, or if its data cannot be used.
    """
    from core import evaluate, load_data  # here, since PyTorch comes with it

    pretrained = trained_encoder(store, trial)
    try:
        config = TrainConfig.model_validate(trial.config).evaluation_data
        data = load_data(config, local_images(config, data_dir, tell))
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name, protocol in _protocols(min(MOST_IMAGES, len(data.test))).items():
            scores = {part: evaluate(protocol(part), pretrained, data) for part in SHOWN}
            panels = [_panel(part, found, data.classes) for part, found in scores.items()]
            files.append(_save(name, panels, trial, folder))
    except ValidationError as error:
        told = "its configuration cannot be read; one of your own code needs --use FILE"
        raise StudyError(f"trial {trial.id}: {told}") from error
    except DataError as error:
        raise StudyError(f"data: {error}") from error
    return files


def _protocols(images: int) -> dict[str, Callable[[Representation], EvaluateConfig]]:
    """The protocol for each picture of a representation, by its name. For few images the perplexity is smaller."""
    perplexity = min(Tsne().perplexity, max(1.0, images / A_NEIGHBOURHOOD))
    return {
        "tsne": lambda part: Tsne(representation=part, perplexity=perplexity),
        "retrieval": lambda part: Retrieval(representation=part),
    }


def _panel(part: Representation, scores: Any, classes: tuple[str, ...]) -> PicturePanel:
    arrays = {name: array.numpy() for name, array in scores.arrays.items()}
    return make_panel(str(part), {"state": "done", **scores.metrics}, TrialArrays(arrays, classes))


def _save(name: str, panels: list[PicturePanel], trial: StoredTrial, folder: Path) -> Path:
    with house_style(" ".join(panels[0].left.classes)):
        figure = PICTURES[name].figure(panels, None)
        set_heading(figure, f"Trial {trial.id}", 11)
        return save_figure(figure, folder, name)[0]
