"""Linear evaluation and nearest neighbours on a frozen encoder."""

from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from core.config.measures import Measure
from core.config.metrics import METRICS, Metric
from core.config.protocols.base import PROTOCOLS, Count, Protocol, Seed

Distance = Literal["cosine", "euclidean"]


@PROTOCOLS.add("core.evaluation.protocols.frozen:score_frozen")
class Frozen(Protocol):
    """Linear evaluation and k-nearest neighbours on a frozen encoder, on images that are neither cropped nor flipped:
    both from one pass over the data. If images have several labels, the linear evaluation is one logistic regression
    for each class, all with one l2 weight, and there are no neighbours.

    The linear classifier is that of the paper's transfer learning (appendix B.8: L-BFGS on features computed
    once), on features that are standardised, which is not in the paper. The paper's own figures and tables on
    ImageNet, such as Figures 5, 7 and 8 and Table 1, train theirs by SGD on crops and flips (appendix B.6), as
    ``LinearSgd`` does.
    """

    several_labels = True
    one_pass = True
    task_fields = ("metric",)
    added_later = {"holdout_seed": 0, "neighbor_distance": "cosine"}

    protocol: Literal["frozen"] = "frozen"

    metric: Metric | None = None
    """Metric of the linear classifier that is reported besides top-1 and top-5, and that chooses its l2 weight. None:
    the data set's own (Table 8); for a data set that is not in that table top-1, or map_11 where an image has several
    labels."""

    l2_low: Annotated[float, Field(gt=0)] = 1e-6
    """Smallest l2 weight that is tried. Appendix B.8: 1e-6."""
    l2_high: Annotated[float, Field(gt=0)] = 1e5
    """Largest l2 weight that is tried. Appendix B.8: 1e5."""
    l2_count: Annotated[int, Field(ge=1, le=200)] = 45
    """Number of l2 weights, evenly spaced on a logarithm. Appendix B.8: 45."""
    holdout: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of every class's training images on which the l2 weight is chosen, and ``linear_eval/validation`` measured:
    at least one image, and never all. The statistics that standardise the features are then measured without them. The
    middle l2 weight is taken if each class has one image only. Appendix B.8 chooses on a validation set, and does not
    say on which where a data set comes with none; here all data sets are treated alike. If images have several labels,
    it is a share of all images, whatever their classes."""
    holdout_seed: Seed = 0
    """Seed of the choice of these images. In a study it is the trial's seed unless it is written; see ``vary``."""

    neighbors: Count | Annotated[tuple[Count, ...], Strict(False), Field(min_length=1)] = 200
    """k of the nearest-neighbour vote, or several of them, which cost no more: ``knn/top1`` is that of the first, and
    ``knn/top1_at_<k>`` that of each. Not in the paper; Wu et al. 2018: 200."""
    neighbor_distance: Distance = "cosine"
    """The distance of neighbours. ``cosine``: the angle between representations, which is their distance once they are
    normalised. ``euclidean``: the distance between representations as they are, where each neighbour's vote counts
    once. Not in the paper; Wu et al. 2018: cosine."""
    neighbor_temperature: Annotated[float, Field(gt=0)] = 0.1
    """Temperature of the vote: with cosine a neighbour counts exp(cosine / temperature). Not in the paper."""

    @property
    def holds_out(self) -> bool:
        return self.l2_count > 1

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        names = {"top1": METRICS["top1"].label, "top5": "top-5 (%)"} | {name: METRICS[name].label for name in METRICS}
        linear = [Measure(f"linear_eval/{name}", f"linear evaluation, {label}") for name, label in names.items()]
        return (
            *linear,
            Measure("linear_eval/l2", "l2 weight of the linear evaluation"),
            Measure("linear_eval/validation", "linear evaluation, on held-out training images (%)"),
            Measure("knn/top1", "k-nearest neighbours, top-1 (%)"),
            Measure(r"knn/top1_at_\d+", "k-nearest neighbours at each of several k, top-1 (%)"),
        )

    @model_validator(mode="after")
    def _check_l2(self) -> Self:
        if self.l2_low > self.l2_high:
            raise ValueError(f"l2_low ({self.l2_low}) is above l2_high ({self.l2_high})")
        return self
