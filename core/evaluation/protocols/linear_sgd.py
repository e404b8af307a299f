"""Linear evaluation by SGD on crops and flips. Paper, appendix B.6."""

from core.config.protocols.tuning import LinearSgd
from core.data.dataset import Dataset
from core.evaluation.network import network_on, predict
from core.evaluation.scores import Scores, accuracies
from core.evaluation.sgd import check_finite, recipe_of_epochs, train
from core.trained.pretrained import Pretrained


def score_linear_sgd(config: LinearSgd, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return ``linear_sgd/top1`` and ``linear_sgd/top5``, percent of ``data.test``, for a linear classifier trained on
    ``data.train`` with the encoder frozen. Raises ``Diverged``."""
    split = data.train.labelled()
    network = network_on(pretrained, config.representation, len(data.classes))
    network.body.eval().requires_grad_(False)
    recipe = recipe_of_epochs(config.epochs, config.learning_rate, config.batch_size, len(split))
    train(network, split, recipe, pretrained)
    logits, labels = predict(network, pretrained, data.test, config.test_crop)
    check_finite(logits, recipe)
    return accuracies("linear_sgd", logits, labels)
