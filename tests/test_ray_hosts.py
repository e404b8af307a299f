"""Runs on a cluster as a user makes one: a host that is killed, one that joins, and code taken along."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ray_hosts import EPOCHS, GRID, PATIENCE, Hosts, quiet, results, wait_until

from helpers import small_study

pytestmark = pytest.mark.slow


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    made = Hosts()
    made.head()
    made.wait()
    yield made
    made.lose_all()


def test_a_host_that_is_killed_and_one_that_is_added_change_no_number(hosts: Hosts) -> None:
    Path("study.yaml").write_text(small_study(GRID, EPOCHS))
    lost = hosts.node()
    hosts.node()
    hosts.wait()
    run = hosts.run("--address", f"127.0.0.1:{hosts.port}", "--storage", str(Path("runs").resolve()))
    wait_until(lambda: results("runs"), run)
    assert run.poll() is None, run.communicate()[0]
    hosts.lose(lost)
    hosts.node()
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    assert results("runs") == quiet()


def test_a_run_from_outside_takes_its_code_along(hosts: Hosts) -> None:
    """The hosts have a package of the same name that is of no use."""
    pytest.importorskip("grpc", reason="needs pip install 'simclr-ablations[client]'")
    Path("study.yaml").write_text(small_study("grid: {loss.temperature: [0.1, 0.5]}\n", 2))
    shadow = Path("shadow/ablations")
    shadow.mkdir(parents=True)
    (shadow / "__init__.py").write_text("raise ImportError('another package')\n")
    hosts.node(PYTHONPATH=str(shadow.parent.resolve()))
    hosts.wait()
    run = hosts.run("--address", f"ray://127.0.0.1:{hosts.client_port}", "--storage", str(Path("runs").resolve()))
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    assert results("runs") == quiet()
