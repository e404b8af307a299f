"""The protocols that train by SGD on random crops and flips: linear evaluation, and the two kinds of fine-tuning.

All use Nesterov momentum 0.9 and a learning rate that starts at its peak, without warmup, and falls as a cosine to
0: the paper is silent on the schedule, and the released code has the cosine in every mode. The classifier's weights
start at zero, as in the released code. A batch is never larger than the training set; the learning rate is then that
of the smaller batch. The paper resizes test images to 256 pixels and scores the centre crop of 224; see ``test_crop``.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, Strict

from core.config.data import Amount
from core.config.measures import Measure
from core.config.methods.mixing import Mix
from core.config.metrics import METRICS, Metric
from core.config.protocols.base import PROTOCOLS, Count, Protocol, Seed, TestCrop

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

FEW_LABELS = 0.01
"""Largest share of labelled training images for which there are more epochs of fine-tuning."""
Rate = Annotated[float, Field(gt=0)]
WeightDecay = Annotated[float, Field(ge=0)]


@PROTOCOLS.add("core.evaluation.protocols.linear_sgd:score_linear_sgd")
class LinearSgd(Protocol):
    """Linear evaluation as in the paper's figures and tables on ImageNet (appendix B.6): the encoder is frozen, its
    batch norm statistics too, and a linear classifier is trained without regularisation."""

    added_later = {"test_crop": 1.0}

    protocol: Literal["linear_sgd"] = "linear_sgd"

    epochs: Count = 90
    """Epochs of the classifier's training. Appendix B.6: 90."""
    batch_size: Count = 4096
    """Images in a batch, at most all. Appendix B.6: 4096; for small data that makes 90 epochs too few steps to
    converge."""
    learning_rate: Rate = 0.1
    """Learning rate of a batch of 256, proportional to the batch. Appendix B.6: 0.1, so 1.6 at 4096."""
    test_crop: TestCrop = 1.0
    """Side of the square in the middle of a test image that is scored, as a share of its shorter side. Appendices B.5
    and B.6: 0.875, which is a crop of 224 from an image resized to 256."""

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        label = "linear evaluation by SGD"
        return Measure("linear_sgd/top1", f"{label}, top-1 (%)"), Measure("linear_sgd/top5", f"{label}, top-5 (%)")

    def trained_images(self, pretrain: "PretrainConfig", images: int, labelled: int) -> int:
        return self.epochs * labelled


@PROTOCOLS.add("core.evaluation.protocols.finetune:score_finetune")
class FineTune(Protocol):
    """Semi-supervised learning (appendix B.5; Tables 7, B.2 and B.4): the whole network is trained on few labels,
    without regularisation, batch norm in training mode. If ``pretrain.epochs`` is 0, it is trained from scratch.

    From a layer of the head (``representation``), as in SimCLRv2, that layer and those before it are trained too.
    """

    task_fields = ("labels",)
    added_later = {"test_crop": 1.0}

    protocol: Literal["finetune"] = "finetune"

    labels: Amount = 1.0
    """Labelled training images that are kept, the same number of every class and at least one: a fraction or a count.
    Paper, Sec 4 and appendix B.2: 0.01, 0.1 and 1.0."""
    labels_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the choice of these images. In a study it is the trial's seed unless it is written; see ``vary``."""

    epochs: Count | None = None
    """Epochs of the fine-tuning. Appendix B.5: 60 with 1 % of the labels and 30 with 10 %. None: 60 up to 1 %, else 30,
    which SimCLRv2 has for 100 % and the paper does not state."""
    batch_size: Annotated[int, Field(ge=2)] = 4096
    """Images in a batch, at most all. Appendix B.5: 4096."""
    learning_rate: Rate = 0.05
    """Learning rate of a batch of 256, proportional to the batch. Appendix B.5: 0.05, so 0.8 at 4096."""
    mix: Mix | None = None
    """How images are mixed with others of the batch, and their labels with them. Not in the paper. None: not at
    all."""
    test_crop: TestCrop = 1.0
    """Side of the square in the middle of a test image that is scored, as a share of its shorter side. Appendices B.5
    and B.6: 0.875, which is a crop of 224 from an image resized to 256."""

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        return Measure("finetune/top1", "fine-tuned, top-1 (%)"), Measure("finetune/top5", "fine-tuned, top-5 (%)")

    def epochs_of(self, images: int) -> int:
        """Return the epochs of the fine-tuning if so many training images have labels."""
        share = self.labels / images if isinstance(self.labels, int) else self.labels
        return self.epochs or (60 if share <= FEW_LABELS else 30)

    def trained_images(self, pretrain: "PretrainConfig", images: int, labelled: int) -> int:
        kept = self.labels if isinstance(self.labels, int) else round(self.labels * labelled)
        return self.epochs_of(labelled) * kept


