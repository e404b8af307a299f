"""Training of a student by a teacher's outputs. SimCLRv2 (Chen et al. 2020, arXiv:2006.10029), Sec 2."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.config.encoder import EncoderConfig
from core.config.protocols.distill import Distill
from core.data.dataset import Batch, Split
from core.encoder.build import build_encoder
from core.encoder.head import build_classifier
from core.evaluation.network import Network
from core.evaluation.sgd import Recipe, steps_of, train
from core.optimizer.schedule import peak_rate
from core.randomness import generator, seeded
from core.trained.moments import fill_moments
from core.trained.pretrained import Pretrained


def distillation_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Return tau^2 times the mean cross-entropy in nats of the student's softmax under the teacher's, of logits (B,
    classes), both divided by tau.

    It is SimCLRv2's equation 3 per image. The factor tau^2 is the released notebook's, and not in the equation.
    """
    return temperature**2 * F.cross_entropy(student / temperature, (teacher / temperature).softmax(dim=1))


def labelled_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy in nats of the images that have a label, summed and divided by all images B: the first
    term of SimCLRv2's equation 4 per image, for logits (B, classes) and labels (B,), -1 for none."""
    return F.cross_entropy(logits, labels, ignore_index=-1, reduction="sum") / len(labels)


def distilled(
    teacher: Network, student: Network, split: Split, config: Distill, temperature: float, pretrained: Pretrained
) -> Recipe:
    """Train a student in place on all images of a split, of which some have labels, and return how."""
    teacher.eval().requires_grad_(False)

    def loss_of(logits: Tensor, views: Tensor, batch: Batch) -> Tensor:
        with torch.no_grad():
            wanted = teacher(views)
        loss = config.alpha * distillation_loss(logits, wanted, temperature)
        return loss if config.alpha == 1 else loss + (1 - config.alpha) * labelled_loss(logits, batch.labels)

    fill_moments(student, split, pretrained.device)
    recipe = student_recipe(config, len(split))
    train(student.train(), split, recipe, pretrained, loss_of)
    return recipe


def student_recipe(config: Distill, images: int) -> Recipe:
    """Return the recipe of each student on a number of images."""
    batch, optimizer = min(config.student_batch_size, images), config.optimizer
    rate = peak_rate(optimizer.learning_rate, optimizer.scaling, batch)
    steps = steps_of(config.student_epochs, images, batch)
    return Recipe(rate, batch, steps, optimizer.weight_decay, optimizer)


def build_student(encoder: EncoderConfig, number: int, classes: int, side: int, pretrained: Pretrained) -> Network:
    """Build the student of a number, initialised from the seed of the pretraining, for views of ``side`` pixels."""
    with seeded(generator(pretrained.config.seed, "student", number)):
        body = build_encoder(encoder, side, pretrained.config.data.channels)
        (classifier,) = build_classifier(body.width, classes)
    assert isinstance(classifier, nn.Linear)
    network = Network(nn.Sequential(body), classifier, pretrained.numerics).to(pretrained.device)
    network.body.to(memory_format=pretrained.numerics.memory_format)
    return network
