"""YAML: plain values with their places, and nothing else."""

from pathlib import Path

import pytest

from ablations.study.yaml_source import Source, dotted, parse_scalar, read_yaml
from ablations.types.errors import StudyError


def read(text: str) -> Source:
    path = Path("study.yaml")
    path.write_text(text)
    return read_yaml(path)


def test_values_are_read_as_yaml_1_2() -> None:
    source = read("a: 1e-6\nb: [on, yes, 010, true, null, 0.5]\nc: {d: 'text'}\n")
    assert source.values == {"a": 1e-6, "b": ["on", "yes", 10, True, None, 0.5], "c": {"d": "text"}}


def test_values_know_their_place() -> None:
    source = read("name: x\ngrid:\n  loss.temperature: [0.1,\n    0.5]\n")
    assert source.place(("name",)) == "study.yaml:1:7"
    assert source.place(("grid", "loss.temperature", 1)) == "study.yaml:4:5"
    assert source.place(("grid", "loss.temperature", 1, "deeper")) == "study.yaml:4:5"
    assert source.place(("unknown",)) == "study.yaml:1:1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", r"study.yaml:3:1: a is given twice \(first in line 1\)"),
        ("a:\n\t- 1\n", r"study.yaml:2:1: not valid YAML.*indent with spaces, not tabs"),
        ("a: [1, 2\n", r"study.yaml:2:1: not valid YAML"),
        ("a: &anchor 1\nb: *anchor\n", r"study.yaml:1:4: a: anchors and aliases are not supported"),
        ("a: !!python/object:os.system x\n", r"study.yaml:1:4: a: 'x' has a tag"),
        ("a: 2020-01-01\n", r"study.yaml:1:4: a: '2020-01-01' is read as a date; put it in quotes"),
        ("a: 1\n---\nb: 2\n", r"study.yaml:2:1: not valid YAML"),
        ("? [a]\n: b\n", r"study.yaml:1:3: a key must be a word"),
        ("a: \x00\n", r"study.yaml: not valid YAML"),
        ('a: "b\\x1b[2J"\n', r"study.yaml:1:4: a: 'b.*' has the control character U\+001B; remove it"),
        ('a: 1\n"b\\x07": 2\n', r"study.yaml:2:1: 'b.*' has the control character U\+0007; remove it"),
        ('a: "b\\ud800"\n', r"study.yaml:1:4: a: .* has the control character U\+D800; remove it"),
        ("[" * 5000, r"study.yaml: not valid YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        read(text)


def test_aliases_that_would_explode_are_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    with pytest.raises(StudyError, match="anchors and aliases"):
        read("\n".join(lines))


def test_files_that_cannot_be_read() -> None:
    with pytest.raises(StudyError, match="cannot be read"):
        read_yaml(Path("nowhere.yaml"))
    Path("binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StudyError, match=r"is not UTF-8 \(.* at byte 0\); save it as UTF-8"):
        read_yaml(Path("binary.yaml"))
    Path("huge.yaml").write_text("a: " + "x" * 2_000_000)
    with pytest.raises(StudyError, match="larger than"):
        read_yaml(Path("huge.yaml"))


def test_command_line_values() -> None:
    assert [parse_scalar(t) for t in ("0.5", "1e-3", "true", "[a, b]", "word")] == [0.5, 1e-3, True, ["a", "b"], "word"]
    for text in ("[1", "!!python/name:os.system x", "{a: b"):
        with pytest.raises(StudyError):
            parse_scalar(text)


def test_dotted() -> None:
    assert dotted(("grid", "augment.first", 1, "kind")) == "grid.augment.first[1].kind"
