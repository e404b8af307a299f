"""Every node of a cluster is checked before the first trial."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from ray import cloudpickle
from ray._private.utils import check_version_info
from ray.cluster_utils import Cluster

from ablations.running.job import Job
from ablations.running.schedulers.on_ray import connect
from ablations.running.schedulers.on_ray import nodes as asked_nodes
from ablations.running.schedulers.on_ray.nodes import LacksPackage, check_nodes, looks_for
from ablations.running.schedulers.on_ray.package import code_hash, travelling
from ablations.tracking.provenance import package_version
from ablations.types.errors import StudyError
from core.remote import RemotePath

HERE = Path().resolve


def job(data: str = "data") -> Job:
    return Job(HERE(), HERE() / data, owner="run", threads=1)


def test_a_node_that_has_everything_says_nothing() -> None:
    Path("marker").touch()
    assert looks_for(str(HERE() / "marker"), str(HERE()), code_hash())() == []


def test_a_node_says_all_that_it_lacks() -> None:
    version, storage, data = looks_for("/no/such/storage/marker", "/no/such/data", "99")()
    assert version == "simclr-ablations is not the code with which the run was started"
    assert "--storage /no/such/storage" in storage
    assert "--data-dir /no/such/data is not there" in data


def test_a_node_without_the_package_can_say_so() -> None:
    Path("look").write_bytes(cloudpickle.dumps(looks_for(str(HERE()), None, "1.2")))
    answer = "import sys, pickle; sys.modules['ablations'] = None; print(pickle.load(open('look', 'rb'))())"
    found = subprocess.run([sys.executable, "-c", answer], capture_output=True, text=True, check=True).stdout
    assert "simclr-ablations is not installed (" in found


def test_what_a_node_lacks_beside_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked_nodes, "NEEDED", ("torch", "no_such_module"))
    Path("marker").touch()
    assert looks_for(str(HERE() / "marker"), None, code_hash())() == ["no_such_module is not installed"]


def test_the_package_that_travels_is_this_one_and_says_so() -> None:
    ask = "from ablations.tracking.provenance import package_version; "
    ask += "from ablations.running.schedulers.on_ray.package import code_hash; "
    with travelling() as modules:
        folders = {str(Path(module).parent) for module in modules}
        found = subprocess.run(
            [sys.executable, "-c", ask + "print(package_version(), code_hash())"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    assert found.split() == [package_version(), code_hash()]
    assert not any(Path(module).exists() for module in modules)


def test_a_cluster_that_lacks_the_package_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, object]] = []

    def check(job: Job) -> None:
        if len(started) < 2:
            raise LacksPackage("node a: simclr-ablations is not installed")

    monkeypatch.setattr(connect, "_start", lambda address, **options: started.append(options))
    monkeypatch.setattr(connect, "check_nodes", check)
    with connect.connected("head:6379", job()):
        plain, second = started
    assert plain == {}
    (modules,) = second["runtime_env"].values()  # type: ignore[attr-defined]
    assert {Path(module).name for module in modules} >= {"core", "ablations", "reports"}


def test_a_cluster_that_lacks_more_than_the_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(job: Job) -> None:
        raise StudyError("node a: no storage")

    monkeypatch.setattr(connect, "_start", lambda address, **options: None)
    monkeypatch.setattr(connect, "check_nodes", check)
    with pytest.raises(StudyError, match="no storage"), connect.connected("head:6379", job()):
        pass


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("ray://head", "the port is missing; write ray://head:10001"),
        ("ray://127.0.0.1:1", "there is no Ray cluster"),
        ("127.0.0.1:1", "there is no Ray cluster"),
        ("auto", r"there is no Ray cluster \(nobody answers\)"),
    ],
)
def test_an_address_where_no_cluster_is(address: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**options: object) -> None:
        raise ConnectionError("nobody answers")

    monkeypatch.setattr("ray.init", fail)
    with pytest.raises(StudyError, match=f"--address {address}: {told}"), connect.connected(address, job()):
        pass


@pytest.mark.parametrize(
    ("address", "said", "told"),
    [
        ("ray://head:10001", "ray client connection timeout", r"--ray-client-server-port.*token"),
        (
            "head:6379",
            "Failed to connect to Ray cluster at head:6379",
            r"takes this machine for a node.*--address ray://head:10001",
        ),
    ],
    ids=["as where the token is another's", "from a machine that is no node"],
)
def test_who_gets_no_answer_is_told_what_to_look_at(
    address: str, said: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray says only that it waited, or that it failed to connect."""

    def fail(**options: object) -> None:
        raise ConnectionError(said)

    monkeypatch.setattr(connect, "_check_reachable", lambda address: None)
    monkeypatch.setattr("ray.init", fail)
    with pytest.raises(StudyError, match=told), connect.connected(address, job()):
        pass


@pytest.mark.parametrize("address", ["head:6379", "ray://head:10001"])
def test_a_cluster_of_another_version_is_told_with_both(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To run the same command again would not help."""

    def fail(**options: object) -> None:
        check_version_info({"ray_version": "2.9.0", "python_version": "3.8.1"}, "Ray Client")

    monkeypatch.setattr(connect, "_check_reachable", lambda address: None)
    monkeypatch.setattr("ray.init", fail)
    told = f"the cluster has Ray 2.9.0 and Python 3.8.1, and this environment has Ray {ray.__version__} and Python 3"
    with (
        pytest.raises(StudyError, match=f"--address {address}: {re.escape(told)}.*pip install 'ray==2.9.0'"),
        connect.connected(address, job()),
    ):
        pass


def test_all_nodes_that_live_are_asked_and_for_data_those_that_train(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials over several workers may be begun on a head without cores, and over ``ray://`` Tune is."""
    nodes = {"head": {"memory": 2.0**30}, "worker": {"CPU": 4.0}, "gone": {"CPU": 4.0}}
    known = [{"NodeID": name, "Alive": name != "gone", "Resources": has} for name, has in nodes.items()]
    asked: dict[str, str | None] = {}
    monkeypatch.setattr("ray.nodes", lambda: known)
    monkeypatch.setattr("ray.wait", lambda answers, **options: (answers, []))
    monkeypatch.setattr("ray.get", lambda answer, **options: [])
    monkeypatch.setattr(asked_nodes, "_name", lambda node: node["NodeID"])
    monkeypatch.setattr(asked_nodes, "_ask", lambda node, look: asked.setdefault(node["NodeID"], look))
    monkeypatch.setattr(asked_nodes, "looks_for", lambda marker, data, code: data)
    Path("data").mkdir()
    check_nodes(job())
    assert asked == {"head": None, "worker": str(HERE() / "data")}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A cluster of a head that trains nothing and a node that does."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
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
    monkeypatch.setattr(asked_nodes, "code_hash", lambda: "99")
    with pytest.raises(LacksPackage) as caught:
        check_nodes(job())
    lines = str(caught.value).splitlines()
    assert len({line.split(":")[0] for line in lines}) == 2
    assert all(line.startswith(f"node {socket.gethostname()} (") for line in lines)
    assert all("is not the code with which the run was started" in line for line in lines)
