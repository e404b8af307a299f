"""Prediction of a view's transformation from its frozen representation. Paper, Sec 4.2 and Table 3."""

from torch import Tensor

from core.config.protocols.probes import TransformationProbe
from core.data.dataset import Dataset, Split
from core.evaluation.mlp import fit_mlp
from core.evaluation.scores import Scores
from core.evaluation.transformed import draw_labels, label_count, transformed_views
from core.trained.accuracy import top_k
from core.trained.features import extract_views, scored_part, standardise
from core.trained.pretrained import Pretrained


def score_transformation(config: TransformationProbe, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return ``transformation/top1``, the percentage of views of ``data.test`` whose transformation is predicted
    correctly, and ``transformation/chance``, the percentage for guessing the most frequent one. Images need no
    label."""
    features, labels = _encode(config, pretrained, data.train, "train")
    test_features, test_labels = _encode(config, pretrained, data.test, "test")
    features, test_features = standardise(features, test_features)
    predict = fit_mlp(features, labels, label_count(config.task), config)
    return Scores(
        {
            "transformation/top1": top_k(predict(test_features), test_labels.to(test_features.device), 1),
            "transformation/chance": 100 * (test_labels.bincount().max() / len(test_labels)).item(),
        }
    )


def _encode(config: TransformationProbe, pretrained: Pretrained, split: Split, name: str) -> tuple[Tensor, Tensor]:
    """Return features (N, d) of one view of each image, on the encoder's device, and the views' labels (N,) on the
    CPU."""
    labels = draw_labels(len(split), config, name)
    views = transformed_views(split, labels, pretrained.config.augment, config, name, pretrained.device)
    model = scored_part(pretrained, config.representation)
    return extract_views(model, views, pretrained.numerics), labels
