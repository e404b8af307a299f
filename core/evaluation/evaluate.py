"""Scoring a pretrained encoder, which is frozen meanwhile."""

import torch
from torch import nn

from core.config.evaluate import EvaluateConfig
from core.data.dataset import Dataset, Split
from core.evaluation.features import extract, standardise
from core.evaluation.knn import nearest_neighbours
from core.evaluation.linear import choose_l2, fit_chosen, top_k
from core.pretraining.pretrained import Pretrained

EncodedSplit = tuple[torch.Tensor, torch.Tensor]
"""h (N, d) and labels (N,)."""


def evaluate(config: EvaluateConfig, pretrained: Pretrained, data: Dataset) -> dict[str, float]:
    """Percent of ``data.test`` classified correctly from ``config.representation``, by classifiers that are made
    from the labels of ``data.train``.

    ``linear_eval/top1``, ``linear_eval/top5``, ``linear_eval/l2`` (the weight that was chosen), ``knn/top1``.
    """
    model = nn.Sequential(pretrained.encoder, *_head_layers(config, pretrained))
    train, test = (_encode(model, pretrained, split.labelled()) for split in (data.train, data.test))
    classes = len(data.classes)
    return {**_linear(config, train, test, classes), **_knn(config, train, test, classes)}


def _head_layers(config: EvaluateConfig, pretrained: Pretrained) -> list[nn.Module]:
    """The layers of g between h and what is scored."""
    layers = list(pretrained.head)
    match config.representation:
        case "h":
            return []
        case "z":
            return layers
        case depth:
            return layers[:depth]


def _encode(model: nn.Module, pretrained: Pretrained, split: Split) -> EncodedSplit:
    h = extract(model, split.images, pretrained.numerics, pretrained.device)
    return h, split.labels.to(h.device)


def _linear(config: EvaluateConfig, train: EncodedSplit, test: EncodedSplit, classes: int) -> dict[str, float]:
    l2 = choose_l2(*train, classes, config)
    features, test_features = standardise(train[0], test[0])
    logits = fit_chosen(features, train[1], classes, config, l2)(test_features)
    return {
        "linear_eval/top1": top_k(logits, test[1], 1),
        "linear_eval/top5": top_k(logits, test[1], 5),
        "linear_eval/l2": l2,
    }


def _knn(config: EvaluateConfig, train: EncodedSplit, test: EncodedSplit, classes: int) -> dict[str, float]:
    votes = nearest_neighbours(*train, test[0], classes, config.neighbors, config.neighbor_temperature)
    return {"knn/top1": top_k(votes, test[1], 1)}
