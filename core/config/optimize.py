"""The optimiser, its learning rate, and how that changes over the steps."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from core.config.base import Config, default_tag

Scaling = Literal["linear", "sqrt"]
"""Learning rate of a batch of B: ``linear`` learning_rate * B / 256, ``sqrt`` learning_rate * sqrt(B).
Paper, Sec 2.3 and appendix B.1: 0.3 with the first, 0.075 with the second; both give 4.8 at 4096."""

Momentum = Annotated[float, Field(ge=0, lt=1)]
Decay = Annotated[float, Field(ge=0)]


class Lars(Config):
    """LARS at every batch size. Paper, Sec 2.3."""

    kind: Literal["lars"] = "lars"
    learning_rate: Annotated[float, Field(gt=0)] = 0.3
    """Before scaling. Paper, Sec 2.3: 0.3."""
    scaling: Scaling = "linear"
    """Of the learning rate with the batch: ``linear`` B / 256, ``sqrt`` the square root of B. Paper, Sec 2.3: linear;
    appendix B.1 has both, with 0.3 and 0.075."""
    momentum: Momentum = 0.9
    """Released code."""
    weight_decay: Decay = 1e-6
    """Paper, Sec 2.3. Batch norm and biases are excluded."""
    trust_coefficient: Annotated[float, Field(gt=0)] = 0.001
    """Released code."""


class Sgd(Config):
    """SGD with momentum."""

    kind: Literal["sgd"] = "sgd"
    learning_rate: Annotated[float, Field(gt=0)] = 0.03
    """Before scaling. Not in the paper; 0.03 to 0.06 trains a ResNet-18 on CIFAR-10."""
    scaling: Scaling = "linear"
    """As of LARS."""
    momentum: Momentum = 0.9
    """Not in the paper."""
    nesterov: bool = False
    """Whether the momentum is Nesterov's."""
    weight_decay: Decay = 5e-4
    """On every weight but batch norm and biases."""


class AdamW(Config):
    """AdamW (Loshchilov and Hutter 2019). Not in the paper."""

    kind: Literal["adamw"] = "adamw"
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Before scaling."""
    scaling: Scaling = "linear"
    """As of LARS."""
    beta1: Momentum = 0.9
    """Of the gradient's mean."""
    beta2: Momentum = 0.999
    """Of the mean of its square."""
    weight_decay: Decay = 1e-4
    """Decoupled from the gradient, on every weight but batch norm and biases."""


OptimizerConfig = Annotated[
    Lars | Sgd | AdamW, Field(discriminator="kind"), BeforeValidator(default_tag("kind", "lars"))
]


class ScheduleConfig(Config):
    """Linear warmup from 0, then cosine decay to 0, both by the step. Paper, Sec 2.3."""

    warmup_epochs: Annotated[float, Field(ge=0)] = 10.0
    """Paper, Sec 2.3: 10."""
