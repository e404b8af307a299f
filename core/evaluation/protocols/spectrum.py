"""The eigenvalues of a linear projection head. Paper, Figure B.3."""

import math

import torch
from torch import Tensor

from core.config.protocols.probes import Spectrum
from core.config.train import TrainConfig
from core.data.dataset import Dataset
from core.evaluation.scores import Scores
from core.trained.pretrained import Pretrained

LARGEST = 0.1


def score_spectrum(config: Spectrum, pretrained: Pretrained, data: Dataset) -> Scores:
    """Return the array ``spectrum/eigenvalues`` (d,) of W, as in Figure B.3 (see ``squared_real_eigenvalues``).

    Metrics of ours: ``spectrum/largest_tenth`` is the percentage of their sum that the largest 10 % make up; the other
    is ``spectrum/effective_rank``. The paper's text has z = W h without batch norm, and so has this: the batch norm
    that follows W, in the released code and here, only scales its rows and is left out. Raises ValueError where the
    head is not linear and as wide as h.
    """
    TrainConfig(pretrain=pretrained.config, evaluate=config)  # raises where it cannot be scored
    values = squared_real_eigenvalues(pretrained.head[0][0].weight)  # type: ignore[index]
    largest = values[: max(1, round(LARGEST * len(values)))]
    metrics = {
        "spectrum/largest_tenth": 100 * (largest.sum() / values.sum()).item(),
        "spectrum/effective_rank": effective_rank(values),
    }
    return Scores(metrics, {"spectrum/eigenvalues": values})


def squared_real_eigenvalues(matrix: Tensor) -> Tensor:
    """Return the squared real parts of a matrix's (d, d) eigenvalues, float64 (d,), descending, on the CPU.

    The caption of Figure B.3 has "squared real eigenvalue". A matrix without symmetry has complex eigenvalues, of which
    few are real (about sqrt(2 d / pi) for random entries, 36 of 2048), but the figure shows 2048: so the real part of
    each must be meant. They are not the squared singular values.
    """
    eigenvalues: Tensor = torch.linalg.eigvals(matrix.detach().cpu().double())
    return eigenvalues.real.square().sort(descending=True).values


def effective_rank(values: Tensor) -> float:
    """Return exp of the entropy of values (d,) divided by their sum: d if all are equal, 1 if only one is not 0.

    Roy and Vetterli (2007) define it for singular values.
    """
    shares = values / values.sum()
    return math.exp(torch.special.entr(shares).sum().item())
