"""The protocols that look inside a pretrained model: what its representations tell and which images they put together.

The paper shows them in Table 3 and in Figures B.3 and B.4. Retrieval is ours.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.optimize import AdamW
from core.config.protocol import Protocol

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]

Task = Literal["color", "rotation", "noise", "sobel"]
"""The rows of Table 3: color or grayscale; rotated by 0, 90, 180 or 270 degrees; original or with Gaussian noise;
original or Sobel filtered."""


class TransformationProbe(Protocol):
    """Which transformation a view had, predicted from its frozen representation (Sec 4.2, Table 3).

    The paper predicts "the transformation applied during the pretraining", so a view is made by the policy of the
    pretraining, as its first branch has it, and the label is what the task's operation did in it. Here that
    operation is drawn so that guessing is as good as in Table 3, whatever its probability in the policy: one view
    in five is grayscale, half are noisy or Sobel filtered, and a quarter has each rotation. Its other settings and
    its place are the policy's; where the policy has no such operation, as the paper's default has no rotation, it
    comes last. For the last three rows the paper pretrains with the operation too.

    Of the MLP that predicts it the paper says nothing. Here it has one hidden layer, as wide as the representation,
    and is trained on one view of every training image, with AdamW and a cosine to 0 without a warmup, on features
    that are standardised.
    """

    protocol: Literal["transformation"] = "transformation"

    task: Task = "color"
    """Color or grayscale; the rotation; original or noisy; original or Sobel filtered. The rows of Table 3."""
    epochs: Count = 50
    """Of the MLP. Not in the paper."""
    batch_size: Count = 256
    """Of the MLP; all images, where there are fewer. Not in the paper."""
    optimizer: AdamW = AdamW()
    """Of the MLP. Not in the paper."""
    seed: Seed = 0
    """Of the views, their labels, and the MLP."""


class Retrieval(Protocol):
    """The training images that are most similar to a test image, by the cosine of their representations. Ours."""

    protocol: Literal["retrieval"] = "retrieval"

    neighbors: Count = 10
    """k: how many are retrieved."""
    queries: Count = 10
    """Test images whose neighbours are kept for the picture, the same number of every class to within one; they
    have no part in the metrics, which are of all test images."""
    seed: Seed = 0
    """Which test images these are."""


class Spectrum(Protocol):
    """The eigenvalues of a linear projection head that is as wide as h: z = W h (Figure B.3).

    It looks at no image, and at neither of the fields that all protocols have.
    """

    protocol: Literal["spectrum"] = "spectrum"

    def check(self, pretrain: "PretrainConfig") -> None:
        super().check(pretrain)
        head, width = pretrain.head, pretrain.encoder.output
        if pretrain.loss.gives != "projection" or (head.kind, head.output) != ("linear", width):
            raise ValueError(
                "evaluate.protocol spectrum is of a square W: it needs a contrastive loss, head.kind linear and "
                f"head.output {width}, the width of h"
            )


class Tsne(Protocol):
    """A t-SNE embedding of the representations of some test images (Figure B.4).

    The paper gives no settings of t-SNE; these are scikit-learn's, starting from the principal components, with
    Euclidean distances between representations as they are.
    """

    protocol: Literal["tsne"] = "tsne"

    classes: Annotated[int, Field(ge=2)] = 10
    """Drawn at random; all, where there are fewer. Figure B.4: 10."""
    images: Count = 50
    """Of every class, drawn at random; all, where there are fewer. Figure B.4 has 50, all that there are."""
    perplexity: Annotated[float, Field(ge=1)] = 30.0
    """About how many neighbours of an image count. Not in the paper."""
    seed: Seed = 0
    """Of the classes, the images and the embedding."""
