"""Small methods as a user writes them outside the project; together they use all of the seam."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.augment.policy import one_view, two_views
from core.config import METHODS, MethodConfig, Pass, PretrainConfig
from core.config.measures import Measure
from core.data.dataset import Batch
from core.encoder.encoder import Encoder
from core.encoder.head import build_classifier
from core.errors import DataError
from core.loss.outcome import Outcome
from core.methods.method import Method, See, Trainer, Views
from core.optimizer.groups import Group
from core.resample import resize

Two = tuple[Tensor, Tensor]


class QueueConfig(MethodConfig):
    """Queries against keys of a target that follows, and a queue of earlier keys (as MoCo)."""

    measures = (Measure("queue_top1", "keys found (%)"), Measure("spread", "spread of z"))

    kind: Literal["own_queue"] = "own_queue"
    length: int = 24
    """Keys in the queue."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        return Pass(1, image_size), Pass(1, image_size, has_gradient=False)

    def state_bytes(self, pretrain: PretrainConfig, images: int) -> int:
        return 4 * self.length * pretrain.head.output

    def check_images(self, pretrain: PretrainConfig, images: int) -> None:
        if self.length > images - pretrain.batch_size:
            raise DataError(f"loss.length is {self.length}, but {images} images less a batch are fewer")


class Queue(Method):
    queue: Tensor
    written: Tensor

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        self.target_encoder, self.target_head = copy.deepcopy(encoder), copy.deepcopy(self.head)
        self.target_encoder.requires_grad_(False)
        self.target_head.requires_grad_(False)
        keys = torch.randn(self.settings.length, config.head.output, generator=torch.Generator().manual_seed(0))
        self.register_buffer("queue", F.normalize(keys, dim=1))
        self.register_buffer("written", torch.zeros((), dtype=torch.long))

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        queries, keys = two_views(batch.images, self.config.augment, draws, batch.view_size).chunk(2)
        return Views((queries,), keys)

    def known(self, views: Views, see: See) -> Tensor:
        return F.normalize(see(self.target_encoder, self.target_head, views.others), dim=1)

    def loss(self, outputs: Tensor, known: Tensor, batch: Batch) -> Outcome:
        z = F.normalize(outputs, dim=1)
        positive = (z * known).sum(dim=1, keepdim=True)
        logits = torch.cat([positive, z @ self.queue.to(z.dtype).T], dim=1) / 0.2
        top1 = (logits.detach().argmax(dim=1) == 0).float().mean()
        wanted = torch.zeros(len(z), dtype=torch.long, device=z.device)
        return Outcome(F.cross_entropy(logits, wanted), {"queue_top1": top1, "spread": z.detach().std(dim=0).mean()})

    def after_step(self, encoder: Encoder, outputs: Tensor, known: Tensor, batch: Batch) -> None:
        momentum = 1 - 0.1 * (1 - self.progress.share)
        for target, source in ((self.target_encoder, encoder), (self.target_head, self.head)):
            for kept, new in zip(target.parameters(), source.parameters(), strict=True):
                kept.lerp_(new, 1 - momentum)
        places = (self.written + torch.arange(len(known), device=known.device)) % len(self.queue)
        self.queue.index_copy_(0, places, known.to(self.queue.dtype))
        self.written += len(known)


class MemoryConfig(MethodConfig):
    """Each image against a memory of all images (as instance discrimination)."""

    measures = (Measure("memory_top1", "images told (%)"),)

    kind: Literal["own_memory"] = "own_memory"

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        return (Pass(1, image_size),)


class Memory(Method):
    memory: Tensor

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        entries = torch.randn(images, config.head.output, generator=torch.Generator().manual_seed(1))
        self.register_buffer("memory", F.normalize(entries, dim=1))

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        return Views((one_view(batch.images, self.config.augment, draws, batch.view_size),))

    def loss(self, outputs: Tensor, known: Any, batch: Batch) -> Outcome:
        logits = F.normalize(outputs, dim=1) @ self.memory.to(outputs.dtype).T / 0.1
        top1 = (logits.detach().argmax(dim=1) == batch.numbers).float().mean()
        return Outcome(F.cross_entropy(logits, batch.numbers), {"memory_top1": top1})

    def after_step(self, encoder: Encoder, outputs: Tensor, known: Any, batch: Batch) -> None:
        mixed = self.memory[batch.numbers].lerp(F.normalize(outputs, dim=1).to(self.memory.dtype), 0.5)
        self.memory.index_copy_(0, batch.numbers, F.normalize(mixed, dim=1))


