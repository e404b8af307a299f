"""DeepCluster (Caron et al. 2018)."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, SOFTMAX, k_means_flops, product_flops, trained_bytes
from core.config.methods.limits import check_clusters

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


@METHODS.add("core.methods.deepcluster:DeepCluster")
class DeepCluster(MethodConfig):
    """A classifier on h predicts the cluster of a view's image, from a k-means of all images (Caron et al. 2018).

    Defaults are those of the released code (facebookresearch/deepcluster), which trains an AlexNet on Sobel filtered
    images: h is clustered there without its last ReLU, and here with it. Steps between two clusterings count: the
    classifier is new after each, and there must be enough of them for it to learn something first. ``head`` is ignored.
    """

    gives = "other"
    measures = (
        Measure("cluster_top1", "cluster accuracy (%)"),
        Measure("clusters_used", "clusters that images use (of a uniform use)"),
    )

    kind: Literal["deepcluster"] = "deepcluster"

    clusters: Annotated[int, Field(ge=2)] = 10000
    """Number of clusters. Released code: 10000, for 1.3 million images."""

    components: Annotated[int, Field(ge=1)] = 256
    """Principal components of h that are clustered, whitened and l2-normalised; at most the width of h. Released code:
    256."""

    rounds: Annotated[int, Field(ge=1)] = 20
    """Rounds of k-means. Released code: 20."""

    epochs_between: Annotated[int, Field(ge=1)] = 1
    """Epochs between two clusterings. Released code, ``reassign``: 1."""

    uniform: bool = True
    """Whether every cluster counts the same in the loss, however many images it has. Released code: yes, images are
    drawn uniformly over clusters; here an image's loss has the inverse of its cluster's size as its weight, which is
    equivalent in the mean."""

    classifier_rate: Annotated[float, Field(gt=0)] = 1.0
    """Learning rate of the classifier, as a factor of that of the encoder. LARS does not adapt it. Released code: 1,
    without momentum."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with one view of every image, and one for the features of all images before a clustering."""
        return Pass(1, image_size), Pass(1, image_size, has_gradient=False, share=1 / self.epochs_between)

    def flops(self, pretrain: "PretrainConfig") -> int:
        h = pretrain.encoder.output
        width = min(self.components, h)
        clustering = 2 * h * (h + width) + k_means_flops(self.clusters, width, self.rounds)
        return product_flops(h * self.clusters, trained=1) + clustering // self.epochs_between

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the classifier, of the logits of a batch, and of all images' features and clusters."""
        h = pretrain.encoder.output
        logits, features = SOFTMAX * pretrain.batch_size * self.clusters, 2 * images * h
        return trained_bytes(h * self.clusters) + NUMBER * (logits + features + self.clusters + 2 * images)

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        return math.log(self.clusters)

    def check_images(self, pretrain: "PretrainConfig", images: int) -> None:
        """Raise ``DataError`` where there are more clusters than images."""
        check_clusters(self.clusters, images)
