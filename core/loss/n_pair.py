"""The N-pair loss of one branch against the other, with positives that may be shared between two images."""

from torch import Tensor

from core.loss.mixed import MixedTargets


def n_pair(z: Tensor, temperature: float, mixed: MixedTargets | None = None) -> Tensor:
    """Return the mean cross-entropy over the first N rows, a scalar, for z (2N, d): each finds its view, row N + i,
    among the N views of the second branch.

    If row i shows two images, it finds the views of both, each by its share (Lee et al. 2021, Algorithm 1).
    """
    first, second = z.chunk(2)
    logits = (first @ second.T) / temperature
    wanted = logits.diagonal()
    if mixed is not None:
        wanted = mixed.weigh(wanted, logits.gather(1, mixed.others[:, None])[:, 0])
    return (logits.logsumexp(dim=1) - wanted).mean()
