"""Retrieval: the training images that a test image's representation is most similar to."""

from torch import Tensor

from core.config.protocols.probes import Retrieval
from core.data.dataset import Dataset, Split
from core.data.subset import balanced_subset
from core.errors import DataError
from core.evaluation.scores import Scores
from core.randomness import generator
from core.trained.neighbours import most_similar
from core.trained.pretrained import Pretrained
from core.trained.representations import represent


def score_retrieval(config: Retrieval, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return ``retrieval/precision_at_1`` and, for k = ``config.neighbors``, ``retrieval/precision_at_<k>``: the
    percentage of the nearest training images that have the test image's class, over all of ``data.test``.

    Arrays hold Q test images, sorted by class: ``retrieval/queries``, uint8 (Q, C, S, S), ``retrieval/query_labels``
    (Q,), and ``retrieval/neighbors``, uint8 (Q, k, C, S, S), nearest first, with ``retrieval/neighbor_labels`` and
    ``retrieval/similarities``, both (Q, k).

    Raises ``DataError`` where there are fewer than k training images with a label.
    """
    train, test = data.train.labelled(), data.test.labelled()
    if config.neighbors > len(train):
        raise DataError(
            f"evaluate.neighbors is {config.neighbors}, but {data.name} has {len(train)} training images with a "
            "label; lower evaluate.neighbors"
        )
    (keys, _), (queries, _) = (represent(pretrained, split, config.representation) for split in (data.train, data.test))
    similarity, index = (found.cpu() for found in most_similar(keys, queries, config.neighbors))
    right = train.labels[index] == test.labels[:, None]
    metrics = {f"retrieval/precision_at_{k}": 100 * right[:, :k].double().mean().item() for k in (1, config.neighbors)}
    shown = _choose_queries(config, test)
    return Scores(metrics, _picture(train, index[shown], test[shown], similarity[shown]))


def _choose_queries(config: Retrieval, test: Split) -> Tensor:
    """Choose the indices (Q,) of the queries, sorted by class."""
    amount = min(config.queries, len(test))
    chosen = balanced_subset(test.labels, amount, generator(config.seed, "retrieval queries"))
    return chosen[test.labels[chosen].argsort(stable=True)]


def _picture(train: Split, index: Tensor, queries: Split, similarity: Tensor) -> dict[str, Tensor]:
    return {
        "retrieval/queries": queries.images[:],
        "retrieval/query_labels": queries.labels,
        "retrieval/neighbors": train.images[index.flatten()].unflatten(0, index.shape),
        "retrieval/neighbor_labels": train.labels[index],
        "retrieval/similarities": similarity,
    }
