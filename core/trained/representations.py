"""The representations of all images of a split. One pass over the images gives as many as are asked for."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.config.protocols.base import Representation
from core.data.dataset import Split
from core.encoder.encoder import Encoder
from core.trained.features import depth_of, features_of, is_space, is_stage, space_of, whole_views
from core.trained.pretrained import Pretrained


def represent(pretrained: Pretrained, split: Split, representation: Representation) -> tuple[Tensor, Tensor]:
    """Return features (N, d) and labels (N,) or (N, classes) of the images that have a label, on the encoder's device.

    The images are neither cropped nor flipped. Representations that further evaluations will ask for are computed in
    the same pass; see ``core.trained.kept``.
    """
    kept = pretrained.kept
    features = kept.get(split, representation)
    if features is None:
        others = [each for each in kept.wanted if kept.get(split, each) is None]
        features, *more = _encoded(pretrained, split, [representation, *others])
        for each, values in zip(others, more, strict=True):
            kept.add(split, each, values)
    return features.to(pretrained.device), split.labelled().labels.to(pretrained.device)


def _encoded(pretrained: Pretrained, split: Split, wanted: Sequence[Representation]) -> list[Tensor]:
    """Return features (N, d) of each representation: the first on the encoder's device, the others on the CPU."""
    model, split = Representations(pretrained, wanted), split.labelled()
    views = whole_views(split.images, pretrained.device, split.view_size)
    parts: list[list[Tensor]] = [[] for _ in wanted]
    for features in features_of(model, views, pretrained.numerics):
        first, *others = features.split(model.widths, dim=1)
        for part, values in zip(parts, [first.contiguous(), *(other.cpu() for other in others)], strict=True):
            part.append(values)
    return [torch.cat(part) for part in parts]


class Representations(nn.Module):
    """Maps views (B, C, S, S) to several representations side by side, (B, sum of their widths). Each part of f and g
    runs once."""

    def __init__(self, pretrained: Pretrained, wanted: Sequence[Representation]) -> None:
        super().__init__()
        self.encoder, self.head = pretrained.encoder, pretrained.head
        self.wanted: list[str | int] = [
            each if is_stage(each) or is_space(each) else depth_of(pretrained, each) for each in wanted
        ]
        """Names of stages and spaces, and numbers of layers of g, 0 for h."""
        self.widths: list[int] = []
        """Widths of the representations, known after the first batch."""

    def forward(self, views: Tensor) -> Tensor:
        found: dict[str | int, Tensor] = {}
        if any(map(is_stage, self.wanted)):
            found.update(self.encoder.stages(views))
        if not all(map(is_stage, self.wanted)):
            found[0] = self._h(views, found)
        for number in range(1, max((each for each in self.wanted if isinstance(each, int)), default=0) + 1):
            found[number] = self.head[number - 1](found[number - 1])
        for space in filter(is_space, self.wanted):
            found[space] = space_of(self.head, str(space))(found[0])
        outputs = [found[each] for each in self.wanted]
        self.widths = [output.shape[1] for output in outputs]
        return torch.cat(outputs, dim=1)

    def _h(self, views: Tensor, stages: dict[str | int, Tensor]) -> Tensor:
        """Return h: the last stage's pooled output, if it was computed and is h."""
        if stages and type(self.encoder).forward is Encoder.forward:
            return stages[self.encoder.stage_names[-1]]
        h: Tensor = self.encoder(views)
        return h
