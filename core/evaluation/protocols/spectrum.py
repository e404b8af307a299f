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
    """The array ``spectrum/eigenvalues`` (d,) of W, as in Figure B.3 (see ``squared_real_eigenvalues``).

    Two metrics of ours: ``spectrum/largest_tenth``, the percentage of their sum that the largest 10 % of them make
    up, and ``spectrum/effective_rank``. The paper's text has W alone, z = W h, and so it is here: batch norm, which
    in the released code and here comes behind W, scales its rows, and is left out.
    Raises ValueError where the head is not linear and as wide as h.
    """
    TrainConfig(pretrain=pretrained.config, evaluate=config)  # refuses it
    values = squared_real_eigenvalues(pretrained.head[0][0].weight)  # type: ignore[index]
    largest = values[: max(1, round(LARGEST * len(values)))]
    metrics = {
        "spectrum/largest_tenth": 100 * (largest.sum() / values.sum()).item(),
        "spectrum/effective_rank": effective_rank(values),
    }
    return Scores(metrics, {"spectrum/eigenvalues": values})


def squared_real_eigenvalues(matrix: Tensor) -> Tensor:
    """Of a matrix (d, d): the squares of its eigenvalues' real parts, float64 (d,), descending, on the CPU.

    The caption of Figure B.3 has "squared real eigenvalue". A matrix without symmetry has complex ones, of which
    few are real (about sqrt(2 d / pi) if its entries are random, 36 of 2048), but the figure shows 2048: so it
    must be each one's real part that is squared. They are not the squared singular values.
    """
    eigenvalues: Tensor = torch.linalg.eigvals(matrix.detach().cpu().double())
    return eigenvalues.real.square().sort(descending=True).values


def effective_rank(values: Tensor) -> float:
    """exp of the entropy of values (d,) divided by their sum: d if all are equal, 1 if one is not 0.

    Roy and Vetterli (2007) define it so, for singular values.
    """
    shares = values / values.sum()
    return math.exp(torch.special.entr(shares).sum().item())
