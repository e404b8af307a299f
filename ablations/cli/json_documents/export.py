"""The document of ``ablate export``."""

from typing import TYPE_CHECKING

from ablations.cli.json_documents.document import Document
from ablations.store.trial_store import StoredTrial

if TYPE_CHECKING:
    from core import Pretrained


class ExportDocument(Document):
    """Printed by ``ablate export``."""

    file: str
    """Safetensors file that was written."""
    trial: str
    """Id of the trial."""
    encoder: str
    """Id of its training."""
    cell: str | None
    """Best cell and its score, with ``--best``."""
    kind: str
    """Kind of the encoder, such as ``resnet`` or ``timm``."""
    features: int
    """Width of h."""
    image_size: int
    """Side in pixels of the views that it was trained on."""
    library_call: str | None
    """Line of Python by which timm or torchvision builds its model from the file; null if neither has the encoder."""
    mean: list[float] | None
    """Mean by which the library's model takes views normalised, by colour; null if they are in [0, 1] as they are."""
    deviation: list[float] | None
    """Standard deviation by which they are normalised."""


def export_document(trial: StoredTrial, pretrained: "Pretrained", file: str, cell: str | None) -> ExportDocument:
    """The document of ``ablate export``; ``cell`` is the best one, if that was asked for."""
    from core.trained.export import library_call, moments  # here, since PyTorch comes with it

    config = pretrained.config
    mean, deviation = moments(pretrained) or (None, None)
    return ExportDocument(
        file=file,
        trial=trial.id,
        encoder=trial.pretrain_id or "",
        cell=cell,
        kind=config.encoder.kind,
        features=pretrained.encoder.width,
        image_size=config.data.image_size,
        library_call=library_call(pretrained, file),
        mean=mean,
        deviation=deviation,
    )
