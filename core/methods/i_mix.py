"""i-Mix: a mixed view resembles the other views of both its images (Lee et al. 2021)."""

import torch
from torch import Tensor

from core.augment.mixing import mix
from core.augment.policy import two_views
from core.data.dataset import Batch
from core.distributed import own_share
from core.loss.mixed import MixedTargets
from core.loss.n_pair import n_pair
from core.loss.outcome import Outcome
from core.loss.statistics import statistics
from core.loss.unit import unit
from core.methods.method import Method, See, Views
from core.randomness import generator


class IMix(Method):
    """The N-pair loss of first views that are mixed."""

    def views(self, batch: Batch, draws: torch.Generator) -> Views:
        first, second = two_views(batch.images, self.config.augment, draws, batch.view_size).chunk(2)
        mixed = None
        if self.settings.mix:
            draws = generator(self.config.seed, "mix", self.progress.step)
            first, mixing = mix(first, self.settings.mix, draws, own_share(), keep_main=True)
            mixed = MixedTargets(mixing.partners, mixing.shares)
        return Views((torch.cat([first, second]),), mixed)

    def known(self, views: Views, see: See) -> MixedTargets | None:
        mixed: MixedTargets | None = views.others
        return mixed

    def loss(self, outputs: Tensor, known: MixedTargets | None, batch: Batch) -> Outcome:
        z, temperature = unit(outputs), self.settings.temperature
        entropy, top1 = statistics(z.detach(), temperature)
        return Outcome(n_pair(z, temperature, known), {"entropy": entropy, "contrastive_top1": top1})
