"""The loss on the projections z. Tables 2, 4 and 5."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from core.config.base import Config, default_tag

Temperature = Annotated[float, Field(gt=0)]
Negatives = Literal["both_views", "one_view"]
"""A view's negatives: the other images' views of both branches, 2(N - 1) of them, or of the branch that its
positive is in, N - 1. Paper: the first, but the second for all losses of Table 4 (footnote 8, appendix B.10)."""


class NtXent(Config):
    """NT-Xent, equation 1."""

    kind: Literal["nt_xent"] = "nt_xent"

    temperature: Temperature = 0.1
    """tau. Sec 2.3 does not state it; the released code's default and Table 5's best are 0.1."""

    normalize: bool = True
    """l2-normalise z, so that the similarity is the cosine. Table 5 ablates it."""

    negatives: Negatives = "both_views"
    """Of both branches, 2(N - 1), or of the positive's branch alone, N - 1. Paper, Sec 2.1: the first."""


class NtLogistic(Config):
    """NT-Logistic, Table 2."""

    kind: Literal["nt_logistic"] = "nt_logistic"

    temperature: Temperature = 0.2
    """tau. Appendix B.10 tries 0.1, 0.2, 0.5 and 1.0 and does not say which was best."""

    normalize: bool = True
    """l2-normalise z, so that the similarity is the cosine."""
    negatives: Negatives = "both_views"
    """Of both branches, 2(N - 1), or of the positive's branch alone, N - 1. Table 4: the second (footnote 8)."""

    semi_hard: bool = False
    """Each view has one negative: of those that are less similar to it than its positive is, the most similar;
    where there is none, the least similar of all. Table 4, "(sh)"."""


class Margin(Config):
    """Margin triplet, Table 2."""

    kind: Literal["margin"] = "margin"

    margin: Annotated[float, Field(ge=0)] = 0.4
    """m, in units of the similarity. Appendix B.10 tries 0, 0.4, 0.8 and 1.6 and does not say which was best."""

    normalize: bool = True
    """l2-normalise z, so that the similarity is the cosine."""
    negatives: Negatives = "both_views"
    """Of both branches, 2(N - 1), or of the positive's branch alone, N - 1. Table 4: the second (footnote 8)."""

    semi_hard: bool = False
    """As for ``NtLogistic``."""


class CrossEntropy(Config):
    """The supervised baseline of Tables 1, 8 and B.3: in place of the head a linear classifier on h, trained with
    the labels on one view of every image."""

    kind: Literal["cross_entropy"] = "cross_entropy"


ContrastiveLoss = NtXent | NtLogistic | Margin

LossConfig = Annotated[
    ContrastiveLoss | CrossEntropy,
    Field(discriminator="kind"),
    BeforeValidator(default_tag("kind", "nt_xent")),
]
