"""The images of a training."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, Strict, model_validator

from core.config.base import Config


def _count_or_fraction(subset: int | float) -> int | float:
    if subset <= 0:
        raise ValueError("a subset is a count of at least 1, or a fraction above 0")
    if isinstance(subset, float) and subset > 1:
        raise ValueError("a fraction is at most 1.0; write a count as a whole number, without a point")
    return subset


Shape = Literal["square", "own"]
LONGEST = 512
"""Longer side at most, in pixels, of images that keep their shape. Half of ImageNet's are 500 x 375."""
BATCHES_AHEAD = 2
"""Number of batches that are decoded ahead, into shared memory of the CPU: 1.2 GB for batches of 4096 images of 224
pixels, 6.4 GB for those that keep their shape on a canvas of 512."""
Unreadable = Literal["refuse", "skip"]
Name = Annotated[str, Field(pattern=r"^(torchvision:)?[A-Za-z0-9][A-Za-z0-9_.-]*$")]
ImageSize = Annotated[int, Field(ge=8, le=1024)]
COLORS = 3
"""Number of channels of a colour image: red, green and blue."""
PICTURES = (1, COLORS)
"""Numbers of channels that every image file can be read with; others are for arrays."""
Amount = Annotated[int | float, AfterValidator(_count_or_fraction)]
"""Number of images: a count (``4000``), or a fraction with a point (``0.1``)."""

SplitShare = Annotated[float, Field(gt=0, lt=1)]
"""Share of the images of each class."""
FingerprintValue = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
"""16 hex digits; see ``core.data.fingerprint``."""
Classes = Annotated[int, Field(ge=1)] | Annotated[tuple[str, ...], Strict(False), Field(min_length=1)]
"""Classes: a number of them, or their names."""
PART_FIELDS = ("image_size", "stored_size", "shape", "subset", "subset_seed", "imbalance", "classes", "fingerprint")
"""Fields of a data set that leave open which images it has: they choose a part of them, and their size."""


def is_all(amount: int | float) -> bool:
    """Return whether it is the whole: the fraction 1.0."""
    return isinstance(amount, float) and amount == 1.0


