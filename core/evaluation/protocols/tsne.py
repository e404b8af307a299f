"""A t-SNE embedding of some test images' representations. Paper, Figure B.4."""

import numpy as np
import torch
from torch import Tensor

from core.config.protocols.probes import Tsne
from core.data.dataset import Dataset
from core.errors import DataError
from core.evaluation.scores import Scores
from core.randomness import generator
from core.trained.features import encode, scored_part
from core.trained.pretrained import Pretrained


def score_tsne(config: Tsne, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return the arrays ``tsne/embedding``, float32 (N, 2), and ``tsne/labels`` (N,) of images of ``data.test``.

    Metrics of ours are mean silhouettes by class, from -1 to 1: ``tsne/silhouette`` of the embedding, and
    ``tsne/silhouette_representation`` of the representations that it is made from. Raises ``DataError`` where the
    images have only one class, or are not more than the perplexity.
    """
    from sklearn.metrics import silhouette_score

    test = data.test.labelled()
    chosen = choose_images(test.labels, config)
    _check(test.labels[chosen], config, data.name)
    features, labels = encode(scored_part(pretrained, config.representation), pretrained, test[chosen])
    points, classes = features.cpu().numpy(), labels.cpu().numpy()
    embedding = _embed(points, config)
    metrics = {
        "tsne/silhouette": float(silhouette_score(embedding, classes)),
        "tsne/silhouette_representation": float(silhouette_score(points, classes)),
    }
    return Scores(metrics, {"tsne/embedding": torch.from_numpy(embedding), "tsne/labels": labels.cpu()})


def choose_images(labels: Tensor, config: Tsne) -> Tensor:
    """Return indices (N,) into labels (M,): up to ``config.images`` of each of ``config.classes`` classes, sorted by
    class."""
    draws = generator(config.seed, "t-SNE")
    present = labels.unique()
    classes = present[torch.randperm(len(present), generator=draws)][: config.classes].sort().values
    shuffled = torch.randperm(len(labels), generator=draws)
    return torch.cat([shuffled[labels[shuffled] == label][: config.images] for label in classes])


def _check(labels: Tensor, config: Tsne, name: str) -> None:
    classes = len(labels.unique())
    if not 1 < classes < len(labels):
        raise DataError(
            f"t-SNE is scored by class, but has {len(labels)} test images of {classes} classes of {name}; it needs two "
            "classes, and more than one image of one class; raise evaluate.images"
        )
    if config.perplexity >= len(labels):
        raise DataError(
            f"evaluate.perplexity is {config.perplexity:g}, but t-SNE has {len(labels)} test images of {name}; lower "
            "evaluate.perplexity, or raise evaluate.images"
        )


def _embed(points: np.ndarray, config: Tsne) -> np.ndarray:
    """Embed points (N, d) into float32 (N, 2)."""
    from sklearn.manifold import TSNE

    tsne = TSNE(perplexity=config.perplexity, init="pca", random_state=config.seed)
    return np.asarray(tsne.fit_transform(points), dtype=np.float32)
