"""The clusters that docs/cluster.md offers are ones that Ray takes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import jsonschema
import pytest
import ray.autoscaler
import typer
from ray.autoscaler._private.cli_logger import cli_logger
from ray.autoscaler._private.commands import warn_about_bad_start_command
from ray.autoscaler._private.local.config import prepare_local
from ruamel.yaml import YAML

from ablations.cli.app import app
from ablations.study.yaml_source import read_yaml

DOCS = Path(__file__).parent.parent / "docs"


def test_the_cluster_file_suits_rays_own_schema() -> None:
    schema = json.loads((Path(ray.autoscaler.__file__).parent / "ray-schema.json").read_text())
    jsonschema.validate(read_yaml(DOCS / "cluster.yaml").values, schema)


def test_the_pods_of_kubernetes_share_one_folder() -> None:
    """Every name that one place uses is defined in the other; mistakes of YAML are caught by reading it."""
    claim, cluster = YAML().load_all((DOCS / "kuberay.yaml").read_text())
    spec = cluster["spec"]
    pods = [group["template"]["spec"] for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]
    for pod in pods:
        (container,) = pod["containers"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts.keys() == volumes.keys()
        assert mounts["shared"] == "/shared"
        assert volumes["shared"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert f"ray=={spec['rayVersion']}\n" in (DOCS.parent / "constraints.txt").read_text()


def test_the_head_of_the_cluster_file_starts_the_other_machines() -> None:
    """Ray itself warns whoever calls ``ray up`` of a head that starts none."""
    cluster = read_yaml(DOCS / "cluster.yaml").values
    with patch.object(cli_logger, "warning") as warned:
        warn_about_bad_start_command(cluster["head_start_ray_commands"])
        (machine,) = prepare_local(cluster)[0]["available_node_types"].values()
    assert not warned.called
    assert machine["min_workers"] == len(cluster["provider"]["worker_ips"])


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_the_job_of_slurm_starts_the_run_that_it_is_asked_for(tmp_path: Path) -> None:
    """Up to Ray's own ``symmetric-run``, which is said what to do. The head is known by an address that all reach, not
    by a name: many machines know themselves as 127.0.1.1."""
    binaries = tmp_path / "ablations" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "activate").touch()
    said = tmp_path / "said"
    srun = tmp_path / "srun"
    srun.write_text(f'#!/bin/bash\nprintf "%s\\n" "$@" "$RAY_AUTH_MODE" "${{#RAY_AUTH_TOKEN}}" > {said}\n')
    hostname = tmp_path / "hostname"
    hostname.write_text("#!/bin/bash\n[[ $1 = --all-ip-addresses ]] && echo '10.1.2.3 172.17.0.1 '\n")
    for program in (srun, hostname):
        program.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]])
    slurm = {"SLURM_NNODES": "4", "SLURM_CPUS_PER_TASK": "96", "ABLATE_ENVIRONMENT": str(binaries.parent)}
    environment = os.environ | slurm | {"PATH": path, "HOME": str(tmp_path)}
    asked = ["batch_epochs", "--scale", "imagenet", "--storage", "s3://lab/runs"]
    subprocess.run(["bash", DOCS / "slurm.sh", *asked], env=environment, check=True)
    ray, _, run = said.read_text().partition("\n--\n")
    options, _, ray = ray.partition("ray\nsymmetric-run\n")
    assert "--cpus-per-task=96" in options.split(), "which srun does not take from sbatch"
    assert ray.split() == ["--address", "10.1.2.3:6379", "--min-nodes", "4", "--num-cpus", "96"]
    *words, mode, token_length = run.split()
    assert (mode, token_length) == ("token", "64")
    assert words == ["ablate", "run", "--address", "auto", "--storage", str(tmp_path / "runs"), *asked]
    taken = typer.main.get_command(app).commands["run"].make_context("run", words[2:]).params  # type: ignore[attr-defined]
    assert str(taken["storage"]) == "s3://lab/runs", "the storage that was asked for goes before the script's"
