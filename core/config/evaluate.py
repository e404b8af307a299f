"""How a pretrained encoder is scored: one configuration for each protocol.

A protocol's function is found by the type of its configuration, in ``core.evaluation.evaluate``.
"""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from core.config.base import default_tag
from core.config.pictures import ColourHistograms, ExampleViews
from core.config.probes import Retrieval, Spectrum, TransformationProbe, Tsne
from core.config.protocol import Metric, Protocol
from core.config.tuning import FineTune, FineTuneTransfer, LinearSgd

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


class Frozen(Protocol):
    """The frozen encoder on images that are neither cropped nor flipped: linear evaluation and k-nearest
    neighbours, both from one pass over the data. Where an image has several labels the linear evaluation is one
    logistic regression for each class, all of one l2 weight, and there are no neighbours.

    The linear classifier is that of the paper's transfer learning (appendix B.8: L-BFGS on features computed
    once), on features that are standardised, which is not in the paper. The paper's own figures and tables on
    ImageNet, such as Figures 5, 7 and 8 and Table 1, train theirs by SGD on crops and flips (appendix B.6), as
    ``LinearSgd`` does.
    """

    protocol: Literal["frozen"] = "frozen"

    metric: Metric | None = None
    """What is reported of the linear classifier besides top-1 and top-5, and by what its l2 weight is chosen. None:
    the data set's own (Table 8); where it is not in that table top-1, or map_11 where an image has several labels."""

    l2_low: Annotated[float, Field(gt=0)] = 1e-6
    """Smallest l2 weight that is tried. Appendix B.8: 1e-6."""
    l2_high: Annotated[float, Field(gt=0)] = 1e5
    """Largest l2 weight that is tried. Appendix B.8: 1e5."""
    l2_count: Annotated[int, Field(ge=1, le=200)] = 45
    """How many l2 weights, evenly spaced on a logarithm. Appendix B.8: 45."""
    holdout: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of every class's training images on which the l2 weight is chosen: at least one image, and never all.
    What standardises the features is measured without them meanwhile. Appendix B.8 chooses on a validation set, and
    does not say which where a data set comes with none; here all are alike. Where an image has several labels it is
    a share of all images, whatever their classes."""

    neighbors: Annotated[int, Field(ge=1)] = 200
    """k of the nearest-neighbour vote (not in the paper; Wu et al. 2018: 200)."""
    neighbor_temperature: Annotated[float, Field(gt=0)] = 0.1
    """A neighbour votes with exp(cosine / temperature). Not in the paper."""

    @model_validator(mode="after")
    def _check_l2(self) -> Self:
        if self.l2_low > self.l2_high:
            raise ValueError(f"l2_low ({self.l2_low}) is above l2_high ({self.l2_high})")
        return self


class Classifier(Protocol):
    """The classifier that a supervised training (``loss.kind: cross_entropy``) learned with its encoder: the
    supervised rows of Tables 1 and B.3."""

    protocol: Literal["classifier"] = "classifier"

    def check(self, pretrain: "PretrainConfig") -> None:
        super().check(pretrain)
        if not pretrain.loss.supervised:
            raise ValueError("evaluate.protocol classifier scores what loss.kind cross_entropy trains")


EvaluateConfig = Annotated[
    Frozen
    | LinearSgd
    | FineTune
    | FineTuneTransfer
    | Classifier
    | TransformationProbe
    | Retrieval
    | Spectrum
    | Tsne
    | ExampleViews
    | ColourHistograms,
    Field(discriminator="protocol"),
    BeforeValidator(default_tag("protocol", "frozen")),
]
