"""A large table is published from the file that holds it, checked and shared by its row groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import ContractError, WarehouseError
from pipelines.warehouse import (
    Cache,
    checks,
    open_release,
    publication,
    publish,
    verify_release,
)


class TestLinked:
    """A large table is published from the file that holds it."""

    def link(self, night: Any, frame: pl.DataFrame, day: int = 1) -> Any:
        path, _ = Cache(night.data_dir / "cache").file(
            "trace", {"rows": frame.height, "n": str(frame.row(-1))}, lambda: frame
        )
        with night.warehouse(day) as warehouse:
            warehouse.link("mart.test_hours", path)
            return path, publish(warehouse, night.data_dir, night.publication(day))

    def test_its_bytes_are_shared_and_outlive_the_cache(self, night: Any) -> None:
        path, info = self.link(night, night.hours())
        published = info.path / "parquet" / "test_hours.parquet"
        assert published.stat().st_ino == path.stat().st_ino
        path.unlink()
        assert verify_release(night.data_dir) == []
        with open_release(night.data_dir) as release:
            assert release.table("test_hours").equals(night.hours())

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda frame: frame.reverse(), "not sorted by region_id, hour_utc"),
            (lambda frame: pl.concat([frame, frame.tail(1)]), "primary_key"),
            (lambda frame: frame.with_columns(load_mw=pl.lit(-1.0)), "column load_mw"),
            (lambda frame: frame.select("hour_utc", "region_id", "load_mw"), "in that order"),
        ],
    )
    def test_it_is_checked_as_every_other(
        self, night: Any, spoil: Callable[[pl.DataFrame], pl.DataFrame], said: str
    ) -> None:
        with pytest.raises(ContractError, match=said):
            self.link(night, spoil(night.hours()))

    def test_slices_are_checked_against_each_other(self, night: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "_SLICE_ROWS", 48)
        self.link(night, night.hours())
        swapped = pl.concat([night.hours().tail(48), night.hours().head(48)])
        with pytest.raises(ContractError, match="not sorted"):
            self.link(night, swapped, day=2)

    def test_bytes_that_were_checked_are_not_checked_again(self, night: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.link(night, night.hours())
        checked: list[str] = []
        monkeypatch.setattr(publication, "check_file", lambda path, name, known: checked.append(name))
        self.link(night, night.hours(), day=2)
        assert checked == []
        self.link(night, night.hours(40), day=3)
        assert checked == ["mart.test_hours"]

    @given(
        loads=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 23), st.floats(0.0, 50.0)), max_size=3),
        hours=st.sampled_from([24, 25]),
    )
    @settings(max_examples=12)
    def test_what_moved_is_brought_up_to_date_in_its_place(
        self, new_night: Any, tmp_path_factory: pytest.TempPathFactory, loads: list[Any], hours: int
    ) -> None:
        night = new_night(tmp_path_factory.mktemp("moved") / "data")
        before = [night.hours(24).head(24).with_columns(region_id=pl.lit(f"r{place:02}")) for place in range(12)]
        made = night.hours(hours).head(hours)
        after = [made.with_columns(region_id=pl.lit(f"r{place:02}")) for place in range(12)]
        for place, hour, load in loads:
            after[place] = after[place].with_columns(
                load_mw=pl.when(pl.int_range(pl.len()) == hour).then(load).otherwise("load_mw")
            )
        with pytest.MonkeyPatch.context() as patch:
            self.begin_with_earlier(patch)
            self.link_parts(night, before, 1)
            info = self.link_parts(night, after, 2)
        assert verify_release(night.data_dir) == []
        with open_release(night.data_dir) as release:
            assert release.query("from test_hours").equals(pl.concat(after))
        assert pl.read_parquet(info.path / "parquet" / "test_hours.parquet").equals(pl.concat(after))

    def test_only_the_row_groups_that_moved_are_checked_and_written(
        self, night: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parts = [night.hours(24).head(24).with_columns(region_id=pl.lit(f"r{place:02}")) for place in range(12)]
        self.begin_with_earlier(monkeypatch)
        self.link_parts(night, parts, 1)
        validated: list[int] = []
        updated: list[tuple[str, list[int]]] = []
        checked, wrote = checks.validate, publication.write_database
        monkeypatch.setattr(
            checks, "validate", lambda frame, name: (validated.append(frame.height), checked(frame, name))[1]
        )

        def write(*given: Any, base: Any, **more: Any) -> dict[str, int]:
            updated.extend((name, [group.offset for group in groups]) for name, groups in base.moved.items())
            return wrote(*given, base=base, **more)

        monkeypatch.setattr(publication, "write_database", write)
        parts[7] = parts[7].with_columns(load_mw=pl.lit(1.5))
        self.link_parts(night, parts, 2)
        assert validated == [24]
        assert updated == [("test_hours", [7 * 24])]
        parts[3] = parts[3].with_columns(load_mw=pl.lit(-1.0))
        with pytest.raises(ContractError, match="column load_mw"):
            self.link_parts(night, parts, 3)

    def begin_with_earlier(self, patch: pytest.MonkeyPatch) -> None:
        """Let tables of two days be large enough to be brought up to date."""
        patch.setattr(publication, "ROW_GROUP_ROWS", 24)
        patch.setattr(publication, "_LARGEST_TO_PARQUET", 1e6)

    def link_parts(self, night: Any, parts: list[pl.DataFrame], day: int) -> Any:
        cache = Cache(night.data_dir / "cache")
        kept = [
            cache.file("part", {"day": day, "part": place}, lambda f=part: f)[0] for place, part in enumerate(parts)
        ]
        path, _ = cache.joined("trace", {"day": day}, lambda: kept)
        with night.warehouse(day) as warehouse:
            warehouse.link("mart.test_hours", path)
            return publish(warehouse, night.data_dir, night.publication(day))

    def test_a_file_that_went_away_is_named(self, night: Any) -> None:
        path, _ = Cache(night.data_dir / "cache").file("trace", {"a": 1}, night.hours)
        with night.warehouse() as warehouse:
            warehouse.link("mart.test_hours", path)
            path.unlink()
            with pytest.raises(WarehouseError, match=r"the file of mart\.test_hours is gone"):
                publish(warehouse, night.data_dir, night.publication())
