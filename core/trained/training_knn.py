"""How far an encoder has come while it is trained: what its own training images' nearest neighbours say."""

import torch

from core.config.protocols.frozen import Frozen
from core.data.dataset import Dataset
from core.data.subset import balanced_subset
from core.randomness import generator
from core.trained.accuracy import top_k
from core.trained.features import encode
from core.trained.neighbours import nearest_neighbours
from core.trained.pretrained import Pretrained

IMAGES = 2000
"""One half votes on the other."""
NEIGHBORS = 20


def training_knn(pretrained: Pretrained, data: Dataset) -> float:
    """Percent of some training images that are given their class by those nearest to them among some others.

    They are the same images for every training on the data. The encoder stays as it is, and no random number of a
    training is used. An image must not have several labels.
    """
    split = data.train.labelled()
    draw = generator(0, "training_knn")
    chosen = balanced_subset(split.labels, min(IMAGES, len(split)), draw)
    shuffled = chosen[torch.randperm(len(chosen), generator=draw)]  # the classes may take turns
    features, labels = encode(pretrained.encoder, pretrained, split[shuffled])
    known, asked = slice(0, None, 2), slice(1, None, 2)
    votes = nearest_neighbours(
        features[known], labels[known], features[asked], len(data.classes), NEIGHBORS, Frozen().neighbor_temperature
    )
    return top_k(votes, labels[asked], 1)
