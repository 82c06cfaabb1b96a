"""Slip: quotes slip and observed months do not, once per project; ways to buy never make a month later."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipelines.errors import InputError
from pipelines.reference.load import load_reference
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.timeline.distribution import slip_ratios
from pipelines.timeline.draws import DrawBook, capped, slipping
from pipelines.timeline.durations import KEYS, read_choices, slip_shares

SEED = 5
SETTINGS = Settings(timeline_samples=2000)
FIGURE = st.lists(st.floats(0.1, 60.0), min_size=3, max_size=3).map(lambda months: tuple(sorted(months)))
SHARE = st.sampled_from([0.0, 0.5, 2 / 3, 1.0])
# Works on the site, and a lateral that no site of this size waits for.
_NOT_DELIVERED = {"commissioning", "battery_installation", "gas_lateral"}


def _months(*rows: tuple[str, tuple[float, float, float]], settings: Settings = SETTINGS) -> np.ndarray:
    book = DrawBook()
    places = [book.row(name, figure) for name, figure in rows]
    return book.months(settings.timeline_samples, SEED, settings)[places]


def test_what_makers_state_and_projects_plan_slips() -> None:
    known = load_reference("equipment_lead_times", REFERENCE_DIR).with_columns(pl.col("as_of").cast(pl.String))
    own = dict(zip(("row_key_1", "row_key_2", "row_key_3"), KEYS["equipment_lead_times"], strict=True))
    rows = read_choices().filter(pl.col("table") == "equipment_lead_times").join(
        known, left_on=list(own), right_on=list(own.values()), how="left"
    )  # fmt: skip
    assert rows["evidence"].null_count() == 0
    promised = rows["evidence"].is_in(["vendor_statement", "project_plan"])
    should = promised & ~rows["duration_id"].is_in(list(_NOT_DELIVERED))
    assert (rows["slips"] == "yes").equals(should)
    # Permits, the wait for the grid, works and assumptions are as long as they are.
    others = read_choices().filter(pl.col("slips") == "yes")["table"].unique().to_list()
    assert sorted(others) == ["cited", "equipment_lead_times"]
    shares = slip_shares()
    assert shares["turbine_rental"] == 1.0
    assert shares["fuel_cell_delivery"] == pytest.approx(1.5 / 2.5)
    assert not {"grid_firm_pjm", "civil_works", "turbine_rebuilt", "recip_framework", "mv_switchgear"} & set(shares)


def test_the_ratio_has_its_median_and_p90() -> None:
    ratios = slip_ratios(10_000, SEED, 1.3, 2.0)
    assert np.quantile(ratios, [0.5, 0.9]) == pytest.approx([1.3, 2.0], rel=1e-3)
    # Some suppliers are early: about a fifth, by the lognormal.
    assert 0.15 < np.mean(ratios < 1.0) < 0.3
    assert np.all(slip_ratios(100, SEED, 1.0, 1.0) == 1.0)
    with pytest.raises(InputError, match="slip_p90_ratio"):
        slip_ratios(100, SEED, 1.5, 1.2)


def test_one_ratio_is_shared_by_all_deliveries_of_a_project() -> None:
    figures = {"engines": (9.0, 14.0, 30.0), "switchgear": (7.0, 10.0, 18.0)}
    plain = _months(*figures.items())
    slipped = _months(*((slipping(name, 1.0), figure) for name, figure in figures.items()))
    ratios = slipped / plain
    assert ratios[0] == pytest.approx(ratios[1])
    assert ratios[0] == pytest.approx(slip_ratios(2000, SEED, 1.3, 2.0))
    half = _months((slipping("engines", 0.5), figures["engines"]))
    assert half[0] == pytest.approx(plain[0] * np.sqrt(ratios[0]))


def test_without_slip_every_draw_is_as_before() -> None:
    figure = (9.0, 14.0, 30.0)
    assert slipping("engines", 0.0) == "engines"
    none = SETTINGS.model_copy(update={"slip_median_ratio": 1.0, "slip_p90_ratio": 1.0})
    assert np.array_equal(_months((slipping("engines", 1.0), figure), settings=none), _months(("engines", figure)))


@examples(max_examples=40, deadline=None)
@given(figure=FIGURE, share=SHARE, other=FIGURE, other_share=SHARE, held=st.floats(0.5, 30.0))
def test_another_way_to_buy_or_a_held_item_is_never_later(figure, share, other, other_share, held) -> None:
    name = slipping("engines", share)
    both = slipping("engines", share, [(other, other_share)])
    one, either, kept = _months((name, figure), (both, figure), (capped(both, held), figure))
    assert np.all(either <= one)
    assert np.all(kept <= np.minimum(either, held))
    apart = _months((slipping("engines", other_share), other))[0]
    assert either == pytest.approx(np.minimum(one, apart))


def test_a_flag_that_is_neither_yes_nor_empty_is_named(tmp_path) -> None:
    path = tmp_path / "durations.csv"
    read_choices().with_columns(pl.lit("maybe").alias("slips")).write_csv(path)
    with pytest.raises(InputError, match=r"durations.csv, row 2.*slips"):
        read_choices(path)
