"""Contrastive losses on the projections of two views, as SimCLR trains them. Tables 2, 4 and 5."""

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from core.config.measures import SPREAD, Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.registry import Code, Registry

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

SIMCLR = "core.methods.simclr:SimCLR"

Temperature = Annotated[float, Field(gt=0)]
Negatives = Literal["both_views", "one_view"]
"""Negatives of a view: the other images' views of both branches, 2(N - 1) of them, or those of the branch that its
positive is in, N - 1. Paper: the first, but the second for all losses of Table 4 (footnote 8, appendix B.10)."""


class ContrastiveLoss(MethodConfig):
    """Base of the losses on projections z (2N, d) of two views of N images."""

    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("entropy", "entropy of the contrastive distribution (nats)"),
        Measure("contrastive_top1", "contrastive accuracy (%)"),
    )

    by_distance: ClassVar[bool] = False
    """Whether two projections are compared by their distance, and not by their dot product."""

    normalize: bool = True
    """l2-normalise z, so that the similarity is the cosine."""

    @property
    def entropy_temperature(self) -> float:
        """Temperature of the softmax whose entropy is reported: the loss's own, or 1 where it has none."""
        return float(getattr(self, "temperature", 1.0))

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with both views, so that batch norm sees all 2N."""
        return (Pass(2, image_size),)


class ContrastiveLosses(Registry[ContrastiveLoss]):
    """Contrastive losses, each with its function ``(z, config) -> scalar``. Each is also a method, namely SimCLR with
    that loss. z (2N, d) is in float32 or wider, normalised if ``normalize`` says so; rows i and N + i are a pair."""

    def register(self, config: type[ContrastiveLoss], code: Code | None = None) -> None:
        super().register(config, code)
        METHODS.register(config, SIMCLR)

    def remove(self, config: type[ContrastiveLoss]) -> None:
        super().remove(config)
        METHODS.remove(config)


LOSSES = ContrastiveLosses("loss", ContrastiveLoss, tag="kind", default="nt_xent")


@LOSSES.add("core.loss.nt_xent:nt_xent_of")
class NtXent(ContrastiveLoss):
    """NT-Xent, equation 1."""

    kind: Literal["nt_xent"] = "nt_xent"

    temperature: Temperature = 0.1
    """tau. Sec 2.3 does not state it; the released code's default and Table 5's best are 0.1."""

    normalize: bool = True
    """l2-normalise z, so that the similarity is the cosine. Table 5 ablates it."""

    negatives: Negatives = "both_views"
    """Negatives of both branches, 2(N - 1), or of the positive's branch alone, N - 1. Paper, Sec 2.1: the first."""

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float | None:
        """Return the logarithm of the number of candidates. None for a z that is not normalised: its loss may be larger
        although the positive is found."""
        candidates = 2 * pretrain.batch_size - 1 if self.negatives == "both_views" else pretrain.batch_size
        return math.log(candidates) if self.normalize else None


@LOSSES.add("core.loss.triplets:nt_logistic_of")
class NtLogistic(ContrastiveLoss):
    """NT-Logistic, Table 2."""

    kind: Literal["nt_logistic"] = "nt_logistic"

    temperature: Temperature = 0.2
    """tau. Appendix B.10 tries 0.1, 0.2, 0.5 and 1.0 and does not say which was best."""

    negatives: Negatives = "both_views"
    """Negatives of both branches, 2(N - 1), or of the positive's branch alone, N - 1. Table 4: the second
    (footnote 8)."""

    semi_hard: bool = False
    """One negative for each view: the most similar of those that are less similar to it than its positive, or else the
    least similar of all. Table 4, "(sh)"."""


@LOSSES.add("core.loss.triplets:margin_of")
class Margin(ContrastiveLoss):
    """Margin triplet, Table 2."""

    kind: Literal["margin"] = "margin"

    margin: Annotated[float, Field(ge=0)] = 0.4
    """m, in units of the similarity. Appendix B.10 tries 0, 0.4, 0.8 and 1.6 and does not say which was best."""

    negatives: Negatives = "both_views"
    """Negatives of both branches, 2(N - 1), or of the positive's branch alone, N - 1. Table 4: the second
    (footnote 8)."""

    semi_hard: bool = False
    """One negative for each view: the most similar of those that are less similar to it than its positive, or else the
    least similar of all. Table 4, "(sh)"."""


class DistanceLoss(ContrastiveLoss):
    """Base of the losses on distances, which can leave all projections in one point."""

    measures = (*ContrastiveLoss.measures, SPREAD)
    by_distance = True


@LOSSES.add("core.loss.distances:hadsell_of")
class Hadsell(DistanceLoss):
    """The contrastive loss of siamese networks: pairs attract each other by half their squared distance, and views of
    two images repel each other up to a margin (Hadsell, Chopra and LeCun 2006).

    The paper has labelled pairs one at a time; here they are those of a batch, and the mean over the positive pairs and
    that over the negative ones have the same weight.
    """

    kind: Literal["hadsell"] = "hadsell"

    margin: Annotated[float, Field(gt=0)] = 1.0
    """m, the distance from which on two images do not repel each other. The paper's is 1.25 for small images of digits
    (from memory)."""

    normalize: bool = False
    """l2-normalise z. In the paper it is not normalised (from memory)."""

    negatives: Negatives = "both_views"
    """Negatives of both branches, 2(N - 1), or of the positive's branch alone, N - 1."""


@LOSSES.add("core.loss.triplets:triplet_of")
class Triplet(DistanceLoss):
    """The triplet loss on squared distances, with semi-hard negatives (Schroff et al. 2015, FaceNet).

    For normalised z a squared distance is 2 - 2 cos, so that it is twice ``margin`` with half its margin. It is a loss
    of its own where z is not normalised.
    """

    kind: Literal["triplet"] = "triplet"

    margin: Annotated[float, Field(ge=0)] = 0.2
    """alpha, in units of the squared distance. FaceNet: 0.2 (from memory)."""

    normalize: bool = True
    """l2-normalise z. FaceNet: yes."""

    negatives: Negatives = "both_views"
    """Negatives of both branches, 2(N - 1), or of the positive's branch alone, N - 1."""

    semi_hard: bool = True
    """One negative for each view: the nearest of those that are farther from it than its positive, or else the farthest
    of all. FaceNet: yes. False: all negatives."""
