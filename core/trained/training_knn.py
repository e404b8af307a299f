"""Progress of an encoder during its training, measured by nearest neighbours among its training images."""

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
"""Number of training images; one half votes on the other."""
NEIGHBORS = 20


def training_knn(pretrained: Pretrained, data: Dataset) -> float:
    """Return the percentage of some training images whose nearest neighbours among other training images give them
    their class.

    The images are the same for every training on the data. The encoder stays as it is, and no random number of a
    training is used. An image must not have several labels.
    """
    split = data.train.labelled()
    draw = generator(0, "training_knn")
    chosen = balanced_subset(split.labels, min(IMAGES, len(split)), draw)
    shuffled = chosen[torch.randperm(len(chosen), generator=draw)]  # classes may alternate
    features, labels = encode(pretrained.encoder, pretrained, split[shuffled])
    known, asked = slice(0, None, 2), slice(1, None, 2)
    (votes,) = nearest_neighbours(
        features[known], labels[known], features[asked], len(data.classes), [NEIGHBORS], Frozen().neighbor_temperature
    )
    return top_k(votes, labels[asked], 1)
