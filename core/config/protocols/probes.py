"""Protocols that look inside a pretrained model: what can be predicted from its representations, and which images they
put together.

The paper shows them in Table 3 and in Figures B.3 and B.4. Retrieval is ours.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import Measure
from core.config.optimizer import AdamW
from core.config.protocols.base import PROTOCOLS, Count, Protocol, Seed

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

Task = Literal["color", "rotation", "noise", "sobel"]
"""The rows of Table 3: color or grayscale; rotated by 0, 90, 180 or 270 degrees; original or with Gaussian noise;
original or Sobel filtered."""


@PROTOCOLS.add("core.evaluation.protocols.transformation:score_transformation")
class TransformationProbe(Protocol):
    """Predicts from the frozen representation of a view which transformation it had (Sec. 4.2, Table 3).

    The paper predicts "the transformation applied during the pretraining", so a view is made by the policy of the
    pretraining, as its first branch has it, and the label is what the task's operation did in it. Here that
    operation is drawn so that guessing is as good as in Table 3, whatever its probability in the policy: one view
    in five is grayscale, half are noisy or Sobel filtered, and a quarter has each rotation. Its other settings and
    its place are the policy's; where the policy has no such operation, as the paper's default has no rotation, it
    comes last. For the last three rows the paper pretrains with the operation too.

    The paper says nothing about the MLP that predicts it. Here it has one hidden layer, as wide as the representation,
    and is trained on one view of every training image, with AdamW and a cosine to 0 without a warmup, on features
    that are standardised.
    """

    several_labels = True
    task_fields = ("task",)

    protocol: Literal["transformation"] = "transformation"

    task: Task = "color"
    """Transformation to predict, a row of Table 3: color or grayscale; the rotation; original or noisy; original or
    Sobel filtered."""
    epochs: Count = 50
    """Epochs of the MLP's training. Not in the paper."""
    batch_size: Count = 256
    """Images in a batch of the MLP's training, at most all. Not in the paper."""
    optimizer: AdamW = AdamW()
    """Optimiser of the MLP. Not in the paper."""
    seed: Seed = 0
    """Seed of the views, of their labels and of the MLP."""

    @property
    def needs_color(self) -> bool:
        return self.task == "color"

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        return (
            Measure("transformation/top1", "transformation predicted (%)"),
            Measure("transformation/chance", "transformation guessed (%)"),
        )


@PROTOCOLS.add("core.evaluation.protocols.retrieval:score_retrieval")
class Retrieval(Protocol):
    """The training images that are most similar to a test image, by the cosine of their representations. Ours."""

    one_pass = True

    protocol: Literal["retrieval"] = "retrieval"

    neighbors: Count = 10
    """k: number of training images that are retrieved for a test image."""
    queries: Count = 10
    """Test images whose neighbours are kept for the picture, the same number of every class to within one. The metrics
    are of all test images."""
    seed: Seed = 0
    """Seed of the choice of these test images."""

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        return (Measure(r"retrieval/precision_at_\d+", "retrieved images of the same class (%)"),)


@PROTOCOLS.add("core.evaluation.protocols.spectrum:score_spectrum")
class Spectrum(Protocol):
    """The eigenvalues of a linear projection head that is as wide as h: z = W h (Figure B.3).

    It looks at no image, and ignores ``representation`` and ``data``.
    """

    several_labels = True
    needs_labels = False

    reads_representation = False

    protocol: Literal["spectrum"] = "spectrum"

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        return (
            Measure("spectrum/largest_tenth", "largest tenth of the eigenvalues (% of their sum, ours)"),
            Measure("spectrum/effective_rank", "effective rank (ours)"),
        )

    def check(self, pretrain: "PretrainConfig") -> None:
        super().check(pretrain)
        head, width = pretrain.head, pretrain.encoder.output
        one_projection = pretrain.loss.gives == "projection" and pretrain.loss.spaces == 1
        if not one_projection or (head.kind, head.output) != ("linear", width):
            raise ValueError(
                "evaluate.protocol spectrum needs a square W: a contrastive loss, head.kind linear and "
                f"head.output {width}, the width of h"
            )


@PROTOCOLS.add("core.evaluation.protocols.tsne:score_tsne")
class Tsne(Protocol):
    """A t-SNE embedding of the representations of some test images (Figure B.4).

    The paper gives no settings of t-SNE; these are scikit-learn's, starting from the principal components, with
    Euclidean distances between representations as they are.
    """

    protocol: Literal["tsne"] = "tsne"

    classes: Annotated[int, Field(ge=2)] = 10
    """Classes that are drawn at random, at most all. Figure B.4: 10."""
    images: Count = 50
    """Images of every class that are drawn at random, at most all. Figure B.4 has 50, all that there are."""
    perplexity: Annotated[float, Field(ge=1)] = 30.0
    """Number of neighbours of an image that count, about. Not in the paper."""
    seed: Seed = 0
    """Seed of the classes, of the images and of the embedding."""

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        return (
            Measure("tsne/silhouette", "silhouette in the embedding (ours)"),
            Measure("tsne/silhouette_representation", "silhouette in the representation (ours)"),
        )
