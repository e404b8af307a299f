"""Linear evaluation and k-nearest neighbours on a frozen encoder's features."""

from torch import Tensor

from core.config.evaluate import Frozen
from core.data.dataset import Dataset
from core.evaluation.features import encode, scored_part, standardise
from core.evaluation.knn import nearest_neighbours
from core.evaluation.linear import choose_l2, fit_chosen
from core.evaluation.metrics import top_k
from core.evaluation.scores import Scores
from core.pretraining.pretrained import Pretrained

Encoded = tuple[Tensor, Tensor]
"""Features (N, d) and labels (N,)."""


def score_frozen(config: Frozen, pretrained: Pretrained, data: Dataset) -> Scores:
    """Percent of ``data.test`` classified correctly, by classifiers that are made from ``data.train``.

    ``linear_eval/top1``, ``linear_eval/top5``, ``linear_eval/l2`` (the weight that was chosen), ``knn/top1``.
    """
    model = scored_part(pretrained, config.representation)
    train, test = (encode(model, pretrained, split) for split in (data.train, data.test))
    classes = len(data.classes)
    return Scores({**_linear(config, train, test, classes), **_knn(config, train, test, classes)})


def _linear(config: Frozen, train: Encoded, test: Encoded, classes: int) -> dict[str, float]:
    l2 = choose_l2(*train, classes, config)
    features, test_features = standardise(train[0], test[0])
    logits = fit_chosen(features, train[1], classes, config, l2)(test_features)
    return {
        "linear_eval/top1": top_k(logits, test[1], 1),
        "linear_eval/top5": top_k(logits, test[1], 5),
        "linear_eval/l2": l2,
    }


def _knn(config: Frozen, train: Encoded, test: Encoded, classes: int) -> dict[str, float]:
    votes = nearest_neighbours(*train, test[0], classes, config.neighbors, config.neighbor_temperature)
    return {"knn/top1": top_k(votes, test[1], 1)}
