"""Contrastive losses on the projections of two views, as SimCLR trains them. Tables 2, 4 and 5."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.measures import Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.registry import Code, Registry

SIMCLR = "core.methods.simclr:SimCLR"

Temperature = Annotated[float, Field(gt=0)]
Negatives = Literal["both_views", "one_view"]
"""Negatives of a view: the other images' views of both branches, 2(N - 1) of them, or those of the branch that its
positive is in, N - 1. Paper: the first, but the second for all losses of Table 4 (footnote 8, appendix B.10)."""


class ContrastiveLoss(MethodConfig):
    """Base of the losses on projections z (2N, d) of two views of N images."""

    measures = (
        Measure("entropy", "entropy of the contrastive distribution (nats)"),
        Measure("contrastive_top1", "contrastive accuracy (%)"),
    )

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
