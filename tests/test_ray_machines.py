"""A cluster of machines that are apart: nothing is the same on two of them but what they are given to share."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from machines import Machine, Network, can_be_made, network
from ray_hosts import EPOCHS, GRID, PATIENCE, RAY, quiet, results, wait_until

from ablations.store.trial_store import TrialStore
from core.history import Epoch
from helpers import small_study

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_be_made(), reason="needs root, iproute2 and util-linux, on Linux"),
]

CODE = Path(__file__).parent.parent
HEAD = "machine-1"
WRONG = "no" * 32


class Laboratory:
    """Its head trains nothing. Every machine has the token in its home, and ``shared`` where it does not lack it."""

    def __init__(self, machines: Network, shared: Path) -> None:
        self.shared, self.storage = shared, shared / "runs"
        self._network, self._token = machines, secrets.token_hex(32)
        self._ray_start(self.machine(), "--head", "--port=6379", "--num-cpus=0", "--include-dashboard=false")

    def node(self, lacks: Path | None = None, code: Path = CODE) -> Machine:
        """Add a node with one core."""
        made = self.machine(lacks)
        self._ray_start(made, f"--address={HEAD}:6379", "--num-cpus=1", code=code)
        return made

    def machine(self, lacks: Path | None = None) -> Machine:
        """Add a machine that is no node."""
        made = self._network.machine(lacks=lacks)
        script = f"mkdir .ray && printf {self._token} > .ray/auth_token"
        subprocess.run(made.command("sh", "-c", script), check=True)
        return made

    def run(self, machine: Machine, address: str, token: str | None = None) -> "subprocess.Popen[str]":
        """Start a run with the machine's own token, or another. Drivers draw their data once, each node for itself."""
        settings = {"XDG_CACHE_HOME": str(self.shared / "cache")} | ({"RAY_AUTH_TOKEN": token} if token else {})
        options = (self.shared / "study.yaml", "--address", address, "--storage", self.storage)
        command = self._command(machine, CODE, "-m", "ablations", "run", *options, **settings)
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def _ray_start(self, machine: Machine, *options: str, code: Path = CODE) -> None:
        with Path("hosts.log").open("ab") as log:
            command = self._command(machine, code, RAY, "start", *options, "--disable-usage-stats")
            subprocess.run(command, stdout=log, stderr=log, check=True)

    def _command(self, machine: Machine, code: Path, *words: str | Path, **settings: str) -> list[str]:
        settings |= {"RAY_AUTH_MODE": "token", "PYTHONPATH": str(code)}
        return machine.command(*(f"{name}={value}" for name, value in settings.items()), sys.executable, *words)


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    shared = tmp_path / "shared"
    shared.mkdir()
    with network(shared, CODE, Path(sys.prefix)) as machines:
        yield Laboratory(machines, shared)


def test_a_study_from_outside_outlives_a_machine_that_is_switched_off(laboratory: Laboratory) -> None:
    """One of its nodes has another package of the same name, and takes that of the machine where it is begun."""
    pytest.importorskip("grpc", reason="needs pip install 'simclr-ablations[client]'")
    study = small_study(GRID, EPOCHS)
    Path("study.yaml").write_text(study)
    (laboratory.shared / "study.yaml").write_text(study)
    other = laboratory.shared / "other" / "ablations"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise ImportError('another package')\n")
    lost = laboratory.node()
    laboratory.node(code=other.parent)
    run = laboratory.run(laboratory.machine(), f"ray://{HEAD}:10001")
    wait_until(lambda: results(str(laboratory.storage)), run)
    assert run.poll() is None, run.communicate()[0]
    lost.switch_off()
    laboratory.node()
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    assert results(str(laboratory.storage)) == quiet()


def test_workers_on_two_machines_train_what_one_process_does(laboratory: Laboratory) -> None:
    """Each of which is 127.0.1.1 to itself, and one is switched off in the midst."""
    epochs_planned = 10 * EPOCHS
    study = small_study("grid: {loss.temperature: [0.1]}\n", epochs_planned)
    Path("study.yaml").write_text(study)
    (laboratory.shared / "study.yaml").write_text(study + "resources: {workers: 2}\n")
    node, lost = laboratory.node(), laboratory.node()
    run = laboratory.run(node, f"{HEAD}:6379")
    wait_until(lambda: list(laboratory.storage.glob("encoders/*/checkpoint.pt")), run)
    assert run.poll() is None, run.communicate()[0]
    lost.switch_off()
    laboratory.node()
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    assert {state for state, *_ in quiet().values()} == {"done"}
    over_two, alone = (epochs(storage) for storage in (laboratory.storage, Path("quiet")))
    assert [one.epoch for one in over_two] == [one.epoch for one in alone] == [*range(1, epochs_planned + 1)]
    early = 5  # later on, rounding has grown
    assert [one.loss for one in over_two[:early]] == pytest.approx([one.loss for one in alone[:early]], rel=1e-3)


def epochs(storage: Path) -> tuple[Epoch, ...]:
    """Epochs of the only training there is."""
    (encoder,) = storage.glob("encoders/*/history.json")
    return TrialStore(storage).history(encoder.parent.name)


def test_what_is_wrong_is_told_of_the_machine_where_it_is(laboratory: Laboratory) -> None:
    """The storage, the token, and the place where the run is begun."""
    pytest.importorskip("grpc", reason="needs pip install 'simclr-ablations[client]'")
    (laboratory.shared / "study.yaml").write_text(small_study(GRID, 2))
    node, without, outside = laboratory.node(), laboratory.node(lacks=laboratory.shared), laboratory.machine()
    for machine, address, token, told in (
        (node, f"{HEAD}:6379", None, f"node {without.name} ({without.address}, "),
        (node, f"{HEAD}:6379", WRONG, "is it the port of ray start --port, and the token the cluster's?"),
        (
            outside,
            f"ray://{HEAD}:10001",
            WRONG,
            "is it the port of --ray-client-server-port, and the token the cluster's?",
        ),
        (outside, f"{HEAD}:6379", None, f"From a machine that is no node: --address ray://{HEAD}:10001"),
    ):
        run = laboratory.run(machine, address, token)
        said, _ = run.communicate(timeout=PATIENCE)
        assert run.returncode == 2, said
        assert told in said
        assert f"node {node.name}" not in said, "which lacks nothing"
