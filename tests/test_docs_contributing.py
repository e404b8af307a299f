"""The snippets of CONTRIBUTING.md are added to the running program, and used; the files that it names are there."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from invented import report, trials
from torch import nn

from ablations.planning.grid import enumerate_trials
from ablations.study.load import load_study
from core import encoder_hash, evaluate, pretrain
from core.augment.policy import two_views
from core.config import ENCODERS, LOSSES, METHODS, OPERATIONS, PROTOCOLS, CustomAugment, PretrainConfig
from core.config.registry import Registry
from core.loss.contrast import contrast
from core.optimizer.build import build_optimizer
from core.randomness import generator
from helpers import random_dataset, random_images, small_config
from reports.figures.drawn import draw
from reports.kinds import KINDS
from reports.style import house_style

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
SNIPPET = re.compile(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
REGISTRIES: tuple[Registry[Any], ...] = (OPERATIONS, LOSSES, ENCODERS, METHODS, PROTOCOLS)


@pytest.fixture
def added(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The snippets of one section, for the time of a test."""
    parts = {id(registry): set(registry) for registry in REGISTRIES}
    figures = set(KINDS)
    for path, code in snippets(request.param):
        add(path, code, monkeypatch)
    yield
    for registry in REGISTRIES:
        for config in set(registry) - parts[id(registry)]:
            registry.remove(config)
    for kind in set(KINDS) - figures:
        del KINDS[kind]


def snippets(section: str) -> list[tuple[str, str]]:
    """The file and the code of each snippet of a section."""
    part = TEXT.split(f"\n### {section}\n")[1].split("\n### ")[0]
    return SNIPPET.findall(part)


def add(path: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run code at the end of the module at ``path``, which is made if there is none."""
    name = path.removesuffix(".py").replace("/", ".")
    if not (ROOT / path).exists():
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    module = importlib.import_module(name)
    names = dict(vars(module))
    exec(compile(code, path, "exec"), names)
    for new in names.keys() - vars(module).keys():
        monkeypatch.setattr(module, new, names[new], raising=False)


def section(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("added", [name], indirect=True, ids=[""])


@section("An operation")
def test_the_operation_raises_each_image_to_a_power_of_its_own(added: None) -> None:
    policy = CustomAugment.model_validate({"first": [{"kind": "gamma", "probability": 1.0}]})
    first, second = two_views(random_images(4), policy, generator(0, "views")).chunk(2)
    inside = ((second > 0.1) & (second < 0.9)).float()
    powers = inside * first.log() / second.log()
    means = powers.nan_to_num().sum(dim=(1, 2, 3)) / inside.sum(dim=(1, 2, 3))
    assert torch.allclose(powers.nan_to_num(), inside * means[:, None, None, None], atol=1e-3)
    assert len(means.unique()) == 4
    assert 0.5 <= means.min() < means.max() <= 2


@section("A loss")
def test_the_loss_is_the_mean_squared_distance(added: None) -> None:
    z = torch.randn(8, 3, generator=generator(0, "z"))
    config = small_config(loss={"kind": "alignment", "normalize": False}).loss
    expected = sum(float((z[i] - z[4 + i]).square().sum()) for i in range(4)) / 4
    assert contrast(z, config).loss.item() == pytest.approx(expected, rel=1e-6)  # type: ignore[arg-type]


@section("An encoder")
def test_the_encoder_is_trained(added: None) -> None:
    result = pretrain(small_config(encoder={"kind": "plain", "channels": 4}, epochs=2), random_dataset(), device="cpu")
    stages = result.encoder.stages(torch.rand(2, 3, 16, 16))
    assert {name: tuple(pooled.shape) for name, pooled in stages.items()} == {
        "stage1": (2, 4),
        "stage2": (2, 8),
        "stage3": (2, 16),
    }
    result.save("plain.pt")
    again = small_config(encoder={"kind": "plain", "channels": 4, "weights": "plain.pt"}, epochs=0, seed=1)
    data = random_dataset(32)
    assert encoder_hash(pretrain(again, data, device="cpu").encoder) == encoder_hash(result.encoder)
    vectors = build_optimizer(PretrainConfig().optimizer, nn.ModuleList([result.encoder])).param_groups[1]
    assert (vectors["weight_decay"], any(one is result.encoder.offset for one in vectors["params"])) == (0.0, True)
    plain = {"kind": "plain"}
    with pytest.raises(ValueError, match="takes views of 16 pixels or more, not 15;"):
        small_config(encoder=plain, data={"name": "random", "image_size": 15})
    with pytest.raises(ValueError, match="takes views of 16 pixels or more, not 8;"):
        small_config(encoder=plain, loss={"kind": "swav", "prototypes": 12, "small_crops": 2, "small_size": 8})


@section("A method")
def test_the_method_learns(added: None) -> None:
    history = pretrain(small_config(loss={"kind": "mean_colour"}, epochs=4), random_dataset(), device="cpu").history
    assert history[-1].metrics["colour_error"] == pytest.approx(100 * history[-1].loss, rel=1e-5)
    assert history[-1].loss < history[0].loss


@section("A protocol")
def test_the_protocol_counts_dead_units(added: None) -> None:
    data, config = random_dataset(), PROTOCOLS.named("dead_units").model_validate({})
    pretrained = pretrain(small_config(epochs=0), data, device="cpu")
    alive = evaluate(config, pretrained, data).metrics["dead_units/share"]
    for parameter in pretrained.encoder.parameters():
        parameter.detach().zero_()
    assert alive < evaluate(config, pretrained, data).metrics["dead_units/share"] == 100


@section("A figure kind")
def test_the_figure_has_a_dot_for_each_trial(added: None) -> None:
    spec = KINDS["dots"].spec.model_validate({"x": "epochs", "metric": "top1"})
    table = trials(["epochs"], {("1",): [60.0, 61.0], ("2",): [62.0]})
    with house_style():
        figure = draw(report(spec, table, ["epochs"], reproduces=None)).figure
    (dots,) = figure.axes[0].lines
    assert np.asarray(dots.get_xydata()).tolist() == [[0, 60], [0, 61], [1, 62]]


def test_the_study_is_one() -> None:
    ((path, text),) = snippets("A study")
    Path(Path(path).name).write_text(text)
    assert len(enumerate_trials(load_study(Path(path).name))) == 3


def test_the_files_that_it_names_are_there() -> None:
    named = set(re.findall(r"(?<![\w/])((?:tests|docs|core|reports|studies|ablations)/[\w*/.]+\.\w+)", TEXT))
    made = {path for path, _ in SNIPPET.findall(TEXT)}
    assert len(named) > 20
    assert [name for name in sorted(named - made) if not list(ROOT.glob(name))] == []
