"""Writes to MLflow only if a run asks for it: encoders as logged models, and metrics of the machine."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Extras:
    """Further things that a run asks to have written. They change no result."""

    log_models: bool = False
    """Whether encoders become logged models of MLflow, which copies their weights."""
    system_metrics: bool = False
    """Whether processor, memory, network and GPU of the driver's machine are sampled every ten seconds."""


NOTHING = Extras()
