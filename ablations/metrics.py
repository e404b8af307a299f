"""The metrics that trials leave, by the protocol that finds them."""

import re

NAMES = {
    "linear_eval": "top1|top5|mean_per_class|map_11|l2",
    "knn": "top1",
    "linear_sgd": "top1|top5",
    "finetune": "top1|top5",
    "finetune_transfer": "top1|mean_per_class|map_11|learning_rate|weight_decay",
    "classifier": "top1|top5",
    "transformation": "top1|chance",
    "retrieval": r"precision_at_\d+",
    "spectrum": "largest_tenth|effective_rank",
    "tsne": "silhouette|silhouette_representation",
    "pretrain": "loss|contrastive_top1|entropy",
}
"""A pattern of the names under each prefix."""


def known_metric(name: str) -> str:
    """The name itself. Raises ValueError where no trial leaves such a metric."""
    prefix, _, rest = name.partition("/")
    if prefix not in NAMES:
        raise ValueError(f"there is no metric {name!r}; metrics begin with {', '.join(f'{known}/' for known in NAMES)}")
    if not re.fullmatch(NAMES[prefix], rest):
        known = NAMES[prefix].replace("|", ", ").replace(r"\d+", "<k>")
        raise ValueError(f"there is no metric {name!r}; of {prefix} there are {known}")
    return name
