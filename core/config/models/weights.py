"""Weights that an encoder starts from."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, model_validator

from core.config.base import Config
from core.config.data import COLORS

LIBRARIES = ("timm", "torchvision")
TRIAL = "trial:"
"""Beginning of ``weights`` that name a trial of the study's storage."""
ENCODER = "encoder:"
"""Beginning of a ``weights_hash`` of an encoder's tensors rather than of a file; see ``core.encoder_hash``."""
BLOCK = 2**20
"""Bytes that are read at once."""


class StartingWeights(Config):
    """Base of the encoders that can start from given weights."""

    library: ClassVar[str | None] = None
    """Library whose pretrained weights fit."""

    weights: str | None = Field(default=None, exclude=True)
    """Weights to start from: a file (``.safetensors``, or ``.pt`` of tensors alone), which every node must see;
    ``trial:ID`` for the encoder of a finished trial on the same storage, by its id or the beginning of it; or
    ``timm:TAG`` or ``torchvision:TAG`` for the library's own, which it downloads. If ``epochs`` is 0, they are scored
    as they are. The head starts at random. None: a random initialisation."""

    weights_hash: str | None = None
    """SHA-256 of the file of ``weights``, 16 hex digits; for a trial ``encoder:`` and the hash of its encoder; or the
    tag itself. Other weights make another trial, and the same file elsewhere makes the same one. A trial and the file
    that was exported from it are two names of the same weights, and make two trials. It is taken from the weights;
    written in a study, it refuses all others."""

    @model_validator(mode="before")
    @classmethod
    def _hash_weights(cls, values: Any) -> Any:
        if not isinstance(values, dict) or not isinstance(weights := values.get("weights"), str):
            return values
        given = values.get("weights_hash")
        if weights.startswith(TRIAL) or str(given).startswith(ENCODER):
            return {**values, "weights_hash": given or weights}  # a plan looks the trial up, a start checks the tensors
        if library := library_of(weights):
            _check_library(library, cls.library)
        found = weights if library else file_hash(weights)
        if given not in (found, None):
            raise ValueError(
                f"weights_hash is {given}, and {weights} has {found}; put that file back, or write the other hash"
            )
        return {**values, "weights_hash": found}

    def check_weights(self, channels: int) -> None:
        """Raise ValueError where a library's weights are for another number of channels than images have."""
        if self.tag and channels != COLORS:
            raise ValueError(
                f"encoder.weights: {self.weights_hash} is for images of {COLORS} channels, and data.channels is "
                f"{channels}; take data.channels: {COLORS}, or remove encoder.weights"
            )

    @property
    def tag(self) -> str | None:
        """Tag of the library's weights that it starts from."""
        known = self.weights_hash or ""
        return known.partition(":")[2] if library_of(known) else None


def library_of(weights: str) -> str | None:
    """Return the library that ``timm:TAG`` or ``torchvision:TAG`` names; None for a file."""
    library, colon, tag = weights.partition(":")
    return library if colon and tag and library in LIBRARIES else None


def file_hash(path: str) -> str:
    """Return 16 hex digits of a file's SHA-256. Raises ValueError where there is no such file."""
    try:
        found = Path(path).stat()
        return _file_hash(path, found.st_size, found.st_mtime_ns)
    except OSError as error:
        raise ValueError(
            f"weights: {path} cannot be read ({error.strerror or error}); write the path of a file, trial:ID, timm:TAG "
            "or torchvision:TAG"
        ) from error


@lru_cache(maxsize=64)
def _file_hash(path: str, size: int, changed: int) -> str:
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()[:16]


def _check_library(asked: str, fits: str | None) -> None:
    if asked != fits:
        have = f"only those of {fits}" if fits else "only those of a file"
        raise ValueError(f"weights of {asked} do not fit this encoder, {have} do; take encoder.kind {asked}")
