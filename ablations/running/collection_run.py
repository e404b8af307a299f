"""Several studies as one schedule, each with its own place in MLflow and its own page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ablations.planning.collection_plan import CollectionPlan, together
from ablations.planning.plan import Plan, plan_trials
from ablations.running.prepare_data import needed_data, prepare_data
from ablations.running.run import Outcome, Where, draw, schedule
from ablations.running.run_state import Board, State
from ablations.running.until_decided import next_seeds
from ablations.store.leases.live_run import LiveRun
from ablations.store.migration import keep_schema
from ablations.store.trial_store import TrialStore
from ablations.tracking.collection_report import cannot_be_drawn, draw_collection
from ablations.tracking.recorder import Recorder
from ablations.tracking.report import DrawnReport
from ablations.types.errors import StudyError
from ablations.types.events import Ended, Event, Saved


@dataclass(frozen=True)
class CollectionOutcome:
    """How a run of several studies ended."""

    outcomes: dict[str, Outcome]
    """By the name of the study; those that could be run."""
    unable: dict[str, str]
    """Why others could not, or not to their end, by the name of the study."""
    page: Path | None
    """None where MLflow could not be reached."""

    @property
    def complete(self) -> bool:
        """Whether every trial of every study is done."""
        return not self.unable and not any(one.failed or one.left for one in self.outcomes.values())


def run_collection(
    plan: CollectionPlan, where: Where, console: Console, most_seeds: int | None = None
) -> CollectionOutcome:
    """Run what is left of all studies, log it, draw it. With ``most_seeds``, add seeds to the cells of undecided
    claims as ``run_until_decided`` does.

    Raises ``StudyError`` where no study can begin. KeyboardInterrupt passes through.
    """
    outcomes: dict[str, Outcome] = {}
    unable = dict(plan.unable)
    plans = plan.plans
    while plans:
        round_ = _Round(plans, plan.scaled.collection.name, where, console)
        outcomes |= round_.run()
        unable |= round_.unable
        plans = list(_undecided(round_.plans, outcomes, most_seeds, where)) if most_seeds else []
    if not outcomes.keys() - unable.keys():
        raise StudyError("\n".join(f"{name}: {problem}" for name, problem in unable.items()))
    drawn = {name: outcome.drawn for name, outcome in outcomes.items() if outcome.drawn}
    page = draw_collection(plan.scaled, drawn, unable, where.storage, console) if drawn else None
    return CollectionOutcome(outcomes, unable, page)


class _Round:
    """Plans that are run as one."""

    def __init__(self, plans: Sequence[Plan], name: str, where: Where, console: Console) -> None:
        self.plans = list(plans)
        self.unable: dict[str, str] = {}
        self._name, self._where, self._console = name, where, console
        self._states: dict[str, State] = {}

    def run(self) -> dict[str, Outcome]:
        """By the name of the study; those whose data could be loaded."""
        store = TrialStore(self._where.storage)
        with LiveRun(self._where.storage) as live:
            keep_schema(store)
            self._load_data()
            self._desks = [_Desk(plan, Recorder(plan, store, self._console)) for plan in self.plans]
            try:
                for group in together(self.plans, self._name):
                    self._schedule(group, live.name)
            finally:
                for desk in self._desks:
                    desk.close(self._states)
            return {desk.name: Outcome(desk.states, self._draw(desk)) for desk in self._desks}

    def _load_data(self) -> None:
        """Of every study, each data set once; studies whose data does not load are left out."""
        problems: dict[object, str] = {}
        for plan in self.plans:
            for config in needed_data(plan):
                try:
                    if config not in problems:
                        prepare_data([config], self._where.data_dir, self._console)
                        problems[config] = ""
                except StudyError as error:
                    problems[config] = str(error)
                if problems[config]:
                    self._give_up(plan, problems[config])
        self.plans = [plan for plan in self.plans if _name(plan) not in self.unable]

    def _schedule(self, group: Plan, owner: str) -> None:
        board = Board(group)
        for plan in reversed(self.plans):  # a trial of several has the name of the first
            board.names |= {trial.id: f"{_name(plan)}: {trial.name}" for trial in plan.trials}
        try:
            schedule(group, self._where, owner, board, self._record, self._console)
        except StudyError as error:
            begun = {unit.pretrain_id for unit in group.units}
            for plan in self.plans:
                if begun & {unit.pretrain_id for unit in plan.units}:
                    self._give_up(plan, str(error))
        finally:
            self._states |= board.states

    def _draw(self, desk: "_Desk") -> DrawnReport | None:
        try:
            return draw(desk.plan, self._where.storage, desk.recorder, self._console)
        except Exception as error:  # one figure that cannot be drawn must not cost the others
            self._give_up(desk.plan, cannot_be_drawn(error))
            return None

    def _record(self, event: Event) -> None:
        for desk in self._desks:
            desk.record(event)

    def _give_up(self, plan: Plan, problem: str) -> None:
        if self.unable.setdefault(_name(plan), problem) is problem:
            self._console.print(f"{_name(plan)}: {problem}", style="red", highlight=False, soft_wrap=True)


class _Desk:
    """One study of a round, and its place in MLflow."""

    def __init__(self, plan: Plan, recorder: Recorder) -> None:
        self.name = _name(plan)
        self.plan, self.recorder = plan, recorder
        self.states = Board(plan).states
        self._trials = {trial.id for trial in plan.trials}
        self._trainings = {unit.pretrain_id for unit in plan.units}

    def record(self, event: Event) -> None:
        """What is of the study."""
        match event:
            case Saved(pretrain_id) if pretrain_id in self._trainings:
                self.recorder.record(event)
            case Ended(_, result) if result.trial_id in self._trials:
                self.recorder.record(event)

    def close(self, ended: dict[str, State]) -> None:
        self.states |= {trial_id: state for trial_id, state in ended.items() if trial_id in self._trials}
        self.recorder.close(complete=set(self.states.values()) <= {"done"})


def _undecided(plans: Sequence[Plan], outcomes: dict[str, Outcome], most: int, where: Where) -> Iterator[Plan]:
    """The plans of studies with a claim that more seeds may decide, with those seeds."""
    for plan in plans:
        outcome = outcomes[_name(plan)]
        if outcome.drawn and not outcome.left and (more := next_seeds(plan.trials, outcome.drawn.verdicts, most)):
            yield plan_trials(plan.scaled, plan.trials + more, TrialStore(where.storage), where.data_dir)


def _name(plan: Plan) -> str:
    return plan.scaled.study.name
