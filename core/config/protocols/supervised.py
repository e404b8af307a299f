"""The protocol of the supervised baseline."""

from typing import TYPE_CHECKING, Literal

from core.config.measures import Measure
from core.config.protocols.base import PROTOCOLS, Protocol, TestCrop

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@PROTOCOLS.add("core.evaluation.protocols.classifier:score_classifier")
class Classifier(Protocol):
    """The classifier that a supervised training (``loss.kind: cross_entropy``) learned with its encoder: the
    supervised rows of Tables 1 and B.3."""

    reads_representation = False

    added_later = {"test_crop": 1.0}

    protocol: Literal["classifier"] = "classifier"

    test_crop: TestCrop = 1.0
    """Side of the square in the middle of a test image that is scored, as a share of its shorter side. Released
    code: 0.875, which is a crop of 224 from an image resized to 256."""

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        return Measure("classifier/top1", "supervised, top-1 (%)"), Measure("classifier/top5", "supervised, top-5 (%)")

    def check(self, pretrain: "PretrainConfig") -> None:
        super().check(pretrain)
        if not pretrain.loss.supervised:
            raise ValueError("evaluate.protocol classifier needs a classifier, which loss.kind cross_entropy trains")
