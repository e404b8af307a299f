"""The optimiser: LARS, and those of ``torch.optim``."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from core.config.base import Config
from core.config.registry import Registry

Scaling = Literal["linear", "sqrt"]
"""Learning rate of a batch of B: ``linear`` learning_rate * B / 256, ``sqrt`` learning_rate * sqrt(B).
Paper, Sec 2.3 and appendix B.1: 0.3 with the first, 0.075 with the second; both give 4.8 at 4096."""

Rate = Annotated[float, Field(gt=0)]
Momentum = Annotated[float, Field(ge=0, lt=1)]
Decay = Annotated[float, Field(ge=0)]
Epsilon = Annotated[float, Field(gt=0)]


class OptimizerConfig(Config):
    """Base of all optimisers."""

    kind: str
    learning_rate: Rate
    """Learning rate before it is scaled with the batch size."""
    scaling: Scaling = "linear"
    """How the learning rate grows with the batch size B: ``linear`` as B / 256, ``sqrt`` as its square root."""
    weight_decay: Decay = 0.0
    """Weight decay of every weight but batch norm and biases."""

    @property
    def state_values(self) -> int:
        """Number of values that it keeps for each weight, for the estimate of memory. Two, as Adam has, unless it says
        otherwise."""
        return 2


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

    @property
    def state_values(self) -> int:
        """The momentum."""
        return 1


class TorchOptimizer(OptimizerConfig):
    """Base of PyTorch's optimisers. Their fields besides those of every optimiser are arguments of the class of
    ``torch.optim``, under the same names; ``beta1`` and ``beta2`` are its ``betas``."""

    torch_name: ClassVar[str]
    """Name of the class in ``torch.optim``."""

    weight_decay: Decay = 0.0
    """Weight decay, added to the gradient, of every weight but batch norm and biases."""


TORCH = "core.optimizer.kinds:torch_optimizer"


@OPTIMIZERS.add(TORCH)
class Sgd(TorchOptimizer):
    """SGD with momentum."""

    torch_name = "SGD"

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

    @property
    def state_values(self) -> int:
        """The momentum, if there is any."""
        return int(self.momentum > 0)

    @model_validator(mode="after")
    def _check_nesterov(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum, which is 0; raise momentum, or set nesterov: false")
        return self


class AdamLike(TorchOptimizer):
    """Base of the optimisers that divide a running mean of the gradient by the root of one of its square."""

    learning_rate: Rate = 1e-3
    """Learning rate before it is scaled with the batch size."""
    beta1: Momentum = 0.9
    """Decay rate of the gradient's running mean."""
    beta2: Momentum = 0.999
    """Decay rate of the running mean of the squared gradient."""
    eps: Epsilon = 1e-8
    """Number that is added to the root, so that no step is divided by 0."""


@OPTIMIZERS.add(TORCH)
class AdamW(AdamLike):
    """AdamW (Loshchilov and Hutter 2019). Not in the paper."""

    torch_name = "AdamW"
    added_later = {"eps": 1e-8}

    kind: Literal["adamw"] = "adamw"
    weight_decay: Decay = 1e-4
    """Weight decay, decoupled from the gradient, of every weight but batch norm and biases."""


@OPTIMIZERS.add(TORCH)
class Adam(AdamLike):
    """Adam (Kingma and Ba 2015). Not in the paper."""

    torch_name = "Adam"
    added_later = {"eps": 1e-8}

    kind: Literal["adam"] = "adam"


class EitherDecay(AdamLike):
    """Base of the optimisers whose weight decay is of either kind."""

    weight_decay: Decay = 0.0
    """Weight decay of every weight but batch norm and biases."""
    decoupled_weight_decay: bool = False
    """Whether the weight decay is decoupled from the gradient, as in AdamW. False: it is added to the gradient."""


@OPTIMIZERS.add(TORCH)
class RAdam(EitherDecay):
    """Adam whose first steps are smaller, as their divisor varies much: rectified (Liu et al. 2020). Not in the
    paper."""

    torch_name = "RAdam"

    kind: Literal["radam"] = "radam"


