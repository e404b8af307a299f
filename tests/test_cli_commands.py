"""The command line: what is printed, exit codes, and how little is imported before a study is known to be good."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from command_line import ablate

pytestmark = pytest.mark.usefixtures("blank_figures")

STUDY = "name: small\ngrid:\n  loss.temperature: [0.1, 0.5]\n"


def test_plan_shows_every_trial() -> None:
    Path("small.yaml").write_text(STUDY)
    code, text = ablate("plan", "small.yaml", "--seeds", "2")
    assert code == 0
    assert "small at scale quick" in text
    assert "choose another with --scale" in text
    assert "4 trials, 4 trainings; 0 done, 4 to run" in text
    assert text.count("waiting") == 4


def test_dry_run_is_the_plan_and_writes_nothing() -> None:
    Path("small.yaml").write_text(STUDY)
    assert ablate("run", "small.yaml", "--dry-run") == ablate("plan", "small.yaml")
    assert [path.name for path in Path().iterdir()] == ["small.yaml"]


def test_status_counts() -> None:
    Path("small.yaml").write_text(STUDY)
    code, text = ablate("status", "small.yaml")
    assert code == 0
    assert "waiting" in text


def test_list_shows_the_shipped_and_the_local_studies() -> None:
    Path("studies").mkdir()
    Path("studies/mine.yaml").write_text(STUDY.replace("small", "mine"))
    Path("studies/broken.yaml").write_text("name: broken\n")
    code, text = ablate("list")
    assert code == 0
    for expected in ("augmentation_grid", "figure_5", "quickstart", "mine", "'grid' is required"):
        assert expected in text


def test_a_local_study_is_known_by_its_name() -> None:
    Path("studies").mkdir()
    Path("studies/mine.yaml").write_text(STUDY.replace("small", "mine"))
    code, text = ablate("plan", "mine")
    assert (code, "mine at scale quick" in text) == (0, True)


def test_brackets_in_a_study_are_no_markup() -> None:
    Path("studies").mkdir()
    Path("studies/small.yaml").write_text(STUDY + "title: 'all [/b] of [red]it'\nbaselines: {'[/x]': {epochs: 0}}\n")
    assert "all [/b] of [red]it" in ablate("list")[1]
    assert "[/x]" in ablate("plan", "small")[1]


def test_a_storage_that_is_a_file_is_exit_code_2() -> None:
    Path("small.yaml").write_text(STUDY)
    Path("taken").write_text("a file")
    for command in (("run", "small.yaml", "--inline"), ("plan", "small.yaml")):
        code, text = ablate(*command, "--storage", "taken")
        assert (code, "taken" in text, "Traceback" in text) == (2, True, False)


def test_a_report_without_mlflow_is_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("small.yaml").write_text(STUDY)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    code, text = ablate("report", "small.yaml")
    assert (code, "does not answer" in text) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["plan", "small.yaml", "--set", "loss.temperature=[]"], "an axis has at least one value"),
        (["plan", "small.yaml", "--set", "evaluate=5"], "should be a mapping"),
        (["run", "nowhere.yaml"], "no such file"),
        (["plan", "small.yaml", "--scale", "huge"], "there is no such scale"),
        (["plan", "small.yaml", "--set", "epochs"], "write --set path=value"),
        (["plan", "small.yaml", "--set", "epochs=ten"], "should be a whole number"),
        (["plan", "small.yaml", "--seeds", "0"], "--seeds"),
        (["plan", "small.yaml", "--set", "data.name=nowhere"], "no folder data/nowhere/train"),
        (["plan", "small.yaml", "--set", "batch_size=100000"], "batch_size is 100,000, but shapes has"),
        (["plan", "small.yaml", "--set", "data.subset=10000"], "shapes has 6,000 training images"),
        (["run", "small.yaml", "--retry", "everything"], "everything"),
        (["paln"], "paln"),
    ],
)
def test_what_cannot_be_run_is_exit_code_2(arguments: list[str], expected: str) -> None:
    Path("small.yaml").write_text(STUDY)
    code, text = ablate(*arguments)
    assert code == 2
    assert expected in text.replace("\n", " ")


def test_the_version_is_printed() -> None:
    assert ablate("--version") == (0, f"ablate {version('simclr-ablations')}\n")


def test_a_report_of_nothing_is_exit_code_1() -> None:
    Path("small.yaml").write_text(STUDY)
    code, text = ablate("report", "small.yaml")
    assert code == 1
    assert "has it been run" in text


LIGHT = ["--help", "plan small.yaml", "run bad.yaml", "list", "status small.yaml"]
"""Commands that need nothing heavy."""
IMPORTS = """
import sys
from ablations.cli.app import app
for command in sys.argv[1:]:
    try:
        app(command.split())
    except SystemExit:
        pass
    print()
    print("imported by", command, {"torch", "ray", "mlflow", "pandas", "matplotlib"} & set(sys.modules))
"""


def test_nothing_heavy_is_imported_before_a_study_is_known_to_be_good() -> None:
    """One process executes all commands."""
    Path("small.yaml").write_text(STUDY)
    Path("bad.yaml").write_text(STUDY.replace("0.1", "-1"))
    # This process may know the costs of encoders from another cache; one of its own writes them to that of all tests.
    subprocess.run([sys.executable, "-m", "ablations", "list"], stdout=subprocess.DEVNULL, check=True)
    run = subprocess.run([sys.executable, "-c", IMPORTS, *LIGHT], capture_output=True, text=True, check=True)
    told = [line for line in run.stdout.splitlines() if line.startswith("imported by")]
    assert told == [f"imported by {command} set()" for command in LIGHT]


def test_core_runs_without_ray_mlflow_yaml_and_plots() -> None:
    """The ten lines of the README, where importing any of them fails."""
    code = """
import sys
from importlib.machinery import ModuleSpec
class Blocked:
    names = {'ray', 'mlflow', 'ruamel', 'yaml', 'pandas', 'matplotlib', 'seaborn', 'rich', 'typer'}
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name.split('.')[0] in self.names else None
    def create_module(self, spec):
        raise ImportError(spec.name)
    def exec_module(self, module):
        pass
sys.meta_path.insert(0, Blocked())
from core import Frozen, PretrainConfig, evaluate, load_data, pretrain
config = PretrainConfig.model_validate({
    'data': {'name': 'shapes', 'image_size': 16, 'subset': 40}, 'encoder': {'name': 'resnet10', 'width': 0.125},
    'schedule': {'warmup_epochs': 0.5}, 'epochs': 1, 'batch_size': 20})
data = load_data(config.data)
encoder = pretrain(config, data)
print(evaluate(Frozen(l2_count=1), encoder, data).metrics['knn/top1'])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert 0 <= float(run.stdout) <= 100
