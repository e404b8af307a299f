"""The loss of a batch of projections, and the statistics of Table 5."""

from torch import Tensor

from core.config.measures import SPREAD
from core.config.methods import LOSSES, ContrastiveLoss
from core.loss.outcome import Outcome
from core.loss.statistics import statistics
from core.loss.unit import spread, unit, widened


def contrast(z: Tensor, config: ContrastiveLoss) -> Outcome:
    """Return the loss of z (2N, d), where rows i and N + i are a positive pair, computed in float32 or wider.

    Statistics (Table 5): ``entropy`` is the entropy of a first branch view's distribution over the second branch's N
    views, in nats, at most ln N. ``contrastive_top1`` is the share of first branch views whose most similar second
    branch view is their positive. Losses that can collapse have ``spread`` too.
    """
    z = unit(z) if config.normalize else widened(z)
    entropy, top1 = statistics(z.detach(), config.entropy_temperature, config.by_distance)
    found = {"entropy": entropy, "contrastive_top1": top1}
    if SPREAD in config.measures:
        found[SPREAD.name] = spread(z)
    return Outcome(LOSSES.code(config)(z, config), found)
