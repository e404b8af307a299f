"""One experiment: a training, and how it is scored."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.config.base import Config
from core.config.data import DataConfig
from core.config.encoder import AnyEncoder, ResNet
from core.config.head import HeadConfig
from core.config.methods import LossConfig, NtXent, Pass
from core.config.models.normalization import Normalizing
from core.config.models.weights import StartingWeights
from core.config.operations import check_channels
from core.config.optimizer import AnyOptimizer, Lars
from core.config.policies import AugmentConfig, SimclrAugment
from core.config.protocols import EvaluateConfig, Frozen
from core.config.schedule import AnySchedule, Cosine


class PretrainConfig(Config):
    """Everything that changes the learned encoder, and ``recompute`` and ``end_on_collapse``, which do not. Defaults
    are the paper's (Sec 2.3)."""

    data: DataConfig = DataConfig()
    augment: AugmentConfig = SimclrAugment()
    encoder: AnyEncoder = ResNet()
    head: HeadConfig = HeadConfig()
    loss: LossConfig = NtXent()
    optimizer: AnyOptimizer = Lars()
    schedule: AnySchedule = Cosine()

    epochs: Annotated[int, Field(ge=0)] = 100
    """Number of passes over the training images; 0 leaves the encoder at its random initialisation. Paper, Sec 2.3:
    100."""

    batch_size: Annotated[int, Field(ge=2)] = 4096
    """Number of images N in a batch, so 2N views and 2(N - 1) negatives. Paper, Sec 2.3: 4096."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Seed of the initialisation, the order of the data and every augmentation."""

    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Precision of the encoder's matrix products and convolutions, and with ``bfloat16`` (autocast) also of the values
    between its layers. On a GPU, cuDNN may compute ``float32`` convolutions in TF32, as PyTorch allows by default.
    ``auto``: the one that is faster on this hardware, as measured; a result says which one it was."""

    batch_norm_chunk: Annotated[int, Field(ge=2)] | None = None
    """Number of views that go through the encoder at once, and over which its batch norms take their statistics: less
    memory, about a third more time, and another result. It must divide the batch's views; a batch that is not larger is
    one chunk. Head and loss take the whole batch in any case. Views are dealt out to chunks at random. None: the whole
    batch. Paper, Sec 2.2 ("Global BN"): the whole batch, over all devices."""

    recompute: bool = Field(default=False, exclude=True)
    """Whether the backward pass recomputes the encoder's activations, block by block, instead of keeping them: less
    memory, about a third more time, and the same result. It is therefore left out of every dump, and so of a trial's
    identity and of the check of checkpoints."""

    end_on_collapse: bool = Field(default=True, exclude=True)
    """Whether a training that no longer learns fails, instead of being trained to its end. It fails if the projections
    of all images are one: their ``spread`` is below 0.01 over a whole epoch, for a method that reports it. It also
    fails, at its end, if the loss was more than twice that of a guess in each epoch of the last half, for a loss that
    chooses among candidates and a training of five epochs or more. The encoder is the same either way, so this is left
    out of every dump too. A study of what prevents a collapse sets it to false, so that the collapsed encoder is
    scored."""

    @property
    def passes(self) -> tuple[Pass, ...]:
        """All passes of views through an encoder in one training step."""
        return self.loss.passes(self.data.image_size)

    @property
    def trained_passes(self) -> tuple[Pass, ...]:
        """The passes of a training step that have a gradient."""
        return tuple(each for each in self.passes if each.has_gradient)

    @property
    def projection_width(self) -> int:
        """Width of the projection z."""
        return self.head.width(self.encoder.output_of(self.data.channels))

    @property
    def views(self) -> int:
        """Number of views in a batch that are trained on."""
        return self.batch_size * sum(each.copies for each in self.trained_passes)

    @model_validator(mode="after")
    def _check_warmup(self) -> Self:
        if self.epochs and self.schedule.warmup_epochs >= self.epochs:
            raise ValueError(
                f"schedule.warmup_epochs ({self.schedule.warmup_epochs:g}) must be below "
                f"epochs ({self.epochs}), or the learning rate never reaches its peak; lower it, or raise epochs"
            )
        return self

    @model_validator(mode="after")
    def _check_encoder(self) -> Self:
        if self.epochs and not self.encoder.learns:
            raise ValueError(f"encoder.kind {self.encoder.kind} has nothing to train; take epochs 0")
        image_size = self.data.image_size
        self.encoder.check(image_size)
        for side in sorted({each.size for each in self.passes} - {image_size}):
            self.encoder.check_small(image_size, side)
        return self

    @model_validator(mode="after")
    def _check_channels(self) -> Self:
        channels = self.data.channels
        self.encoder.check_channels(channels)
        if isinstance(self.encoder, StartingWeights):
            self.encoder.check_weights(channels)
        if isinstance(self.encoder, Normalizing):
            self.encoder.check_moments(channels)
        check_channels(self.augment.branches().all, "augment", channels)
        return self

    @model_validator(mode="after")
    def _check_chunk(self) -> Self:
        for views in (self.batch_size * each.copies for each in self.trained_passes):
            self._check_divides(views)
        return self

    def _check_divides(self, views: int) -> None:
        chunk = self.batch_norm_chunk
        if chunk and chunk < views and views % chunk:
            divisors = [size for size in range(2, views + 1) if views % size == 0]
            near = [d for d in divisors if d < chunk][-1:] + [d for d in divisors if d > chunk][:1]
            raise ValueError(
                f"batch_norm_chunk ({chunk}) must divide a batch's {views} views into equal chunks; "
                f"the nearest that does is {' or '.join(map(str, near))}"
            )

    @model_validator(mode="after")
    def _check_labels(self) -> Self:
        if self.loss.supervised and self.data.unlabelled is not None:
            raise ValueError(
                f"loss.kind {self.loss.kind} learns from labels, and data.unlabelled ({self.data.unlabelled}) adds "
                "images without any; remove data.unlabelled, or take another loss"
            )
        return self

    @model_validator(mode="after")
    def _check_method(self) -> Self:
        self.loss.check(self)
        return self


class TrainConfig(Config):
    """One encoder and one way to score it."""

    pretrain: PretrainConfig = PretrainConfig()
    evaluate: EvaluateConfig = Frozen()

    @property
    def evaluation_data(self) -> DataConfig:
        """Data that the encoder is scored on."""
        other = self.evaluate.data
        return other.like(self.pretrain.data) if other else self.pretrain.data.with_all_classes

    @property
    def scored_by(self) -> str:
        """Protocol, task and data set in words: ``finetune, labels 0.01 on cifar10``. Scores are comparable where this
        is the same."""
        tasks = {name: getattr(self.evaluate, name) for name in self.evaluate.task_fields}
        told = [f"{name} {value}" for name, value in tasks.items() if value is not None]
        return f"{', '.join([self.evaluate.protocol, *told])} on {self.evaluation_data.name}"

    @property
    def all_data(self) -> tuple[DataConfig, DataConfig]:
        """Data that the encoder is trained on, and data that it is scored on."""
        return self.pretrain.data, self.evaluation_data

    @model_validator(mode="after")
    def _check_protocol(self) -> Self:
        self.evaluate.check(self.pretrain)
        return self
