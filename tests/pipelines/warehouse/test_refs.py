"""Names of releases: what moves `current`, what goes beside it, what is kept, and the way back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.warehouse import (
    Placement,
    Wish,
    list_releases,
    make_current,
    open_release,
    place,
    publish,
    release_info,
    reuse_release,
    roll_back,
)
from pipelines.warehouse.refs import RECORD, check_name, named_releases, read_record, releases_dir

WHOLE: dict[str, list[str]] = {"regions": [], "states": []}
TODAY = date(2026, 7, 20)


def beside(name: str, *, is_made_up: bool = True) -> Placement:
    return Placement(is_shown=False, name=name, is_made_up=is_made_up)


def placed(night: Any, wish: Wish = Wish(), *, day: int = 20, scope: Any = WHOLE, what_if: Any = ()) -> Placement:  # noqa: B008
    return place(night.data_dir, wish, as_of=date(2026, 7, day), today=TODAY, scope=scope, what_if=what_if)


def test_only_a_whole_night_without_a_what_if_is_shown_by_itself(night: Any) -> None:
    assert placed(night) == Placement()
    part = placed(night, scope={"regions": [], "states": ["TN"]})
    assert (part.is_shown, part.name, part.is_made_up) == (False, "state-tn-2026-07-20", True)
    regions = placed(night, scope={"regions": ["abilene_tx"], "states": []})
    assert regions.name == "regions-abilene-tx-2026-07-20"
    many = [f"region_{number}" for number in range(9)]
    assert placed(night, scope={"regions": many, "states": []}).name.startswith("regions-")
    assert check_name(placed(night, scope={"regions": many, "states": []}).name)
    given = placed(night, Wish(name="mine"))
    assert (given.is_shown, given.name, given.is_made_up) == (False, "mine", False)
    shown = placed(night, Wish(name="mine", is_published=True), scope={"regions": [], "states": ["TN"]})
    assert (shown.is_shown, shown.name) == (True, "mine")


def test_a_what_if_is_named_by_its_content(night: Any) -> None:
    first, again = (placed(night, what_if=values).name for values in (["a=1", "b=2"], ["b=2", "a=1"]))
    other = placed(night, what_if=["a=1", "b=3"]).name
    assert first == again != other
    assert first.startswith("what-if-")
    assert first.endswith("-2026-07-20")


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "/etc", "current", "named", RECORD, "20260701-0123456789ab", " ", "-x", "x" * 65, "a\x00"],
)
def test_what_cannot_name_a_release_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a release"):
        check_name(name)


def test_the_current_release_never_moves_to_an_earlier_date_by_itself(night: Any) -> None:
    night.publish(10)
    earlier = placed(night, day=9)
    assert (earlier.is_shown, earlier.name) == (False, "night-2026-07-09")
    assert "2026-07-10, which is later" in earlier.reason
    assert placed(night, day=10).is_shown
    with pytest.raises(UsageError, match="--allow-older"):
        placed(night, Wish(is_published=True), day=9)
    assert placed(night, Wish(is_published=True, allows_older=True), day=9).is_shown
    with pytest.raises(UsageError, match="give --publish too"):
        placed(night, Wish(allows_older=True), day=9)


def test_a_future_date_is_allowed_on_purpose_and_goes_beside(night: Any) -> None:
    with pytest.raises(UsageError, match="2026-07-21 is after today, 2026-07-20"):
        placed(night, day=21)
    assert placed(night, Wish(allows_future=True), day=21).name == "night-2026-07-21"
    assert placed(night, Wish(allows_future=True, is_published=True), day=21).is_shown


def test_a_side_release_is_read_by_its_name_and_moves_nothing(night: Any) -> None:
    first = night.publish(1)
    before = (releases_dir(night.data_dir) / "current").readlink()
    info = night.publish(2, placement=beside("state-tx-2026-07-02"))
    assert (releases_dir(night.data_dir) / "current").readlink() == before
    assert (info.is_current, info.is_base, info.names) == (False, False, ("state-tx-2026-07-02",))
    with open_release(night.data_dir, "state-tx-2026-07-02") as release:
        assert release.info.run_id == night.run_id(2)
    assert release_info(night.data_dir, "current").run_id == first.run_id
    night.publish(3, placement=beside("state-tx-2026-07-02"))
    assert named_releases(night.data_dir) == {"state-tx-2026-07-02": night.run_id(3)}
    # Nothing points at the second one any more.
    assert {one.run_id for one in list_releases(night.data_dir)} == {night.run_id(1), night.run_id(3)}
    with pytest.raises(UsageError, match="there are state-tx-2026-07-02"):
        release_info(night.data_dir, "state-oh")


def test_made_up_names_go_the_oldest_first_and_given_ones_stay(night: Any) -> None:
    night.publish(1)
    removed: list[str] = []
    for day, placement in (
        (2, beside("mine", is_made_up=False)),
        (3, beside("a")),
        (4, beside("b")),
        (5, beside("c")),
        (6, beside("d")),
    ):
        with night.warehouse(day) as warehouse:
            warehouse.write("mart.test_sites", night.sites(day))
            warehouse.write("mart.test_hours", night.hours())
            publish(
                warehouse,
                night.data_dir,
                night.publication(day, placement=placement),
                keep=1,
                keep_named=3,
                on_removed=removed.extend,
            )
    assert removed == ["a", "b"]
    assert sorted(named_releases(night.data_dir)) == ["c", "d", "mine"]
    assert {info.run_id for info in list_releases(night.data_dir)} == {night.run_id(day) for day in (1, 2, 5, 6)}
    # A record that is lost deletes nothing.
    (releases_dir(night.data_dir) / RECORD).write_text("{")
    night.publish(7, keep=1)
    assert sorted(named_releases(night.data_dir)) == ["c", "d", "mine"]


def test_side_releases_drive_no_night_out_and_nights_no_side_release(night: Any) -> None:
    for day in (1, 2):
        night.publish(day, keep=2)
    for day in (3, 4, 5):
        night.publish(day, keep=2, placement=beside(f"x{day}"))
    night.publish(6, keep=2)
    assert {info.run_id for info in list_releases(night.data_dir)} == {night.run_id(day) for day in (2, 3, 4, 5, 6)}


def test_the_way_back_is_what_was_shown_before(night: Any) -> None:
    for day in (1, 2, 3):
        night.publish(day)
    make_current(night.data_dir, night.run_id(1))
    # Shown were 1, 2, 3 and 1 again.
    assert roll_back(night.data_dir).run_id == night.run_id(3)
    assert roll_back(night.data_dir).run_id == night.run_id(2)
    assert roll_back(night.data_dir).run_id == night.run_id(1)
    with pytest.raises(UsageError, match="no earlier release"):
        roll_back(night.data_dir)


def test_the_way_back_without_a_record_is_the_night_published_before(night: Any) -> None:
    night.publish(1)
    night.publish(2, placement=beside("x"))
    night.publish(3)
    (releases_dir(night.data_dir) / RECORD).unlink()
    assert roll_back(night.data_dir).run_id == night.run_id(1)


def test_a_side_release_that_is_published_joins_the_base_line(night: Any) -> None:
    night.publish(1)
    night.publish(2, placement=beside("x"))
    info = reuse_release(night.data_dir, night.run_id(2), Placement())
    assert info is not None
    assert (info.is_current, info.is_base) == (True, True)
    night.publish(3)
    assert release_info(night.data_dir, "x").is_base
    assert read_record(night.data_dir).published == [night.run_id(2)]
