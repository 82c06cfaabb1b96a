"""Backlogs, relative prices and what they make of published lead times: identities, bounds, the record of the past."""

from __future__ import annotations

from datetime import date, datetime
from math import exp, log

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_cases import industry_series

from pipelines.contracts.base import REGISTRY, validate
from pipelines.errors import InputError
from pipelines.reference.load import load_reference
from pipelines.settings import Settings
from pipelines.sources import fred
from pipelines.sources.base import Payload
from pipelines.timeline.indicators import CLASSES_FILE, Indicators, backlog_months, lead_time_movement, read_classes
from pipelines.timeline.lead_time_backtest import backtest, read_editions

DEFAULTS = Settings()
SCHEMA = {name: column.dtype for name, column in REGISTRY["core.lead_time_indicators"].schema.columns().items()}
M3 = {"UO": "unfilled_orders", "NO": "new_orders", "VS": "shipments"}


def series(series_id, values, first="2020-01", source="fred", as_of="2026-11"):
    year, month = int(first[:4]), int(first[5:])
    is_m3 = series_id[-2:] in M3
    return pl.DataFrame(
        [
            {
                "source_id": source,
                "series_id": series_id,
                "period": f"{year + (month - 1 + at) // 12}-{(month - 1 + at) % 12 + 1:02d}",
                "measure": M3[series_id[-2:]] if is_m3 else "producer_price_index",
                "category": series_id[1:4],
                "equipment_class": "test",
                "is_seasonally_adjusted": series_id.startswith("A"),
                "value": float(value),
                "unit": "million_USD" if is_m3 else "index",
                "is_preliminary": None,
                "source_title": "test",
                "publisher": "test",
                "url": "https://example.org/",
                "as_of": as_of,
            }
            for at, value in enumerate(values)
            if value is not None
        ],
        schema=SCHEMA,
    )


def lead_times(*rows):
    frame = pl.DataFrame(
        [
            {
                "equipment_class": name,
                "scope": f"scope {at}",
                "low_months": low,
                "mid_months": None,
                "high_months": high,
                "published_value": None,
                "region": "US",
                "evidence": "survey",
                "source_level": "primary",
                "note": None,
                "source_title": "test",
                "publisher": "test",
                "url": None,
                "as_of": as_of,
            }
            for at, (name, as_of, low, high) in enumerate(rows)
        ],
        schema={n: c.dtype for n, c in REGISTRY["core.equipment_lead_times"].schema.columns().items()},
    )
    return validate(frame, "core.equipment_lead_times")


@pytest.fixture(scope="module")
def real():
    """Return the published orders and prices, read from the publisher's layout."""
    frames = []
    for series_id, months in industry_series().items():
        lines = [f"observation_date,{series_id}", *(f"{month}-01,{figure}" for month, figure in months)]
        content = "\n".join(lines).encode() + b"\n"
        frames.append(fred.parse(Payload("fred", series_id, content, "https://x/", 200, datetime(2026, 11, 22))).rows)
    return pl.concat(frames)


def test_a_steady_industry_has_the_backlog_of_its_order_book():
    orders = pl.concat([series("A35SUO", [300] * 24), series("A35SVS", [100] * 24)])
    months = backlog_months(orders, DEFAULTS)
    assert months["backlog_months"].to_list() == [3.0] * 13
    assert months["period"].to_list()[0] == "2020-12"
    assert not months["is_shipments_derived"].any()


@settings(max_examples=40, deadline=None)
@given(
    shipped=st.lists(st.integers(50, 500), min_size=16, max_size=40),
    ordered=st.lists(st.integers(50, 500), min_size=16, max_size=40),
)
def test_shipments_from_orders_are_the_shipments(shipped, ordered):
    count = min(len(shipped), len(ordered))
    book = [20_000]
    for come, gone in zip(ordered[1:count], shipped[1:count], strict=True):
        book.append(book[-1] + come - gone)
    known = backlog_months(pl.concat([series("A35SUO", book), series("A35SVS", shipped[:count])]), DEFAULTS)
    derived = backlog_months(pl.concat([series("A35SUO", book), series("A35SNO", ordered[:count])]), DEFAULTS)
    # The first month has no month before it, so the derived series begins one month later.
    assert derived.height == known.height - 1
    assert derived["is_shipments_derived"].all()
    both = known.join(derived, on="period", suffix="_derived")
    assert both.height == derived.height
    assert both["backlog_months"].to_list() == pytest.approx(both["backlog_months_derived"].to_list())


