"""DeepCluster v2 (Caron et al. 2020)."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.config.measures import SPREAD, Measure
from core.config.methods.base import METHODS, MethodConfig, Pass
from core.config.methods.counting import NUMBER, SOFTMAX, k_means_flops, product_flops, trained_bytes
from core.config.methods.limits import check_clusters

if TYPE_CHECKING:
    from core.config.train import PretrainConfig

REMEMBERED = 2
"""Views of an image whose projections are kept."""


@METHODS.add("core.methods.deepcluster_v2:DeepClusterV2")
class DeepClusterV2(MethodConfig):
    """Both views of an image predict its cluster, by their similarity to the centres of a spherical k-means of what the
    epoch before projected (Caron et al. 2020, "DeepCluster-v2").

    Defaults are those of the released code (``main_deepclusterv2.py`` in facebookresearch/swav), without its small
    crops. Its head has a hidden layer of 2048 and no last batch norm: ``head: {hidden: 2048, output: 128, last_norm:
    none}``. It fills its memory with views before the first epoch, and here with whole images.
    """

    measures = (
        Measure("cluster_top1", "cluster accuracy (%)"),
        Measure("clusters_used", "clusters that images use (of a uniform use)"),
        SPREAD,
    )

    kind: Literal["deepcluster_v2"] = "deepcluster_v2"

    clusters: Annotated[int, Field(ge=2)] = 3000
    """Number of clusters of each clustering. Released code: 3000."""

    clusterings: Annotated[int, Field(ge=1)] = 3
    """Number of clusterings, of the first views' projections and of the second's in turn. Released code: 3."""

    rounds: Annotated[int, Field(ge=1)] = 10
    """Rounds of k-means. Released code: 10."""

    temperature: Annotated[float, Field(gt=0)] = 0.1
    """tau. Released code: 0.1."""

    def passes(self, image_size: int) -> tuple[Pass, ...]:
        """Return one pass with both views."""
        return (Pass(REMEMBERED, image_size),)

    def flops(self, pretrain: "PretrainConfig") -> int:
        z = pretrain.projection_width
        head = product_flops(pretrain.head.weights(pretrain.encoder.output), trained=REMEMBERED)
        scores = 2 * 2 * REMEMBERED * self.clusters * z  # a centre has no gradient
        return head + self.clusterings * (scores + k_means_flops(self.clusters, z, self.rounds))

    def state_bytes(self, pretrain: "PretrainConfig", images: int) -> int:
        """Return the memory of the head, of all projections, centres and clusters, and of the scores of a batch."""
        z, centres = pretrain.projection_width, self.clusterings * self.clusters
        numbers = REMEMBERED * images * z + centres * (z + 1) + 2 * self.clusterings * images
        scores = SOFTMAX * REMEMBERED * pretrain.batch_size * centres
        return trained_bytes(pretrain.head.weights(pretrain.encoder.output)) + NUMBER * (numbers + scores)

    def guess(self, pretrain: "PretrainConfig", images: int, classes: int) -> float:
        return math.log(self.clusters)

    def check_images(self, pretrain: "PretrainConfig", images: int) -> None:
        """Raise ``DataError`` where there are more clusters than images."""
        check_clusters(self.clusters, images)
