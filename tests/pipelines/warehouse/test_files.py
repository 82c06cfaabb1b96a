"""Files are whole or absent."""

from __future__ import annotations

import errno
import os
from collections import namedtuple
from pathlib import Path

import pytest

from pipelines.errors import WarehouseError
from pipelines.warehouse.files import (
    link_or_copy,
    point_symlink,
    replaced,
    require_free_space,
    tree_bytes,
    write_bytes,
)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a" / "table.bin"
    write_bytes(target, b"old")

    def write_half() -> None:
        with replaced(target) as scratch:
            scratch.write_bytes(b"half of the n")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_half()
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["table.bin"]


def test_a_written_file_has_the_modes_of_the_process(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "file", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM])
def test_where_links_are_not_possible_the_file_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(number, "no link here")

    (tmp_path / "source").write_bytes(b"rows")
    monkeypatch.setattr(os, "link", refuse)
    link_or_copy(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"rows"
    assert (tmp_path / "target").stat().st_ino != (tmp_path / "source").stat().st_ino


def test_a_symlink_is_moved_in_one_step(tmp_path: Path) -> None:
    link = tmp_path / "current"
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        point_symlink(link, name)
        assert link.readlink() == Path(name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "one", "two"]


def test_too_little_space_is_named_with_folder_and_figures(tmp_path: Path) -> None:
    usage = namedtuple("usage", "total used free")
    require_free_space(tmp_path, 1_000_000, usage=lambda _: usage(0, 0, 1_000_000))
    with pytest.raises(WarehouseError, match=r"1 MB are free and 250 MB are needed.*FIRSTMW_DATA_DIR") as caught:
        require_free_space(tmp_path, 250_000_000, usage=lambda _: usage(0, 0, 1_000_000))
    assert str(tmp_path) in str(caught.value)


def test_the_bytes_of_a_folder_count_files_once_and_no_links(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"12345")
    (tmp_path / "b").write_bytes(b"123")
    (tmp_path / "link").symlink_to("b")
    assert tree_bytes(tmp_path) == 8
