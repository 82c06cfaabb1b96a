"""A cached result is the result, or it is made again."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.warehouse import Cache

FRAME = pl.DataFrame({"region_id": ["a", "b"], "x_mw": [0.1 + 0.2, None], "is_on": [True, None]})


class Counter:
    """Makes the frame and counts how often."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> pl.DataFrame:
        self.made += 1
        return FRAME


def test_the_second_call_reads_what_the_first_made(tmp_path: Path) -> None:
    cache, make = Cache(tmp_path), Counter()
    key = {"weather": "abc", "settings": {"b": 1, "a": 2.5}}
    first, is_first_hit = cache.frame("dispatch", key, make)
    again, is_again_hit = cache.frame("dispatch", {"settings": {"a": 2.5, "b": 1}, "weather": "abc"}, make)
    assert (is_first_hit, is_again_hit, make.made) == (False, True, 1)
    assert first.equals(again, null_equal=True)
    assert first.schema == again.schema
    path, is_hit = cache.file("dispatch", key, make)
    assert is_hit
    assert pl.read_parquet(path).equals(FRAME)


@pytest.mark.parametrize(
    ("kind", "key"),
    [("dispatch", {"weather": "abd"}), ("adequacy", {"weather": "abc"}), ("dispatch", {"weather": "abc", "v": 1})],
)
def test_another_kind_or_key_is_another_result(tmp_path: Path, kind: str, key: dict[str, object]) -> None:
    cache, make = Cache(tmp_path), Counter()
    cache.frame("dispatch", {"weather": "abc"}, make)
    assert cache.frame(kind, key, make)[1] is False
    assert make.made == 2


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied", "note_gone", "note_cut"])
def test_a_damaged_file_is_made_again_and_whole_afterwards(tmp_path: Path, damage: str) -> None:
    cache, make = Cache(tmp_path), Counter()
    path, _ = cache.file("dispatch", {"a": 1}, make)
    content = bytearray(path.read_bytes())
    note = path.with_suffix(".json")
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[len(content) // 3] ^= 0xFF
        path.write_bytes(content)
    elif damage == "emptied":
        path.write_bytes(b"")
    elif damage == "note_gone":
        note.unlink()
    else:
        note.write_bytes(note.read_bytes()[:10])
    frame, is_hit = cache.frame("dispatch", {"a": 1}, make)
    assert not is_hit
    assert frame.equals(FRAME)
    assert cache.frame("dispatch", {"a": 1}, make)[1]


def test_a_step_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def fail() -> pl.DataFrame:
        raise RuntimeError("no such weather")

    with pytest.raises(RuntimeError, match="no such weather"):
        Cache(tmp_path).frame("dispatch", {"a": 1}, fail)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_pruning_keeps_what_was_used_last(tmp_path: Path) -> None:
    import os

    cache, make = Cache(tmp_path), Counter()
    paths = [cache.file("dispatch", {"a": i}, make)[0] for i in range(4)]
    for age, path in enumerate(paths):
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    cache.file("dispatch", {"a": 3}, make)
    size = paths[0].stat().st_size
    assert cache.prune(keep_bytes=2 * size) == 2 * size
    assert [path.exists() for path in paths] == [True, False, False, True]
    assert len(list(tmp_path.rglob("*.json"))) == 2


def test_of_rows_kept_together_only_those_not_there_are_made(tmp_path: Path) -> None:
    cache, made = Cache(tmp_path), []

    def make(places: list[int]) -> pl.DataFrame:
        made.append(places)
        return pl.DataFrame({"x_mw": [0.1 * place for place in places]}, schema={"x_mw": pl.Float64()})

    first, hits = cache.rows("sampled", {"years": 100}, ["a", "b", "c"], make)
    assert (hits, made) == (0, [[0, 1, 2]])
    again, hits = cache.rows("sampled", {"years": 100}, ["c", "d", "a"], make)
    assert (hits, made[1:]) == (2, [[1]])
    assert again["x_mw"].to_list() == [first["x_mw"][2], 0.1, first["x_mw"][0]]
    # Neither a smaller night nor other settings throw away what is there.
    assert cache.rows("sampled", {"years": 50}, ["a"], make)[1] == 0
    assert cache.rows("sampled", {"years": 100}, ["b"], make)[1] == 1