@OPTIMIZERS.add(TORCH)
class NAdam(EitherDecay):
    """Adam with Nesterov's momentum (Dozat 2016). Not in the paper."""

    torch_name = "NAdam"

    kind: Literal["nadam"] = "nadam"
    learning_rate: Rate = 2e-3
    """Learning rate before it is scaled with the batch size."""
    momentum_decay: Annotated[float, Field(ge=0)] = 4e-3
    """How fast the momentum rises to ``beta1``, from half of it."""


@OPTIMIZERS.add(TORCH)
class Adamax(AdamLike):
    """Adam with the largest of the recent gradients, fading by ``beta2``, as the divisor (Kingma and Ba 2015, Sec 7.1).
    Not in the paper."""

    torch_name = "Adamax"

    kind: Literal["adamax"] = "adamax"
    learning_rate: Rate = 2e-3
    """Learning rate before it is scaled with the batch size."""
    beta2: Momentum = 0.999
    """Decay rate of the largest gradient."""
    eps: Epsilon = 1e-8
    """Number that is added to the gradient's magnitude, so that no step is divided by 0."""


@OPTIMIZERS.add(TORCH)
class RMSprop(TorchOptimizer):
    """RMSprop (Tieleman and Hinton 2012): the gradient divided by the root of its square's running mean. Not in the
    paper."""

    torch_name = "RMSprop"

    kind: Literal["rmsprop"] = "rmsprop"
    learning_rate: Rate = 1e-2
    """Learning rate before it is scaled with the batch size."""
    alpha: Momentum = 0.99
    """Decay rate of the running mean of the squared gradient."""
    eps: Epsilon = 1e-8
    """Number that is added to the root, so that no step is divided by 0."""
    momentum: Momentum = 0.0
    """Share of the last update that is kept."""
    centered: bool = False
    """Whether the divisor is the gradient's standard deviation, without its mean."""

    @property
    def state_values(self) -> int:
        """The running mean of the square, the momentum and the mean, if there are any."""
        return 1 + (self.momentum > 0) + self.centered


@OPTIMIZERS.add(TORCH)
class Adadelta(TorchOptimizer):
    """Adadelta (Zeiler 2012): the gradient in units of the recent gradients, times the size of the recent steps. Not in
    the paper."""

    torch_name = "Adadelta"

    kind: Literal["adadelta"] = "adadelta"
    learning_rate: Rate = 1.0
    """Learning rate before it is scaled with the batch size."""
    rho: Momentum = 0.9
    """Decay rate of the running means of the squared gradients and steps."""
    eps: Epsilon = 1e-6
    """Number that is added to both means; the first steps are as large as its root."""


@OPTIMIZERS.add(TORCH)
class Adafactor(TorchOptimizer):
    """Adafactor (Shazeer and Stern 2018): each step is in proportion to the weights' own size, and the running mean of
    the squared gradient is kept by rows and columns only. Not in the paper.

    A learning rate above 1 / sqrt(step) counts as 1 / sqrt(step). PyTorch's code waits for a GPU at every tensor.
    """

    torch_name = "Adafactor"

    kind: Literal["adafactor"] = "adafactor"
    learning_rate: Rate = 1e-2
    """Learning rate before it is scaled with the batch size."""
    weight_decay: Decay = 0.0
    """Weight decay, decoupled from the gradient, of every weight but batch norm and biases."""
    beta2_decay: Annotated[float, Field(lt=0, ge=-1)] = -0.8
    """Exponent of the step number t: the decay rate of the running mean is 1 - t ** ``beta2_decay``."""
    d: Annotated[float, Field(ge=1)] = 1.0
    """Largest root mean square of an update before it is multiplied with the rate."""

    @property
    def state_values(self) -> int:
        """At most the value of a row and of a column for each weight of a small kernel."""
        return 1
