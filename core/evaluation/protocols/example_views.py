"""One image under each augmentation. Paper, Figure 4."""

import torch
from torch import Tensor

from core.augment.contact_sheet import contact_sheet
from core.config.protocols.pictures import ExampleViews
from core.data.dataset import Dataset
from core.errors import DataError
from core.evaluation.scores import Scores
from core.randomness import generator
from core.trained.pretrained import Pretrained


def score_example_views(config: ExampleViews, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return each of the ten panels as an array uint8 (3, S, S), ``example_views/<caption>``.

    A metric of ours, ``example_views/change``, is the mean difference between pixel values of the image and of the nine
    views, in percent of the values' range. Raises ``DataError`` where there is no such image.
    """
    if config.image >= len(data.train):
        raise DataError(
            f"evaluate.image is {config.image}, counted from 0, but {data.name} has {len(data.train):,} training images"
        )
    seed = pretrained.config.seed if config.seed is None else config.seed
    order = torch.randperm(len(data.train), generator=generator(seed, "example views"))
    panels = contact_sheet(data.train.images[order[config.image, None]][0], seed, config.color_form)
    changes = torch.stack([_change(panels[0][1], view) for _, view in panels[1:]])
    arrays = {f"example_views/{caption}": view for caption, view in panels}
    return Scores({"example_views/change": changes.mean().item()}, arrays)


def _change(original: Tensor, view: Tensor) -> Tensor:
    return 100 * (original.double() - view.double()).abs().mean() / 255