class ClustersConfig(MethodConfig):
    """Clusters of all images as labels, found anew before each epoch (as DeepCluster)."""

    gives = "classes"
    measures = (Measure("cluster_top1", "clusters told (%)"),)

    kind: Literal["own_clusters"] = "own_clusters"
    clusters: int = 5
    """Number of clusters."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        return Pass(1, image_size), Pass(1, image_size, has_gradient=False)

    def check(self, pretrain: PretrainConfig) -> None:
        if self.clusters > pretrain.batch_size:
            raise ValueError(f"loss.clusters is {self.clusters}, more than a batch of {pretrain.batch_size}")


class Clusters(Method):
    joint = False

    clusters: Tensor

    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        self.register_buffer("clusters", torch.zeros(images, dtype=torch.long))

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        return build_classifier(encoder.width, config.loss.clusters)  # type: ignore[attr-defined]

    def before_epoch(self, epoch: int, trainer: Trainer) -> None:
        features = F.normalize(trainer.features(), dim=1)
        centres = features[: self.settings.clusters]
        for _ in range(3):
            nearest = (features @ centres.T).argmax(dim=1)
            shares = F.one_hot(nearest, len(centres)).to(features.dtype)
            centres = F.normalize(shares.T @ features, dim=1)
        self.clusters.copy_(nearest)
        nn.init.constant_(self.head.get_parameter("0.bias"), 0.0)
        trainer.forget(self.head.parameters())

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        return Views((one_view(batch.images, self.config.augment, draws, batch.view_size),))

    def loss(self, outputs: Tensor, known: Any, batch: Batch) -> Outcome:
        wanted = self.clusters[batch.numbers]
        top1 = (outputs.detach().argmax(dim=1) == wanted).float().mean()
        return Outcome(F.cross_entropy(outputs, wanted), {"cluster_top1": top1})


class PaintConfig(MethodConfig):
    """A decoder draws the view from the last map of a greyed one, with a penalty on h (as colorization)."""

    gives = "picture"
    measures = (Measure("error", "squared error"),)

    kind: Literal["own_paint"] = "own_paint"

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        return (Pass(1, image_size),)


class Paint(Method):
    joint = False
    reads = "map"

    @classmethod
    def build_head(cls, config: PretrainConfig, encoder: Encoder, classes: int) -> nn.Sequential:
        grown = nn.Upsample(size=(config.data.image_size, config.data.image_size))
        return nn.Sequential(nn.Conv2d(encoder.width, 3, 1), grown)

    def groups(self, encoder: Encoder) -> Sequence[Group]:
        return (Group(tuple(self.head.parameters()), rate=2.0, constant=True, frozen_steps=2),)

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        whole = one_view(batch.images, self.config.augment, draws, batch.view_size)
        return Views((whole.mean(dim=1, keepdim=True).expand_as(whole),), whole)

    def known(self, views: Views, see: See) -> Tensor:
        whole: Tensor = views.others
        return whole

    def project(self, h: tuple[Tensor, ...]) -> Two:
        return self.head(*h), h[0].abs().mean(dim=(1, 2, 3))

    def loss(self, outputs: Two, known: Tensor, batch: Batch) -> Outcome:
        picture, penalty = outputs
        error = (picture - known.to(picture.dtype)).square().mean()
        return Outcome(error + 0.1 * penalty.mean(), {"error": error.detach()})


class CropsConfig(MethodConfig):
    """Two large crops and two small ones, each size a block, that a predictor relates (as multi-crop and SimSiam)."""

    measures = (Measure("similarity", "similarity of two crops"),)

    kind: Literal["own_crops"] = "own_crops"

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        return Pass(2, image_size), Pass(2, image_size // 2)


class Crops(Method):
    def __init__(self, config: PretrainConfig, encoder: Encoder, images: int, classes: int) -> None:
        super().__init__(config, encoder, images, classes)
        width = config.head.output
        self.predictor = nn.Sequential(
            nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, width)
        )

    def groups(self, encoder: Encoder) -> Sequence[Group]:
        return (Group(tuple(self.predictor.parameters()), constant=True),)

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        large, small = (two_views(batch.images, self.config.augment, draws, batch.view_size) for _ in range(2))
        return Views((large, resize(small, small.shape[-1] // 2)))

    def project(self, h: tuple[Tensor, ...]) -> tuple[Two, Two]:
        large, small = ((self.predictor(z), z) for z in map(self.head, h))
        return large, small

    def loss(self, outputs: tuple[Two, Two], known: Any, batch: Batch) -> Outcome:
        (large, large_z), (small, _) = outputs
        one, other = large_z.detach().chunk(2)
        similarity = F.cosine_similarity(large, torch.cat([other, one])).mean()
        across = F.cosine_similarity(small, large_z.detach()).mean()
        return Outcome(-similarity - across, {"similarity": similarity.detach()})


OWN_METHODS: dict[type[MethodConfig], type[Method]] = {
    QueueConfig: Queue,
    MemoryConfig: Memory,
    ClustersConfig: Clusters,
    PaintConfig: Paint,
    CropsConfig: Crops,
}
KINDS = ["own_queue", "own_memory", "own_clusters", "own_paint", "own_crops"]


@contextmanager
def own_methods() -> Iterator[None]:
    """Register these methods for the duration of a block."""
    for config, method in OWN_METHODS.items():
        METHODS.register(config, method)
    try:
        yield
    finally:
        for config in OWN_METHODS:
            METHODS.remove(config)
