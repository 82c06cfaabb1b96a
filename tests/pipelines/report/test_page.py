"""The page as a file: one piece, same bytes, text that stays text, hours that can be read back."""

from __future__ import annotations

import base64
import json
import re
import zlib
from decimal import ROUND_HALF_UP
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cli.output import figure
from pipelines.errors import ContractError
from pipelines.report import PLACE, build_page
from pipelines.report import gather as gather_module
from pipelines.report.encode import encode_payload, encode_table, shortened
from pipelines.report.outlines import state_outlines
from pipelines.report.weeks import HOURS_PER_WEEK, LEVELS, SERIES, SLOTS, encode_hours
from pipelines.warehouse import Cache, Release


@pytest.fixture(scope="module")
def page(release: Release) -> str:
    """Return the published page."""
    return (release.info.path / PLACE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def payload(page: str) -> dict[str, Any]:
    """Return what the page carries."""
    found = re.search(r'id="payload">([^<]*)<', page)
    assert found is not None
    return json.loads(zlib.decompress(base64.b64decode(found.group(1))))


def test_the_page_is_part_of_the_release_and_small(release: Release, page: str) -> None:
    entry = release.info.manifest["artefacts"][PLACE]
    assert entry["bytes"] == len(page.encode()) < 5_000_000


def test_the_same_release_gives_the_same_bytes(
    release: Release, page: str, header: dict[str, str], data_dir: Path
) -> None:
    assert build_page(release.info.path, header, Cache(data_dir / "cache").frame) == page.encode()


def test_the_page_names_nothing_to_fetch_and_its_policy_forbids_it(page: str) -> None:
    outside = re.sub(r"(?s)<script.*?</script>", "", page)
    assert not re.search(r"""(src|href|action)\s*=\s*["']?(https?:)?//""", outside)
    assert "default-src 'none'" in outside
    assert "unsafe-eval" not in outside


def test_a_name_that_is_markup_is_nowhere_in_the_file_as_such(page: str, payload: dict[str, Any]) -> None:
    assert "<script>alert" not in page
    assert "<script>alert(1)</script>" in payload["tables"]["sites"]["columns"]["region_name"]["d"]
    assert page.count("<script") == page.count("</script>") == 4


def test_text_numbers_and_nothing_survive_the_encoding() -> None:
    frame = pl.DataFrame(
        {
            "name": ["b", None, "b"],
            "value": [1.23456789, None, 99999.5],
            "exact": [0.1, 1 / 3, 2.0],
            "is_on": [True, False, None],
        }
    )
    columns = encode_table(frame, exact={"exact"}, digits=3)["columns"]
    assert columns["name"] == {"d": ["b"], "i": [0, -1, 0]}
    assert columns["value"] == [1.23, None, 99900.0]
    assert columns["exact"] == [0.1, 1 / 3, 2.0]
    assert columns["is_on"] == [True, False, None]


@given(
    st.floats(1e-3, 1e6) | st.integers(1, 10**9).map(lambda number: number / 2000),
    st.sampled_from([-1, 1]),
    st.integers(0, 3),
)
def test_rounding_what_is_carried_is_rounding_the_number_itself(size: float, sign: int, digits: int) -> None:
    (short,) = shortened(pl.Series([sign * size]), 7 + digits).to_list()
    assert figure(short, digits, rounding=ROUND_HALF_UP) == figure(sign * size, digits, rounding=ROUND_HALF_UP)
    assert short == pytest.approx(sign * size, rel=1e-6)


def test_a_number_just_above_a_half_is_not_rounded_twice() -> None:
    assert shortened(pl.Series([33.549997, 33.550003, 33.55, None, -7664990.4, 0.0]), 5).to_list() == [
        33.549, 33.551, 33.55, None, -7664900.0, 0.0,
    ]  # fmt: skip


def test_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ContractError, match="not finite"):
        encode_payload({"value": float("inf")})


