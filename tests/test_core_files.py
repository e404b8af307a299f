"""Files appear whole or not at all, with the rights that the user's umask gives, and leave nothing behind."""

import errno
import os
import time
from pathlib import Path

import pytest
from nfs import NfsClient

from core.files import (
    LEFTOVER_SECONDS,
    as_local,
    create_text,
    is_there,
    place_once,
    read_text,
    unfinished,
    whole_file,
    write_text,
)
from core.remote import AnyPath


def test_a_file_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    for umask, mode in ((0o022, 0o644), (0o027, 0o640)):
        before = os.umask(umask)
        try:
            write_text(tmp_path / "result.json", "{}")
        finally:
            os.umask(before)
        assert (tmp_path / "result.json").stat().st_mode & 0o777 == mode


def test_a_block_that_raises_leaves_what_was_there(storage: AnyPath) -> None:
    write_text(storage / "result.json", "old")
    with pytest.raises(KeyboardInterrupt), whole_file(storage / "result.json") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert (storage / "result.json").read_text() == "old"
    assert [path.name for path in storage.glob("*")] == ["result.json"]


def test_a_block_that_ends_puts_all_in_its_place(storage: AnyPath) -> None:
    for content in (b"first", b"second, and longer", b""):
        with whole_file(storage / "arrays") as file:
            file.write(content)
        assert (storage / "arrays").read_bytes() == content
    assert [path.name for path in storage.glob("*")] == ["arrays"]


def test_two_writers_have_names_of_their_own(tmp_path: Path) -> None:
    with unfinished(tmp_path / "a") as first, unfinished(tmp_path / "a") as second:
        assert first != second


def test_what_a_killed_process_left_is_removed_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    old, new, another = (tmp_path / name for name in (f".a.pt.{'1' * 16}", f".a.pt.{'2' * 16}", f".b.pt.{'1' * 16}"))
    for path in (old, new, another):
        path.write_text("half")
    long_ago = time.time() - LEFTOVER_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    os.utime(another, (long_ago, long_ago))
    write_text(tmp_path / "a.pt", "whole")
    assert not old.exists()
    assert new.exists()
    assert another.exists()


@pytest.mark.parametrize("links", [True, False])
def test_what_was_written_first_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """On a file system without hard links too."""

    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    for text in ("first", "second"):
        with unfinished(tmp_path / "measured.json") as temporary:
            temporary.write_text(text)
            place_once(temporary, tmp_path / "measured.json")
    assert (tmp_path / "measured.json").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["measured.json"]


@pytest.mark.parametrize("is_removed", [False, True])
def test_who_has_made_a_file_knows_it_though_the_answer_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_removed: bool
) -> None:
    """NFS asks again, and is told that the file is there. It may be another's, and removed since."""
    link = os.link

    def ask_again(source: Path, target: Path) -> None:
        if not is_removed:
            link(source, target)
        raise FileExistsError

    monkeypatch.setattr(os, "link", ask_again)
    assert create_text(tmp_path / "lease.1", "mine") is not is_removed
    monkeypatch.setattr(os, "link", link)
    assert create_text(tmp_path / "lease.1", "another's") is is_removed
    assert [path.name for path in tmp_path.iterdir()] == ["lease.1"]


def test_what_another_machine_has_made_is_found_where_this_one_had_looked_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, client = tmp_path / "encoders" / "abc" / "encoder.pt", NfsClient(monkeypatch)
    assert not is_there(path)
    write_text(path, "trained")
    client.remembers_absent(path.parent.parent, path.parent, path)
    assert not path.exists()
    assert is_there(path)
    client.remembers_absent(path)
    with as_local(path) as file:
        assert file.read_text() == "trained"


@pytest.mark.parametrize("number", [errno.ESTALE, errno.EACCES])
def test_what_is_replaced_while_it_is_read_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """NFS 3 gives that error; other errors are raised at once, and this one when it stays."""
    write_text(tmp_path / "lease.1", "mine")
    read, errors = Path.read_text, [OSError(number, "no"), OSError(number, "no")]

    def fails(path: Path, encoding: str) -> str:
        if errors:
            raise errors.pop()
        return read(path, encoding)

    monkeypatch.setattr(Path, "read_text", fails)
    if number == errno.ESTALE:
        assert read_text(tmp_path / "lease.1") == "mine"
        errors += [OSError(number, "no")] * 100
    with pytest.raises(OSError, match="no"):
        read_text(tmp_path / "lease.1")
    assert errors
