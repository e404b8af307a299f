"""Self-training and distillation, the third step of SimCLRv2 (Chen et al. 2020, arXiv:2006.10029, Sec 2)."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, Strict, field_validator

from core.config.base import Config
from core.config.encoder import AnyEncoder, EncoderConfig
from core.config.measures import Measure
from core.config.optimizer import AnyOptimizer, Lars
from core.config.protocols.base import PROTOCOLS, Count, Runs
from core.config.protocols.tuning import FineTune

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

OF_STUDENTS: dict[str, Any] = {"learning_rate": 0.1, "scaling": "sqrt", "weight_decay": 1e-4}
"""LARS as it trains students."""
TRAINED = 3
"""Forward passes that a training step costs, a backward pass being two."""


class Student(Config):
    """A network that learns from the outputs of the one before it."""

    encoder: AnyEncoder | None = None
    """Encoder of the student, which starts at random, with a linear classifier on h. None: that of the pretraining,
    which is self-distillation. SimCLRv2: the same, then a smaller one."""

    temperature: Annotated[float, Field(gt=0)] | None = None
    """tau, by which both networks' logits are divided before the softmax. None: SimCLRv2's, 0.1 for an encoder like
    the pretraining's and 1 for another."""


@PROTOCOLS.add("core.evaluation.protocols.distill:score_distill")
class Distill(FineTune):
    """Self-training (SimCLRv2, Sec 2 and Table 2): the network that ``finetune`` trains on few labels teaches a student
    on all training images, without their labels; the student is what is scored.

    ``labels`` to ``mix`` are the teacher's fine-tuning. The teacher is then fixed, its batch norm in
    evaluation mode, and both networks see the same crops and flips, as in the released notebook. ``students`` learn one
    from the other, so that a large network can be distilled into itself first, as SimCLRv2 does for its best small
    ones. The rate of the student falls as a cosine to 0 without a warmup, as in the notebook.

    Epochs, temperatures and LARS are SimCLRv2's, as secondary texts quote them. The rest of its recipe could not be
    read: batch and rate here are those of its pretraining command.
    """

    protocol: Literal["distill"] = "distill"  # type: ignore[assignment]

    students: Annotated[tuple[Student, ...], Strict(False)] = (Student(),)
    """Students, each taught by the one before it, the first by the fine-tuned network. ``[]``: none, so that the
    fine-tuned network is scored, on the same scale as its students."""

    alpha: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Weight of the teacher's outputs; 1 - alpha is that of the labels that the teacher had (SimCLRv2, equation 4, from
    memory). 1: no labels, SimCLRv2's default."""

    student_epochs: Count = 400
    """Epochs of each student, over all training images. SimCLRv2: 400."""

    student_batch_size: Annotated[int, Field(ge=2)] = 4096
    """Images in a batch of a student, at most all."""

    optimizer: AnyOptimizer = Lars(**OF_STUDENTS)
    """Optimiser of the students. SimCLRv2: LARS."""

    @field_validator("optimizer", mode="before")
    @classmethod
    def _complete(cls, optimizer: Any) -> Any:
        """A LARS of which a part is set has the students' defaults, not those of pretraining, for the rest."""
        is_lars = isinstance(optimizer, dict) and optimizer.get("kind", "lars") == "lars"
        return OF_STUDENTS | optimizer if is_lars else optimizer

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        return (
            Measure("distill/top1", "distilled, top-1 (%)"),
            Measure("distill/top5", "distilled, top-5 (%)"),
            Measure("distill/teacher_top1", "the first teacher, fine-tuned, top-1 (%)"),
        )

    def check(self, pretrain: "PretrainConfig") -> None:
        """Raise ValueError where a student cannot be trained on the data."""
        super().check(pretrain)
        side = (self.data and self.data.image_size) or pretrain.data.image_size
        for number, student in enumerate(self.students):
            encoder, place = self.encoder_of(student, pretrain), f"evaluate.students.{number}.encoder"
            if not encoder.learns:
                raise ValueError(f"{place} is {encoder.kind}, which has nothing to train; write another encoder there")
            if student.encoder and getattr(encoder, "weights_hash", None):
                raise ValueError(f"{place} has weights, and a student starts at random; remove weights")
            encoder.check(side)
            encoder.check_channels(pretrain.data.channels)

    def encoder_of(self, student: Student, pretrain: "PretrainConfig") -> EncoderConfig:
        """Return the encoder of a student."""
        return student.encoder or pretrain.encoder

    def temperature_of(self, student: Student, pretrain: "PretrainConfig") -> float:
        """Return tau of a student."""
        alike = self.encoder_of(student, pretrain) == pretrain.encoder
        return student.temperature or (0.1 if alike else 1.0)

    def trained_images(self, pretrain: "PretrainConfig", images: int, labelled: int) -> int:
        """Return those of the fine-tuning, and those of each student, which learns from all images."""
        return super().trained_images(pretrain, images, labelled) + len(self.students) * self.student_epochs * images

    def runs(self, pretrain: "PretrainConfig") -> tuple[Runs, ...]:
        """Return the passes of the fine-tuning, and those of each student with its teacher's."""
        share = self.labels if isinstance(self.labels, float) else 0.0  # a count is a small one
        found = [Runs(pretrain.encoder, TRAINED * (self.epochs or 30) * share)]
        encoders = [pretrain.encoder, *(self.encoder_of(student, pretrain) for student in self.students)]
        for teacher, student in pairwise(encoders):
            found += [Runs(teacher, self.student_epochs), Runs(student, TRAINED * self.student_epochs)]
        return tuple(found)