class DataConfig(Config):
    """A data set, and the part of it that is used."""

    added_later = {
        "channels": COLORS,
        "shape": "square",
        "split": None,
        "split_seed": 0,
        "imbalance": None,
        "classes": None,
        "unlabelled": None,
        "unreadable": "refuse",
        "fingerprint": None,
    }

    name: Name = "imagenet"
    """Name of the data set: ``shapes`` or ``shapes-by-colour`` (embedded; the same images, labelled by their glyph and
    by their hue), one that torchvision knows (``core.data.catalog.DATA_SETS``), or an image folder
    ``<data_dir>/<name>/{train,test}/<class>/*.{png,jpg,jpeg,webp,bmp,tif,tiff}``, with ``val`` for ``test`` as ImageNet
    has it. ``<data_dir>/<name>`` may also be a manifest (``.csv``, ``.parquet``), arrays (``.npz``, or a folder of
    ``.npy``), shards (``.tar``, ``.parquet``) or a Hugging Face dataset; see docs/own-data.md. Paper, Sec 2.3: ImageNet
    ILSVRC-2012."""

    image_size: ImageSize = 224
    """Side in pixels of every view. Paper, Sec 2.3: 224."""

    stored_size: ImageSize | None = None
    """Side in pixels of the stored images; None: ``image_size``. An image is stored as a square: its shorter side is
    resized to this many pixels, its longer side cropped to the centre. The random crop is drawn from that square and
    resized to a view; the encoder is scored on the square resized to a view. The paper's random crop is drawn from the
    whole image: a crop of 8 % has a side of 63 pixels in a square of 224, and of 141 in one of 500."""

    channels: Annotated[int, Field(ge=1, le=512)] = COLORS
    """Channels of every image. 3: red, green and blue; gray images have three equal ones. 1: gray, the luminance of
    colour images. Any other number is for arrays (``.npz``, ``.npy``) that have as many, such as bands of a satellite.
    Operations that need red, green and blue are refused unless it is 3. Evaluations on other data have as many."""

    shape: Shape = "square"
    """Shape of the images that crops are cut from. ``square``: stored squares, see ``stored_size``. ``own``: each image
    in its own shape, as in the paper, decoded while it is used. Its longer side is at most ``stored_size`` pixels, or
    512 without one; larger images are scaled down. It is for image files: CIFAR, STL-10 and ``shapes`` are square."""

    subset: Amount = 1.0
    """Number of training images that are kept, the same of every class: a count (``4000``) or a fraction (``0.1``). The
    same fraction is kept of ``stl10``'s labelled and unlabelled images. Images of ``voc2007``, which have several
    classes each, are drawn regardless of their classes."""

    subset_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the choice of these images. In a study it is the trial's seed unless it is written; see ``vary``."""

    imbalance: Annotated[float, Field(gt=1), Strict(False)] | None = None
    """Ratio of the largest class to the smallest in the pretraining, whose sizes fall exponentially in between: a long
    tail (Cui et al. 2019). ``subset_seed`` draws which class is large. Evaluations on the same data have all its
    classes alike. None: as the data is."""

    classes: Classes | None = None
    """Classes of the pretraining: a number of them, drawn by ``subset_seed``, or their names. Evaluations on the same
    data have all classes. None: all."""

    split: SplitShare | None = None
    """Share of each class that is for testing, for an image folder without a split: ``<data_dir>/<name>/<class>/*``.
    None: the folder has its splits."""

    split_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of that split. It is the same in all trials of a study, whatever their seeds, unless an axis changes it."""

    unlabelled: Name | None = None
    """Images without labels that are trained on too: a folder beside ``train`` and ``test``, a further split of a
    manifest, arrays or a Hugging Face dataset, or else another data set of one's own, whose labels are dropped. None:
    the labelled images only."""

    unreadable: Unreadable = "refuse"
    """The treatment of images that do not decode. ``refuse``: nothing is trained. ``skip``: they are left out, after
    all images were read once; the plan says how many."""

    fingerprint: FingerprintValue | None = None
    """Hash of images of one's own, in a folder or from a function, which a plan takes from them: other images make
    another trial. Written in a study, it refuses every other content. None: not known, or the data set is built in."""

    @classmethod
    def named_parts(cls, values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        return (("data set", values.get("name")),)

    @property
    def source(self) -> "DataConfig":
        """The whole data set, whatever part of it is used at which size: what has one fingerprint."""
        return DataConfig(**{name: value for name, value in vars(self).items() if name not in PART_FIELDS})

    @property
    def is_curated(self) -> bool:
        """Whether its training images are chosen by their classes."""
        return self.imbalance is not None or self.classes is not None

    @property
    def is_drawn(self) -> bool:
        """Whether ``subset_seed`` changes which images there are."""
        return not is_all(self.subset) or self.imbalance is not None or isinstance(self.classes, int)

    @property
    def with_all_classes(self) -> "DataConfig":
        """The data to score an encoder on that was trained on this: all classes, as the data has them."""
        if not self.is_curated:
            return self
        seed = 0 if is_all(self.subset) else self.subset_seed
        return self.model_copy(update={"imbalance": None, "classes": None, "subset_seed": seed})

    @property
    def longest_side(self) -> int:
        """Longer side at most, in pixels, of images that keep their shape."""
        return self.stored_size or max(LONGEST, self.image_size)

    @property
    def stored_side(self) -> int:
        """Side of the stored images in pixels."""
        return self.stored_size or self.image_size

    @model_validator(mode="after")
    def _check_has_classes(self) -> Self:
        if self.is_curated and self.unlabelled is not None:
            name = "classes" if self.imbalance is None else "imbalance"
            raise ValueError(f"{name} is for images with labels, and unlabelled adds others; remove one of both")
        return self

    @model_validator(mode="after")
    def _check_stored_size(self) -> Self:
        if self.stored_side < self.image_size:
            raise ValueError(f"stored_size ({self.stored_size}) is below image_size ({self.image_size})")
        return self


class EvaluationData(Config):
    """Another data set than that of the pretraining, to score on."""

    added_later = {"split": None, "split_seed": 0, "unreadable": "refuse", "fingerprint": None}

    name: Name
    """Name of the data set, as in the field ``data`` of the pretraining."""

    image_size: ImageSize | None = None
    """Side in pixels of every view; None: that of the pretraining. Appendix B.8.1: 224, which is that of the
    pretraining as well."""

    subset: Amount = 1.0
    """Number of training images that are kept, the same of every class: a count (``4000``) or a fraction (``0.1``)."""

    subset_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the choice of these images. In a study it is the trial's seed unless it is written; see ``vary``."""

    shape: Shape | None = None
    """Shape of the images that crops are cut from, as in the field ``data``; None: that of the pretraining."""

    split: SplitShare | None = None
    """Share of each class that is for testing, as in the field ``data``."""

    split_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of that split."""

    unreadable: Unreadable = "refuse"
    """The treatment of images that do not decode, as in the field ``data``."""

    fingerprint: FingerprintValue | None = None
    """Hash of the images, as in the field ``data``."""

    @classmethod
    def named_parts(cls, values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        return (("data set", values.get("name")),)

    @property
    def is_drawn(self) -> bool:
        """Whether ``subset_seed`` changes which images there are."""
        return not is_all(self.subset)

    def like(self, pretraining: DataConfig) -> DataConfig:
        """Return it as a ``DataConfig``, with the channels of the pretraining, and with its image size and shape where
        it has none of its own."""
        return DataConfig(
            name=self.name,
            image_size=self.image_size or pretraining.image_size,
            shape=self.shape or pretraining.shape,
            channels=pretraining.channels,
            subset=self.subset,
            subset_seed=self.subset_seed,
            split=self.split,
            split_seed=self.split_seed,
            unreadable=self.unreadable,
            fingerprint=self.fingerprint,
        )
