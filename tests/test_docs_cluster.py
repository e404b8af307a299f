"""The cluster that docs/cluster.md offers is one that Ray takes."""

import json
from pathlib import Path

import jsonschema
import ray.autoscaler

from ablations.yaml_source import read_yaml

DOCS = Path(__file__).parent.parent / "docs"


def test_the_cluster_file_suits_rays_own_schema() -> None:
    schema = json.loads((Path(ray.autoscaler.__file__).parent / "ray-schema.json").read_text())
    jsonschema.validate(read_yaml(DOCS / "cluster.yaml").values, schema)
