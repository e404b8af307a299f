"""Linear evaluation and k-nearest neighbours on a frozen encoder's features."""

from torch import Tensor

from core.config.metrics import Metric
from core.config.protocols.frozen import Frozen
from core.data.dataset import Dataset
from core.evaluation.linear import choose_l2, fit_chosen
from core.evaluation.metrics import measure, metric_for
from core.evaluation.scores import Scores, accuracies, percentages
from core.trained.accuracy import is_among
from core.trained.features import standardise
from core.trained.neighbours import nearest_neighbours
from core.trained.pretrained import Pretrained
from core.trained.representations import represent

Encoded = tuple[Tensor, Tensor]
"""Features (N, d) and labels (N,) or (N, classes)."""


def score_frozen(config: Frozen, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return the percentages of ``data.test`` that classifiers made from ``data.train`` classify correctly.

    ``linear_eval/top1``, ``linear_eval/top5``, ``linear_eval/<metric>`` where that is another one, ``linear_eval/l2``
    (the chosen weight), ``linear_eval/validation`` (the metric on the images on which it was chosen, which are of
    ``data.train``), ``knn/top1``, and for each of several k ``knn/top1_at_<k>``. If images have several labels:
    ``linear_eval/map_11``, ``linear_eval/l2`` and ``linear_eval/validation``. Raises ``DataError`` where the metric
    does not suit the labels.
    """
    metric = metric_for(config.metric, data)
    train, test = (represent(pretrained, split, config.representation) for split in (data.train, data.test))
    classes = len(data.classes)
    scores = _linear(config, train, test, classes, metric)
    return scores if data.test.multi_label else scores | _knn(config, train, test, classes)


def _linear(config: Frozen, train: Encoded, test: Encoded, classes: int, metric: Metric) -> Scores:
    l2, validation = choose_l2(*train, classes, config, metric)
    features, test_features = standardise(train[0], test[0])
    logits = fit_chosen(features, train[1], classes, config, l2)(test_features)
    held_out = {} if validation is None else {"linear_eval/validation": validation}
    return _scored(logits, test[1], metric) | Scores({"linear_eval/l2": l2} | held_out)


def _scored(logits: Tensor, labels: Tensor, metric: Metric) -> Scores:
    own = Scores({f"linear_eval/{metric}": measure(logits, labels, metric)}, images=len(labels))
    return own if labels.ndim == 2 else own | accuracies("linear_eval", logits, labels)


def _knn(config: Frozen, train: Encoded, test: Encoded, classes: int) -> Scores:
    counts = (config.neighbors,) if isinstance(config.neighbors, int) else config.neighbors
    votes = nearest_neighbours(*train, test[0], classes, counts, config.neighbor_temperature, config.neighbor_distance)
    right = [is_among(vote, test[1], 1) for vote in votes]
    several = zip(counts, right, strict=True) if counts != (config.neighbors,) else ()
    return percentages({"knn/top1": right[0]} | {f"knn/top1_at_{k}": one for k, one in several})
