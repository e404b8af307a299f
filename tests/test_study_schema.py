"""The reference of the study file, and the schema that editors check it by."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from ablations.cli.app import app
from ablations.cli.json_documents.document import Document
from ablations.cli.json_documents.kinds import DOCUMENTS
from ablations.planning.grid import enumerate_trials
from ablations.study.library import all_studies, shipped_studies
from ablations.study.load import load_study
from ablations.study.schema.settings_schema import definitions, settings_tree
from ablations.study.schema.study_schema import FILE, study_schema
from ablations.study.yaml_source import parse_scalar, read_yaml

ROOT = Path(__file__).parent.parent
GENERATOR = ROOT / "docs" / "generate.py"
SCHEMA = study_schema()


def mistakes(text: str) -> list[str]:
    """The objections of the schema to a study."""
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(parse_scalar(text))]


def study(rest: str) -> str:
    grid = "" if re.search("^grid:", rest, re.MULTILINE) else "grid: {loss.temperature: [0.1, 0.5]}\n"
    return f"name: example\n{grid}{rest}"


def test_what_is_generated_is_committed_as_it_is() -> None:
    """Or run make reference."""
    for path, text in runpy.run_path(str(GENERATOR))["generated"]().items():
        assert path.read_text(encoding="utf-8") == text, path


def test_ablate_schema_prints_it() -> None:
    printed = CliRunner().invoke(app, ["schema"]).stdout
    assert json.loads(printed) == SCHEMA
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", [path.resolve() for path in all_studies().values()], ids=lambda path: path.stem)
def test_the_schema_takes_every_shipped_study(path: Path) -> None:
    assert not list(jsonschema.Draft7Validator(SCHEMA).iter_errors(read_yaml(path).values))
    named = re.match(r"# yaml-language-server: \$schema=(\S+)", path.read_text())
    assert named is None or (path.parent / named[1]).is_file()


EXAMPLES = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "study-file.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: re.sub(r"\W+", " ", example)[:40])
def test_every_example_of_the_reference_is_a_study(example: str) -> None:
    text = example if example.startswith("name:") else study(example)
    Path("example.yaml").write_text(text)
    assert enumerate_trials(load_study("example.yaml"))
    assert not mistakes(text)


def test_the_reference_has_an_example_of_each_kind_of_claim() -> None:
    kinds = set(re.findall(r"kind: (\w+)", "".join(e for e in EXAMPLES if "claims:" in e)))
    assert kinds >= {"ordering", "trend", "interaction", "agreement", "similar"}
    assert any("cells: [[" in example for example in EXAMPLES)


@pytest.mark.parametrize(
    "rest",
    [
        "base: {augment.strength: 0.5}\n",
        "base: {augment: {strength: 0.5, crop_area: [0.2, 1.0]}}\n",
        "base: {evaluate: {data.name: pets}}\n",
        "base: {evaluate.data: {name: pets}}\n",
        "base: {evaluate.data: null, recompute: true}\n",
        "base: {augment: {policy: custom, both: [crop, {kind: blur, sigma: [0.1, 1.0]}]}}\n",
        "grid: {augment: [{strength: 0.5}, {policy: auto_augment}]}\n",
        "grid: {augment.crop_area: [[0.1, 1.0], [0.5, 1.0]]}\n",
        "grid: {head.output: {narrow: 8, wide: 128}}\n",
        "grid: {epochs: {linear: [2, 8, 4]}, optimizer.learning_rate: {log: [1e-4, 0.1, 7]}}\n",
        "grid: {head.kind: {linear: linear, other: none}}\n",
        "grid: {zip: {epochs: {linear: [2, 4, 3]}, batch_size: [8, 16, 32]}, only_where: {epochs: {}}}\n",
        "grid: {loss.temperature: {log: [0.1, 1]}, head.kind: [none, linear], sample: 5, seed: 3}\n",
        "scales: {quick: {base: {epochs: 3}, grid: {epochs: [3, 4]}, seeds: [5, 6], resources: {minutes: 1}}}\n",
        "report: {rows: loss.temperature, columns: loss.normalize}\n"
        "grid: {loss.temperature: [0.1, 0.5], loss.normalize: [true, false]}\n",
    ],
)
def test_it_takes_what_the_engine_takes(rest: str) -> None:
    Path("example.yaml").write_text(study(rest))
    assert enumerate_trials(load_study("example.yaml"))
    assert mistakes(study(rest)) == []


@pytest.mark.parametrize(
    "rest",
    [
        "sedes: 3\n",
        "base: {loss.temprature: 0.1}\n",
        "base: {loss: {temprature: 0.1}}\n",
        "base: {evaluate.data: {nmae: pets}}\n",
        "base: {seed: 3}\n",
        "base: {batch_size: 1}\n",
        "base: {augment: {policy: custom, both: [corp]}}\n",
        "base: {augment: {policy: custom, both: [{kind: blur, sgima: [0.1, 1.0]}]}}\n",
        "baselines: {random: {epoch: 0}}\n",
        "scales: {quick: {base: {epoch: 0}}}\n",
        "scales: {quick: {grid: {epoch: [1, 2]}}}\n",
        "grid: {loss.temprature: [0.1, 0.5]}\n",
        "grid: {loss.temperature: [hot, 0.5]}\n",
        "grid: {loss.temperature: 0.5}\n",
        "grid: {loss.temperature: {log: [0.1]}}\n",
        "grid: {loss.temperature: {log: [a, b, 3]}}\n",
        "grid: {loss.temperature: [0.1, 0.5], sample: 0}\n",
        "grid: {loss.temperature: [0.1, 0.5], sample: 2, seed: [1]}\n",
        "grid: {zip: {batch_sise: [2, 4], epochs: [1, 2]}}\n",
        "grid: {leave_one_out: {flip: {augment.filp: false}}}\n",
        "claims: [{says: a, source: b, celsl: [[0.1]]}]\n",
        "claims: [{says: a, source: b, axis: loss.temperature, order: [0.1, 0.5]}]\n",
        "claims: [text]\n",
        "report: {kind: points, x: loss.temperature, metric: knn/top7}\n",
        "reproduces: figure_500\n",
    ],
)
def test_it_rejects_what_the_engine_rejects(rest: str) -> None:
    Path("example.yaml").write_text(study(rest))
    with pytest.raises(Exception, match=r"example.yaml:"):
        enumerate_trials(load_study("example.yaml"))
    assert mistakes(study(rest))


def test_everything_that_can_be_set_or_read_is_described() -> None:
    tree = settings_tree(definitions())
    nodes = [(path, value) for path, node in tree.below() if not node.fields for value in node.values.values()]
    undescribed = [path for path, value in nodes if "const" not in value and not value.get("description")]
    assert [path for path in undescribed if not path.endswith("probability")] == []
    assert [key for document in DOCUMENTS for key in _undescribed(document)] == []


def _undescribed(document: type[Document]) -> list[str]:
    schema: dict[str, Any] = document.model_json_schema()
    parts = {document.__name__: schema, **schema.get("$defs", {})}
    return [f"{part}.{key}" for part in parts for key, v in parts[part]["properties"].items() if "description" not in v]


def test_the_schema_lies_beside_the_shipped_studies() -> None:
    assert json.loads((shipped_studies() / FILE).read_text()) == SCHEMA
