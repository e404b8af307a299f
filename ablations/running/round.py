"""One round of a run: the plans of one or several studies in one schedule, each with its own place in MLflow."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from ablations.planning.collection_plan import CollectionPlan, together
from ablations.planning.cost.estimate import Estimate, estimate
from ablations.planning.cost.estimate_text import group_title, left_text, seconds_text
from ablations.planning.plan import Plan
from ablations.running.outcome import Outcome
from ablations.running.own_images.remember import remember_images
from ablations.running.prepare_data import is_elsewhere, needed_data, prepare_data
from ablations.running.run_state import RunState
from ablations.running.schedule import Schedule, Where
from ablations.store.folders import each
from ablations.store.leases.live_run import LiveRun
from ablations.store.speeds import load_speeds
from ablations.store.trial_store import TrialStore
from ablations.store.upkeep.cleaning import explain_storage
from ablations.store.upkeep.migration import keep_schema
from ablations.tracking.on_request import Extras
from ablations.types.console import counting
from ablations.types.duration import clock
from ablations.types.errors import AblateError, StudyError
from ablations.types.events import Event, Saved, Started, TrialEnded
from ablations.types.trial import State, group_units

if TYPE_CHECKING:
    from ablations.tracking.report import DrawnReport
    from ablations.tracking.resilient_tracker import ResilientTracker


class Round:
    """Plans that are run as one. Trouble of one study does not stop the others; a study alone raises it."""

    def __init__(
        self, collection: CollectionPlan, plans: Sequence[Plan], where: Where, console: Console, extras: Extras
    ) -> None:
        self.plans = list(plans)
        self.unable: dict[str, str] = {}
        """Reasons why studies could not begin or could not be completed, by name."""
        self._scaled = collection.scaled
        self._where, self._console, self._extras = where, console, extras
        self._store = TrialStore(where.storage)
        self._states: dict[str, State] = {}

    def run(self) -> dict[str, Outcome]:
        """Outcomes by the name of the study, for those whose data could be loaded."""
        with LiveRun(self._where.storage) as live:
            keep_schema(self._store)
            explain_storage(self._store)
            with Schedule(self._where, live.name, self._console) as schedule:
                if any(plan.units for plan in self.plans):
                    schedule.begin()
                _record_known(self.plans, self._store)
                self._load_data()
                remember_images(self.plans, self._where.storage, self._where.data_dir)
                self._open_mlflow()
                try:
                    groups = together(self.plans, self._scaled.name)
                    for group in groups:
                        self._run_group(group, groups, schedule)
                finally:
                    for run in self._runs:
                        run.close(self._states)
            return self._outcomes()

    def _open_mlflow(self) -> None:
        from ablations.tracking.resilient_tracker import ResilientTracker  # here, since MLflow takes seconds to import

        self._runs = [
            _StudyRun(plan, ResilientTracker(plan, self._store, self._console, self._extras)) for plan in self.plans
        ]

    def _load_data(self) -> None:
        """Load every data set once. Studies whose data cannot be loaded are left out."""
        problems: dict[object, str] = {}
        for plan in self.plans:
            for config in needed_data(plan):
                try:
                    if config not in problems and is_elsewhere(config, self._where):
                        told = f"{config.name} is not on this machine; workers compare theirs with {config.fingerprint}"
                        self._console.print(told, style="dim")
                        problems[config] = ""
                    if config not in problems:
                        prepare_data([config], self._where.data_dir, self._console)
                        problems[config] = ""
                except StudyError as error:
                    self._raise_if_alone(error)
                    problems[config] = str(error)
                if problems[config]:
                    self._give_up(plan, problems[config])
        self.plans = [plan for plan in self.plans if _name(plan) not in self.unable]

    def _run_group(self, group: Plan, groups: Sequence[Plan], schedule: Schedule) -> None:
        alone = self._scaled.is_one_study
        state = RunState(group, group.scaled.report.metric if alone else "")
        if not alone:
            for plan in reversed(self.plans):  # a trial of several studies has the name of the first
                state.names |= {trial.id: f"{_name(plan)}: {trial.name}" for trial in plan.trials}
        left = estimate(group, load_speeds(self._where.storage))
        self._console.print(f"{group_title(group, groups)}{left_text(group, left, way=self._where.way)}")
        try:
            schedule.run(group, state, self._record)
            self._compare(left, group)
        except StudyError as error:
            self._raise_if_alone(error)
            begun = {unit.pretrain_id for unit in group.units}
            for plan in self.plans:
                if begun & {unit.pretrain_id for unit in plan.units}:
                    self._give_up(plan, str(error))
        finally:
            self._states |= state.states

    def _compare(self, left: Estimate, group: Plan) -> None:
        """Print the compute that the trials took, all workers together, beside the estimate."""
        ended = self._store.results([trial for unit in group.units for trial in unit.trials])
        workers = 1 if self._where.inline else group.scaled.resources.workers
        actual = workers * sum(result.seconds for result in ended.values())
        if left.seconds and actual:
            self._console.print(f"compute: {clock(actual)}, planned {seconds_text(left)}")

    def _outcomes(self) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        with counting(self._console, "drawing", len(self._runs)) as begin:
            for run in self._runs:
                begin(run.name)
                outcomes[run.name] = Outcome(run.states, self._draw(run), run.tracker.refusal)
        return outcomes

    def _draw(self, run: "_StudyRun") -> "DrawnReport | None":
        """The report of what the tracker has written to MLflow; None if it cannot be drawn, which is printed."""
        if not run.tracker.works:
            return None
        # here, since pandas and matplotlib come with them
        from ablations.tracking.collection_report import cannot_be_drawn
        from ablations.tracking.content.description import describe
        from ablations.tracking.content.summary import summary
        from ablations.tracking.report import draw_report

        scaled = run.plan.scaled
        try:
            now = describe(scaled, run.plan.trials, run.plan.looks)
            storage, data = self._where.storage, self._where.data_dir
            drawn = draw_report(scaled.study.name, scaled.label, storage, run.tracker.seen, now, data)
        except AblateError as error:  # the results are in the store; running again logs and draws them
            self._console.print(str(error), style="yellow")
            return None
        except Exception as error:  # a figure that cannot be drawn must not cost the results, nor the other figures
            self._give_up(run.plan, cannot_be_drawn(error))
            return None
        study = "" if self._scaled.is_one_study else f"{run.name}: "
        for note in drawn.notes:
            self._console.print(f"{study}{note}", style="yellow", highlight=False, soft_wrap=True)
        run.tracker.save_report(drawn.folder, summary(drawn.report))
        return drawn

    def _record(self, event: Event) -> None:
        for run in self._runs:
            run.record(event)

    def _raise_if_alone(self, error: StudyError) -> None:
        if self._scaled.is_one_study:
            raise error

    def _give_up(self, plan: Plan, problem: str) -> None:
        if self.unable.setdefault(_name(plan), problem) is problem:
            self._console.print(f"{_name(plan)}: {problem}", style="red")


class _StudyRun:
    """One study of a round, and its place in MLflow."""

    def __init__(self, plan: Plan, tracker: "ResilientTracker") -> None:
        self.name = _name(plan)
        self.plan, self.tracker = plan, tracker
        self.states = RunState(plan).states
        self._trials = {trial.id for trial in plan.trials}
        self._trainings = {unit.pretrain_id for unit in plan.units}

    def record(self, event: Event) -> None:
        """Write an event to MLflow if it concerns the study."""
        match event:
            case Started(pretrain_id) | Saved(pretrain_id) if pretrain_id in self._trainings:
                self.tracker.record(event)
            case TrialEnded(_, result) if result.trial_id in self._trials:
                self.tracker.record(event)

    def close(self, ended: dict[str, State]) -> None:
        """End the study's run in MLflow; ``ended`` holds the states of all studies' trials."""
        self.states |= {trial_id: state for trial_id, state in ended.items() if trial_id in self._trials}
        self.tracker.close(self.states.values())


def _record_known(plans: Sequence[Plan], store: TrialStore) -> None:
    """Write the configurations of trials with a result again if their files were damaged."""
    known = [trial for plan in plans for trial in plan.trials if trial.id in plan.results]
    each(store.root, store.record, group_units(known))


def _name(plan: Plan) -> str:
    return plan.scaled.study.name
