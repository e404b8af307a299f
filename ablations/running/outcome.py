"""How a run ended: of one study, and of all studies that were run together."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ablations.types.trial import State

if TYPE_CHECKING:
    from ablations.tracking.collection_report import DrawnTogether
    from ablations.tracking.report import DrawnReport


@dataclass(frozen=True)
class Outcome:
    """How the run of one study ended."""

    states: dict[str, State]
    """States by trial id."""
    drawn: "DrawnReport | None"
    """The report; None if MLflow could not be reached, or the figure could not be drawn."""
    unlogged: str = ""
    """Why MLflow lacks something until somebody changes something; empty if it has all, or may have it later."""

    def _repr_png_(self) -> bytes | None:
        """The figure, as a notebook shows it."""
        return self.drawn._repr_png_() if self.drawn else None

    def __str__(self) -> str:
        """``12 done, 1 failed``, then trials that were stopped early and trials that did not end, if any."""
        stopped = f", {self.stopped} stopped early" if self.stopped else ""
        left = f", {self.left} did not end; run it again" if self.left else ""
        return f"{self.done} done, {self.failed} failed{stopped}{left}"

    @property
    def done(self) -> int:
        """Number of trials with a result, those of earlier runs included."""
        return self._count("done")

    @property
    def failed(self) -> int:
        """Number of trials that failed."""
        return self._count("failed")

    @property
    def stopped(self) -> int:
        """Number of trials that were stopped early."""
        return self._count("stopped")

    @property
    def left(self) -> int:
        """Number of trials that did not end; 0 after a run without trouble."""
        return self._count("waiting") + self._count("running")

    def _count(self, state: State) -> int:
        return sum(one == state for one in self.states.values())


@dataclass(frozen=True)
class Outcomes:
    """How a run of one or several studies ended."""

    by_study: dict[str, Outcome]
    """Outcomes by the name of the study, for those that could begin."""
    unable: dict[str, str]
    """Reasons why other studies could not begin or could not be completed, by name."""
    together: "DrawnTogether | None" = None
    """The page of a collection; None for a single study, and if MLflow could not be reached."""

    @property
    def page(self) -> Path | None:
        """The path of the collection's page."""
        return self.together.page if self.together else None

    @property
    def complete(self) -> bool:
        """Whether every trial of every study has ended without a failure, and nothing keeps MLflow from having it."""
        studies = self.by_study.values()
        return not self.unable and not any(one.failed or one.left or one.unlogged for one in studies)
