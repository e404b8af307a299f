"""An encoder up to one of its stages."""

from torch import Tensor, nn

from core.encoder.encoder import Encoder, pool


class UpToStage(nn.Module):
    """Maps views (B, C, S, S) to the pooled output (B, C) of a stage. Later stages do not run."""

    def __init__(self, encoder: Encoder, stage: str) -> None:
        """Raises ValueError where the encoder has no such stage."""
        super().__init__()
        self.encoder = encoder
        self.number = encoder.stage_names.index(stage)

    def forward(self, views: Tensor) -> Tensor:
        for number, output in enumerate(self.encoder.maps(views)):
            if number == self.number:
                return pool(output)
        raise AssertionError("an encoder has a map for each of its stage names")