def test_a_gap_in_the_months_makes_no_backlog_across_it():
    orders = [100.0] * 30
    orders[14] = None
    months = backlog_months(pl.concat([series("A35SUO", [300] * 30), series("A35SNO", orders)]), DEFAULTS)
    assert months["period"].to_list() == ["2021-01", "2021-02", *[f"2022-{m:02d}" for m in range(3, 7)]]


def test_the_publisher_goes_before_those_who_pass_it_on():
    own = series("A35SUO", [600] * 13, source="census_m3")
    relayed = pl.concat([series("A35SUO", [300] * 13), series("A35SVS", [100] * 13)])
    assert backlog_months(pl.concat([relayed, own]), DEFAULTS)["backlog_months"].to_list() == [6.0, 6.0]


def test_a_doubled_backlog_and_price_move_by_their_elasticities_within_the_bound():
    rising = [100] * 12 + [110] * 13
    known = pl.concat(
        [
            series("A35SUO", rising),
            series("A35SVS", [100] * 25),
            series("PCU335311335311", [100] * 12 + [120] * 13),
            series("WPU114", [100] * 12 + [105] * 13),
        ]
    )
    moved = Indicators(known, DEFAULTS).movement("power_transformer", "2020-12", "2022-01")
    assert moved.factor == pytest.approx(1.1 * (1.2 / 1.05) ** 0.5)
    assert (moved.backlog_series, moved.price_series, moved.months) == ("A35S", "PCU335311335311", 13)
    bound = Settings(indicator_max_move_per_year_frac=0.05)
    cut = Indicators(known, bound).movement("power_transformer", "2020-12", "2022-01")
    assert cut.is_bounded
    assert cut.factor == pytest.approx(1.05 ** (13 / 12))
    assert cut.factor_unbounded == pytest.approx(moved.factor)
    assert Indicators(known, DEFAULTS).newest() == "2022-01"


@settings(max_examples=60, deadline=None)
@given(
    book=st.lists(st.floats(10, 1e6), min_size=26, max_size=26),
    price=st.lists(st.floats(10, 4_000), min_size=26, max_size=26),
    at=st.integers(11, 24),
)
def test_no_indicator_moves_a_figure_beyond_the_bounds(book, price, at):
    known = Indicators(
        pl.concat(
            [
                series("UTGPUO", book),
                series("UTGPVS", [100] * 26),
                series("PCU333611333611", price),
                series("WPU114", [100] * 26),
            ]
        ),
        DEFAULTS,
    )
    then = f"{2020 + at // 12}-{at % 12 + 1:02d}"
    moved = known.movement("gas_turbine_heavy_frame", then, "2022-02")
    most = min(
        (1 + DEFAULTS.indicator_max_move_per_year_frac) ** ((25 - at) / 12), 1 + DEFAULTS.indicator_max_move_frac
    )
    assert 1 / most - 1e-12 <= moved.factor <= most + 1e-12
    expected = log(book[25] / book[at]) + 0.5 * log(price[25] / price[at])
    assert moved.factor_unbounded == pytest.approx(exp(expected))
    assert moved.is_bounded == (abs(expected) > log(most))


def test_what_is_old_or_missing_moves_nothing():
    known = Indicators(pl.concat([series("A35SUO", range(100, 125)), series("A35SVS", [50] * 25)]), DEFAULTS)
    for name, then, through, why in (
        ("fuel_cell", "2020-12", "2022-01", "no indicator stands"),
        ("power_transformer", "2022-02", "2022-01", "as new as"),
        ("power_transformer", "2020-12", "2022-08", "reaches back"),
        ("power_transformer", "2019-12", "2022-01", "reaches back"),
        ("gas_turbine_all", "2020-12", "2022-01", "reaches back"),
    ):
        moved = known.movement(name, then, through)
        assert (moved.factor, moved.is_moved) == (1.0, False)
        assert why in moved.reason
    assert known.movement("power_transformer", "2020-12", "2022-07").is_moved


def test_nothing_after_the_date_is_used():
    whole = pl.concat([series("A35SUO", range(100, 160)), series("A35SVS", [50] * 60)])
    cut = whole.filter(pl.col("period") <= "2023-06")
    table = lead_times(("power_transformer", "2021-06", 10.0, 20.0))
    frames = [lead_time_movement(table, part, date(2023, 6, 30), DEFAULTS) for part in (whole, cut)]
    assert frames[0].equals(frames[1])
    assert frames[0]["backlog_period"].item() == "2023-06"


