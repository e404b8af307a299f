"""Linear evaluation and k-nearest neighbours on a frozen encoder's features."""

from torch import Tensor

from core.config.metrics import Metric
from core.config.protocols.frozen import Frozen
from core.data.dataset import Dataset
from core.evaluation.linear import choose_l2, fit_chosen
from core.evaluation.metrics import measure, metric_for
from core.evaluation.scores import Scores
from core.trained.accuracy import top_k
from core.trained.features import encode, scored_part, standardise
from core.trained.neighbours import nearest_neighbours
from core.trained.pretrained import Pretrained

Encoded = tuple[Tensor, Tensor]
"""Features (N, d) and labels (N,) or (N, classes)."""


def score_frozen(config: Frozen, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return the percentages of ``data.test`` that classifiers made from ``data.train`` classify correctly.

    ``linear_eval/top1``, ``linear_eval/top5``, ``linear_eval/<metric>`` where that is another one, ``linear_eval/l2``
    (the chosen weight), ``linear_eval/validation`` (the metric on the images on which it was chosen, which are of
    ``data.train``) and ``knn/top1``. Where images have several labels: ``linear_eval/map_11``, ``linear_eval/l2`` and
    ``linear_eval/validation``. Raises ``DataError`` where the metric does not suit the labels.
    """
    metric = metric_for(config.metric, data)
    model = scored_part(pretrained, config.representation)
    train, test = (encode(model, pretrained, split) for split in (data.train, data.test))
    classes = len(data.classes)
    scores = _linear(config, train, test, classes, metric)
    return Scores(scores if data.test.multi_label else scores | _knn(config, train, test, classes))


def _linear(config: Frozen, train: Encoded, test: Encoded, classes: int, metric: Metric) -> dict[str, float]:
    l2, validation = choose_l2(*train, classes, config, metric)
    features, test_features = standardise(train[0], test[0])
    logits = fit_chosen(features, train[1], classes, config, l2)(test_features)
    found = {"linear_eval/l2": l2, "linear_eval/validation": validation}
    return _accuracies(logits, test[1], metric) | found


def _accuracies(logits: Tensor, labels: Tensor, metric: Metric) -> dict[str, float]:
    own = {f"linear_eval/{metric}": measure(logits, labels, metric)}
    return own if labels.ndim == 2 else own | {f"linear_eval/top{k}": top_k(logits, labels, k) for k in (1, 5)}


def _knn(config: Frozen, train: Encoded, test: Encoded, classes: int) -> dict[str, float]:
    votes = nearest_neighbours(*train, test[0], classes, config.neighbors, config.neighbor_temperature)
    return {"knn/top1": top_k(votes, test[1], 1)}
