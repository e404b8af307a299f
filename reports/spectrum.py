"""Figure B.3: the squared eigenvalues of a linear projection head, drawn from the arrays of the protocol
``spectrum``."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

SMALLEST = 1e-12
"""Of the logarithmic panel: smaller ones are as good as zero, and would flatten the rest."""


def spectrum_figure(arrays: Mapping[str, np.ndarray]) -> Figure:
    """As in the paper: sorted, once on a linear axis and once on a logarithmic one."""
    values = arrays["spectrum/eigenvalues"]
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for ax, scale in zip(figure.subplots(1, 2), ("linear", "log"), strict=True):
        ax.plot(np.arange(len(values)), np.maximum(values, SMALLEST), color="#0072b2")
        ax.set_yscale(scale)
        ax.set_xlabel("Ranking")
        ax.set_ylabel("Squared eigenvalue")
        ax.set_title(f"{scale} scale")
    return figure