def test_without_indicators_every_figure_stands():
    table = lead_times(("power_transformer", "2025", 10.0, 20.0), ("fuel_cell", "2026-01", None, 12.0))
    moved = lead_time_movement(table, pl.DataFrame(schema=SCHEMA), date(2026, 11, 22), DEFAULTS)
    assert moved["factor"].to_list() == [1.0, 1.0]
    assert moved["indicated_high_months"].to_list() == [20.0, 12.0]
    assert moved["edition_period"].to_list() == ["2025-07", "2026-01"]


def test_the_indicated_figure_stands_beside_the_curated_one(real):
    curated = load_reference("equipment_lead_times", DEFAULTS.reference_dir)
    moved = lead_time_movement(curated, real, date(2026, 7, 15), DEFAULTS)
    assert moved.height == curated.height
    for name in ("low", "mid", "high"):
        assert moved[f"curated_{name}_months"].equals(curated[f"{name}_months"].rename(f"curated_{name}_months"))
        shown = moved.filter(pl.col(f"curated_{name}_months").is_not_null())
        assert shown[f"indicated_{name}_months"].to_list() == pytest.approx(
            (shown[f"curated_{name}_months"] * shown["factor"]).to_list()
        )
    used = moved.filter("is_moved")
    print(used.group_by("equipment_class", maintain_order=True).agg("edition_period", pl.col("factor").round(3)))
    assert used.height == 13
    assert used["is_shipments_derived"].all()
    assert used["factor"].is_between(0.9, 1.1).all()


def test_known_backlogs_of_the_electrical_industry(real):
    months = backlog_months(real, DEFAULTS)
    backlog = dict(months.filter(pl.col("category") == "35S").select("period", "backlog_months").iter_rows())
    # By hand: the months' mean shipments are the year's new orders less the growth of the order book.
    raw = real.filter(pl.col("category") == "35S")
    book = dict(raw.filter(pl.col("measure") == "unfilled_orders").select("period", "value").iter_rows())
    orders = raw.filter(
        (pl.col("measure") == "new_orders") & pl.col("period").is_between(pl.lit("2025-06"), pl.lit("2026-05"))
    )
    shipped = orders["value"].sum() - (book["2026-05"] - book["2025-05"])
    assert orders.height == 12
    assert backlog["2026-05"] == pytest.approx(book["2026-05"] / (shipped / 12))
    assert backlog["2020-01"] < backlog["2021-01"] < backlog["2022-09"] > backlog["2024-01"]


def test_what_the_method_would_have_said(real):
    told = backtest(real, DEFAULTS)
    for row in told.iter_rows(named=True):
        print(
            f"{row['equipment_class']:26} {row['earlier_period']} {row['earlier_months']:5.1f} months: "
            f"indicated for {row['later_period']} {row['indicated_months']:5.1f}, published {row['later_months']:5.1f}"
            f", "
            f"unchanged {row['earlier_months']:5.1f}"
        )
    assert told.height == read_editions().height == 5
    assert told["factor_unbounded"].is_not_null().all()
    indicated, unchanged = told["error_indicated_frac"].abs(), told["error_unchanged_frac"].abs()
    print(f"mean error, log: indicated {indicated.mean():.3f}, unchanged {unchanged.mean():.3f}")
    assert told["is_direction_right"].sum() == 4
    assert (indicated < unchanged).sum() == 4
    assert indicated.mean() < unchanged.mean()
    # The aggregate understates the rise for transformers: the method never says more than what came.
    risen = told.filter(pl.col("later_months") > pl.col("earlier_months"))
    assert (risen["indicated_months"] < risen["later_months"]).all()


def test_the_back_test_uses_nothing_published_after_the_date(real):
    pair = read_editions().filter(pl.col("pair_id") == "distribution_2019_2024")
    assert pair["later_period"].item() == "2024-02"
    known = real.filter(pl.col("period") <= "2023-12")
    assert backtest(known, DEFAULTS, pair)["factor"].item() == backtest(real, DEFAULTS, pair)["factor"].item()


def test_every_class_of_the_choice_exists_and_every_file_fault_is_named(tmp_path):
    curated = load_reference("equipment_lead_times", DEFAULTS.reference_dir)
    assert set(read_classes()) <= set(curated["equipment_class"])
    with pytest.raises(InputError, match="missing"):
        read_classes(tmp_path / "absent.csv")
    text = CLASSES_FILE.read_text(encoding="utf-8")
    (tmp_path / "twice.csv").write_text(text + text.splitlines()[1] + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="twice"):
        read_classes(tmp_path / "twice.csv")
    (tmp_path / "column.csv").write_text(text.replace("price_series,", "prices,", 1), encoding="utf-8")
    with pytest.raises(InputError, match="price_series"):
        read_classes(tmp_path / "column.csv")
