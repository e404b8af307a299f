"""Self-training and distillation of a network that was fine-tuned with few labels. SimCLRv2, Sec 2."""

from core.config.protocols.distill import Distill
from core.data.dataset import Dataset
from core.evaluation.distillation import build_student, distilled
from core.evaluation.network import Network, predict
from core.evaluation.protocols.finetune import fine_tune, keep_labels
from core.evaluation.scores import Scores, accuracies, percentages
from core.evaluation.sgd import Recipe, check_finite
from core.trained.accuracy import is_among
from core.trained.pretrained import Pretrained


def score_distill(config: Distill, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return ``distill/top1`` and ``distill/top5``, percent of ``data.test``, for the last student, and
    ``distill/teacher_top1`` for the fine-tuned network that taught the first one.

    Raises ``DataError`` where ``data.train`` has fewer labels than the teacher needs, and ``Diverged``.
    """
    teacher, recipe = fine_tune(config, pretrained, data)
    logits, labels = predict(teacher, pretrained, data.test, config.test_crop)
    check_finite(logits, recipe)
    scores = percentages({"distill/teacher_top1": is_among(logits, labels, 1)})
    if config.students:
        student, recipe = last_student(config, teacher, pretrained, data)
        logits, labels = predict(student, pretrained, data.test, config.test_crop)
        check_finite(logits, recipe)
    return accuracies("distill", logits, labels) | scores


def last_student(config: Distill, teacher: Network, pretrained: Pretrained, data: Dataset) -> tuple[Network, Recipe]:
    """Train all students, each by the one before it, and return the last one and how it was trained."""
    split, classes = keep_labels(config, data.train), len(data.classes)
    side = (config.data and config.data.image_size) or pretrained.config.data.image_size
    for number, each in enumerate(config.students):
        encoder = config.encoder_of(each, pretrained.config)
        student = build_student(encoder, number, classes, side, pretrained)
        recipe = distilled(teacher, student, split, config, config.temperature_of(each, pretrained.config), pretrained)
        teacher = student
    return teacher, recipe