def test_every_stored_week_reads_back_within_half_a_level(release: Release) -> None:
    folder = release.info.path / "parquet"
    index, content = encode_hours(folder)
    hours = pl.read_parquet(folder / "dispatch_hourly.parquet")
    stored = np.frombuffer(content, np.uint8)
    offset = 0
    for name in SERIES:
        scale = np.array(index["scales"][name])
        count = int((scale > 0).sum())
        low, high = stored[offset : offset + 2 * count * HOURS_PER_WEEK].reshape(2, count, HOURS_PER_WEEK).astype(int)
        offset += 2 * count * HOURS_PER_WEEK
        zigzag = low + 256 * high
        levels = np.cumsum(np.where(zigzag % 2, -(zigzag + 1) // 2, zigzag // 2), axis=1)
        for values, row in zip(levels, np.flatnonzero(scale > 0), strict=True):
            region, stack = index["sites"][row // len(SLOTS)]
            week = index["weeks"][row // len(SLOTS)][row % len(SLOTS)]
            own = hours.filter((pl.col("region_id") == region) & (pl.col("stack_id") == stack))[name].to_numpy()
            meant = own[(week - 1) * HOURS_PER_WEEK : week * HOURS_PER_WEEK]
            assert np.abs(values / LEVELS * scale[row] - meant).max() <= scale[row] * (0.5 / LEVELS + 1e-4)
    assert offset == len(content)


def test_months_hold_the_energy_of_the_hours(release: Release) -> None:
    index, _ = encode_hours(release.info.path / "parquet")
    sums = release.query(
        "select sum(solar_mw) as solar, sum(firm_mw) as firm, sum(load_mw) as load from dispatch_hourly"
    )
    months = 12 * len(index["sites"])
    for name, total in sums.row(0, named=True).items():
        assert sum(index["months"][name]) == pytest.approx(total, abs=0.5 * months)


def test_the_seasons_hold_their_middle_day_and_the_hardest_week_leaves_most_to_others(release: Release) -> None:
    index, _ = encode_hours(release.info.path / "parquet")
    # The year of the small release ends in April: no summer, no autumn.
    assert {tuple(weeks[1:]) for weeks in index["weeks"]} == {(3, 15, 0, 0)}
    hardest = release.query(
        "select region_id, stack_id, arg_max(week, load_mwh - solar_mwh) as week from dispatch_weekly group by all"
    )
    residual = release.query("select region_id, stack_id, week, load_mwh - solar_mwh as mwh from dispatch_weekly")
    chosen = {tuple(site): weeks[0] for site, weeks in zip(index["sites"], index["weeks"], strict=True)}
    by_week = {row[:3]: row[3] for row in residual.rows()}
    for region, stack, week in hardest.rows():
        assert by_week[region, stack, chosen[region, stack]] == by_week[region, stack, week]


def test_the_outlines_are_the_contiguous_states_with_each_market_inside_its_own() -> None:
    from shapely.geometry import Point, shape

    shapes = {item["properties"]["code"]: shape(item["geometry"]) for item in state_outlines()["features"]}
    assert len(shapes) == 49
    places = {"TX": (-99.73, 32.45), "OH": (-83.0, 39.96), "VA": (-77.6, 39.1), "AZ": (-112.07, 33.45)}
    for code, (longitude, latitude) in places.items():
        assert [name for name, area in shapes.items() if area.contains(Point(longitude, latitude))] == [code]


def test_beyond_what_fits_other_regions_come_with_their_best_stack(
    release: Release, monkeypatch: pytest.MonkeyPatch, header: dict[str, str]
) -> None:
    monkeypatch.setattr(gather_module, "MOST_SITES", 20)
    monkeypatch.setattr(gather_module, "DETAIL_REGIONS", 2)
    found = gather_module.gather(release.info.path / "parquet", header)
    expected = release.query(
        "select count(*) filter (where is_region_best or region_rank <= 2) as rows from ranked_sites"
    )
    assert found["release"]["pairs"] == release.tables()["ranked_sites"] == 48
    assert found["tables"]["sites"]["rows"] == expected.item() < 48
    assert set(found["tables"]["path"]["columns"]["region_id"]["d"]) == {
        row[0]
        for row in release.query("select region_id from ranked_sites where is_region_best and region_rank <= 2").rows()
    }
