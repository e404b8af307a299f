"""Hash of an encoder, equal for equal encoders."""

import hashlib

from torch import nn


def encoder_hash(encoder: nn.Module) -> str:
    """Return 16 hex digits that depend on every parameter and buffer, in order."""
    digest = hashlib.sha256()
    for name, tensor in encoder.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