@PROTOCOLS.add("core.evaluation.protocols.finetune_transfer:score_finetune_transfer")
class FineTuneTransfer(Protocol):
    """Transfer by fine-tuning (appendix B.8.2; Tables 8 and B.5): the whole network, its learning rate and weight
    decay chosen on held-out training images; then trained once more on all of them. Give ``data`` the other data set.

    The grid of the paper is 56 trainings of 20,000 steps. For ``steps``, ``learning_rates`` and ``weight_decays``,
    None is the paper's value for a pretrained encoder, or for a random initialisation (``pretrain.epochs`` 0).
    """

    several_labels = True
    task_fields = ("metric",)
    added_later = {"test_crop": 1.0}

    protocol: Literal["finetune_transfer"] = "finetune_transfer"

    metric: Metric | None = None
    """Metric that chooses and that is reported. None: ``top1``, or ``map_11`` where images have several labels."""

    steps: Count | None = None
    """Steps of each training. Appendix B.8.2: 20,000; from a random initialisation 40,000."""
    batch_size: Annotated[int, Field(ge=2)] = 256
    """Images in a batch, at most all. Appendix B.8.2: 256."""
    learning_rates: Annotated[tuple[Rate, ...], Strict(False), Field(min_length=1)] | None = None
    """Learning rates that are tried, each for a batch of 256. Appendix B.8.2: 7 from 1e-4 to 0.1; from a random
    initialisation 7 from 1e-3 to 1; both evenly spaced on a logarithm."""
    weight_decays: Annotated[tuple[WeightDecay, ...], Strict(False), Field(min_length=1)] | None = None
    """Weight decays that are tried with each learning rate, by which they are divided: what a weight loses in a step
    at the peak. Appendix B.8.2: none and 7 from 1e-6 to 1e-3; from a random initialisation 8 from 1e-5 to 10^-1.5; both
    evenly spaced on a logarithm. Batch norm and biases are excluded; the paper does not say."""
    holdout: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Share of every class's training images on which they are chosen. The paper takes a data set's own validation
    images where it has any. The middle of the grid is taken if each class has one image only."""
    holdout_seed: Seed | None = None
    """Seed of the choice of these images. None: the training's, so that every seed of a study has its own."""
    test_crop: TestCrop = 1.0
    """Side of the square in the middle of a test image that is scored, as a share of its shorter side. Appendix
    B.8.2: 0.875, which is a crop of 224 from an image resized to 256."""

    @property
    def holds_out(self) -> bool:
        return any(tried is None or len(tried) > 1 for tried in (self.learning_rates, self.weight_decays))

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        scores = [Measure(f"finetune_transfer/{name}", f"fine-tuned, {METRICS[name].label}") for name in METRICS]
        return (
            *scores,
            Measure("finetune_transfer/learning_rate", "learning rate of the fine-tuning"),
            Measure("finetune_transfer/weight_decay", "weight decay of the fine-tuning"),
        )

    def tried_rates(self, pretrain: "PretrainConfig") -> tuple[float, ...]:
        """Return the learning rates that are tried."""
        return self.learning_rates or (_half_decades(-4, -1) if pretrain.epochs else _half_decades(-3, 0))

    def tried_decays(self, pretrain: "PretrainConfig") -> tuple[float, ...]:
        """Return the weight decays that are tried with each learning rate."""
        return self.weight_decays or ((0.0, *_half_decades(-6, -3)) if pretrain.epochs else _half_decades(-5, -1.5))

    def steps_of(self, pretrain: "PretrainConfig") -> int:
        """Return the steps of each training."""
        return self.steps or (20_000 if pretrain.epochs else 40_000)

    def trained_images(self, pretrain: "PretrainConfig", images: int, labelled: int) -> int:
        """Return those of each training of the grid, and of the last one; a grid of one needs the last alone."""
        tried = len(self.tried_rates(pretrain)) * len(self.tried_decays(pretrain))
        trainings = tried + 1 if tried > 1 else 1
        return trainings * self.steps_of(pretrain) * min(self.batch_size, labelled)


def _half_decades(first: float, last: float) -> tuple[float, ...]:
    """Return the values from 10^first to 10^last, evenly spaced on a logarithm, two to a power of ten."""
    return tuple(10 ** (first + step / 2) for step in range(round(2 * (last - first)) + 1))
