"""The optimiser."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.base import Config
from core.config.registry import Registry

Scaling = Literal["linear", "sqrt"]
"""Learning rate of a batch of B: ``linear`` learning_rate * B / 256, ``sqrt`` learning_rate * sqrt(B).
Paper, Sec 2.3 and appendix B.1: 0.3 with the first, 0.075 with the second; both give 4.8 at 4096."""

Rate = Annotated[float, Field(gt=0)]
Momentum = Annotated[float, Field(ge=0, lt=1)]
Decay = Annotated[float, Field(ge=0)]


class OptimizerConfig(Config):
    """Base of all optimisers."""

    kind: str
    learning_rate: Rate
    """Learning rate before it is scaled with the batch size."""
    scaling: Scaling = "linear"
    """How the learning rate grows with the batch size B: ``linear`` as B / 256, ``sqrt`` as its square root."""
    weight_decay: Decay = 0.0
    """Weight decay of every weight but batch norm and biases."""


OPTIMIZERS: Registry[OptimizerConfig] = Registry("optimizer", OptimizerConfig, tag="kind", default="lars")
"""Optimisers, each with its function ``(groups, config) -> torch.optim.Optimizer``. Groups are mappings with
``params``, ``weight_decay`` and ``adapt``, which is False for batch norm, biases and groups that ask for it."""

AnyOptimizer = Annotated[OptimizerConfig, OPTIMIZERS]


@OPTIMIZERS.add("core.optimizer.kinds:lars")
class Lars(OptimizerConfig):
    """LARS, at every batch size. Paper, Sec 2.3."""

    added_later = {"adapt_classifier": True}

    kind: Literal["lars"] = "lars"
    learning_rate: Rate = 0.3
    """Learning rate before it is scaled with the batch size. Paper, Sec 2.3: 0.3."""
    scaling: Scaling = "linear"
    """How the learning rate grows with the batch size B: ``linear`` as B / 256, ``sqrt`` as its square root. Paper,
    Sec 2.3: linear; appendix B.1 has both, with 0.3 and 0.075."""
    momentum: Momentum = 0.9
    """Share of the last update that is kept. Released code: 0.9."""
    weight_decay: Decay = 1e-6
    """Weight decay of every weight but batch norm and biases. Paper, Sec 2.3: 1e-6."""
    trust_coefficient: Rate = 0.001
    """Factor of the trust ratio |w| / |g|. Released code: 0.001."""
    adapt_classifier: bool = True
    """Whether the linear classifier of a supervised training (``loss.kind: cross_entropy``) is adapted like any other
    layer. False: its step is the plain learning rate times the gradient, with weight decay, as for ``head_supervised``
    in the code released for SimCLRv2; the code released with the paper adapts it. The paper does not say with which
    optimiser its supervised models were trained."""


@OPTIMIZERS.add("core.optimizer.kinds:sgd")
class Sgd(OptimizerConfig):
    """SGD with momentum."""

    kind: Literal["sgd"] = "sgd"
    learning_rate: Rate = 0.03
    """Learning rate before it is scaled with the batch size. Not in the paper; 0.03 to 0.06 trains a ResNet-18 on
    CIFAR-10."""
    momentum: Momentum = 0.9
    """Share of the last update that is kept. Not in the paper."""
    nesterov: bool = False
    """Whether the momentum is Nesterov's."""
    weight_decay: Decay = 5e-4
    """Weight decay of every weight but batch norm and biases."""


@OPTIMIZERS.add("core.optimizer.kinds:adamw")
class AdamW(OptimizerConfig):
    """AdamW (Loshchilov and Hutter 2019). Not in the paper."""

    kind: Literal["adamw"] = "adamw"
    learning_rate: Rate = 1e-3
    """Learning rate before it is scaled with the batch size."""
    beta1: Momentum = 0.9
    """Decay rate of the gradient's running mean."""
    beta2: Momentum = 0.999
    """Decay rate of the running mean of the squared gradient."""
    weight_decay: Decay = 1e-4
    """Weight decay, decoupled from the gradient, of every weight but batch norm and biases."""


@OPTIMIZERS.add("core.optimizer.kinds:adam")
class Adam(OptimizerConfig):
    """Adam (Kingma and Ba 2015). Not in the paper."""

    kind: Literal["adam"] = "adam"
    learning_rate: Rate = 1e-3
    """Learning rate before it is scaled with the batch size."""
    beta1: Momentum = 0.9
    """Decay rate of the gradient's running mean."""
    beta2: Momentum = 0.999
    """Decay rate of the running mean of the squared gradient."""
    weight_decay: Decay = 0.0
    """Weight decay, added to the gradient, of every weight but batch norm and biases."""
