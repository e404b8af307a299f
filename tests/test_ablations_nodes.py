"""What a node of a cluster is asked before the first trial."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cloudpickle
import pytest
import ray
from ray.cluster_utils import Cluster

from ablations.errors import StudyError
from ablations.provenance import package_version
from ablations.schedulers import ray_nodes
from ablations.schedulers.ray_nodes import check_nodes, looks_for
from ablations.worker import Job
from core.remote import RemotePath

HERE = Path().resolve


def job(data: str = "data") -> Job:
    return Job(HERE(), HERE() / data, owner="run", threads=1)


def test_a_node_that_has_everything_says_nothing() -> None:
    Path("marker").touch()
    assert looks_for(Path("marker").resolve(), Path().resolve(), package_version())() == []


def test_a_node_says_all_that_it_lacks() -> None:
    version, storage, data = looks_for(Path("/no/such/storage/marker"), Path("/no/such/data"), "99")()
    assert "and 99 where the run was started" in version
    assert "--storage /no/such/storage" in storage
    assert "--data-dir /no/such/data is not there" in data


def test_a_node_without_the_package_can_say_so() -> None:
    Path("look").write_bytes(cloudpickle.dumps(looks_for(Path().resolve(), None, "1.2")))
    answer = "import sys, pickle; sys.modules['ablations'] = None; print(pickle.load(open('look', 'rb'))())"
    found = subprocess.run([sys.executable, "-c", answer], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "['simclr-ablations 1.2 is not installed']"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.mark.slow
def test_every_node_reaches_an_object_store(bucket: RemotePath, cluster: Cluster) -> None:
    check_nodes(Job(bucket / "runs", bucket / "data", owner="run", threads=1))
    assert bucket.files() == []


@pytest.mark.slow
def test_every_node_is_asked_and_named(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    check_nodes(job())  # no data folder, as with embedded data
    Path("data").mkdir()
    check_nodes(job())
    assert not list(Path().glob("marker-*"))
    monkeypatch.setattr(ray_nodes, "package_version", lambda: "99")
    with pytest.raises(StudyError) as caught:
        check_nodes(job())
    lines = str(caught.value).splitlines()
    assert len({line.split(":")[0] for line in lines}) == 2
    assert all("and 99 where the run was started" in line for line in lines)
