"""Predictors: an MLP that turns one view's projection into the other view's (BYOL, SimSiam)."""

from torch import nn


def build_predictor(width: int, hidden: int) -> nn.Sequential:
    """Build an MLP from z (B, width) to a prediction (B, width), with one hidden layer that has a batch norm.

    Its form is that of the released code of SimSiam (``simsiam/builder.py``). BYOL's (``byol/utils/networks.py``) has
    its bias before the batch norm, where it has no effect, and not after the last matrix.
    """
    return nn.Sequential(
        nn.Linear(width, hidden, bias=False),
        nn.BatchNorm1d(hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, width),
    )
