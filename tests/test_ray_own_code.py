"""Files of one's own on a cluster whose nodes do not have them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from own_files import IDEAS, STUDY, write_own
from ray_hosts import PATIENCE, Hosts

from ablations.store.trial_store import TrialStore

pytestmark = pytest.mark.slow

GONE = """
import pathlib

for _name in ("my_ideas.py", "my_math.py"):  # what the driver has read, no other process finds
    pathlib.Path(__file__).with_name(_name).unlink(missing_ok=True)
"""


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    made = Hosts()
    made.head()
    made.wait()
    yield made
    made.lose_all()


@pytest.mark.parametrize("client", [False, True])
def test_code_travels_to_nodes_that_lack_the_file(hosts: Hosts, client: bool) -> None:
    if client:
        pytest.importorskip("grpc", reason="needs pip install 'simclr-ablations[client]'")
    write_own(Path(), IDEAS + GONE, STUDY).rename("study.yaml")
    for _ in range(1 if client else 2):
        hosts.node()
    hosts.wait()
    address = f"ray://127.0.0.1:{hosts.client_port}" if client else f"127.0.0.1:{hosts.port}"
    run = hosts.run("--address", address, "--storage", str(Path("runs").resolve()))
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    assert not Path("my_ideas.py").exists()
    stored = {trial.config["pretrain"]["loss"]["kind"]: trial for trial in TrialStore(Path("runs")).all_stored()}
    pull = stored["pull"]
    assert pull.result and pull.result.state == "done"
    assert pull.result.facts["own_code"] == f"my_ideas.py ({pull.config['pretrain']['loss']['own_code']})"
    assert stored["nt_xent"].result and "own_code" not in stored["nt_xent"].result.facts
