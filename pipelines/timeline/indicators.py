"""What monthly indicators say has happened to published lead times since: backlogs and relative producer prices.

The published lead time stays the level. The indicated one is shown beside it and feeds nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import exp, log
from pathlib import Path

import polars as pl

from pipelines.contracts import indicators as _contracts  # noqa: F401 - registers the tables
from pipelines.contracts.base import REGISTRY, validate
from pipelines.errors import InputError
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings

CLASSES_FILE = Path(__file__).with_name("indicator_classes.csv")
_CLASS_COLUMNS = ("equipment_class", "backlog_categories", "price_series", "general_price_series", "choice_reason")
# The publisher of a series before those who pass it on.
_SOURCE_ORDER = ("census_m3", "bls_ppi", "fred")
_MONEY = ("unfilled_orders", "new_orders", "shipments")
_MONTHS_PER_YEAR = 12.0


@dataclass(frozen=True)
class Movement:
    """How indicators move one equipment class between two months, with everything it follows from."""

    factor: float
    factor_unbounded: float | None
    is_bounded: bool
    months: int | None
    reason: str
    backlog_series: str | None = None
    backlog_period: str | None = None
    backlog_months_then: float | None = None
    backlog_months_now: float | None = None
    is_shipments_derived: bool | None = None
    price_series: str | None = None
    price_period: str | None = None
    price_ratio: float | None = None

    @property
    def is_moved(self) -> bool:
        """Return whether an indicator newer than the figure has a say."""
        return self.factor_unbounded is not None


@dataclass(frozen=True)
class _Class:
    backlog_categories: tuple[str, ...]
    price_series: tuple[str, ...]
    general_price_series: str


@dataclass(frozen=True)
class _Backlog:
    name: str
    months: dict[int, float]
    derived: dict[int, bool]


def read_classes(path: Path = CLASSES_FILE) -> dict[str, _Class]:
    """Return which indicators stand for which equipment class.

    Raises
    ------
    InputError
        If the file or a column is missing, or a class is named twice.
    """
    classes: dict[str, _Class] = {}
    for line, row in enumerate(read_side_table(path, _CLASS_COLUMNS).iter_rows(named=True), start=2):
        name = row["equipment_class"]
        if name in classes:
            raise InputError(f"class {name!r} is named twice", file=str(path), row=line, column="equipment_class")
        classes[name] = _Class(
            _parts(row["backlog_categories"]), _parts(row["price_series"]), row["general_price_series"]
        )
    return classes


def backlog_months(indicators: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the backlog of each M3 category: unfilled orders over the mean monthly shipments of the year before.

    Where no shipments are published they follow from orders, VS(t) = NO(t) + UO(t-1) - UO(t): what came in and did not
    add to the backlog has left (new orders are net of cancellations). Nominal dollars cancel.

    Parameters
    ----------
    indicators : pl.DataFrame
        Contract `core.lead_time_indicators`.
    settings : Settings
        `indicator_shipment_months`.

    Returns
    -------
    pl.DataFrame
        category, is_seasonally_adjusted, period, unfilled_orders, shipments, is_shipments_derived, backlog_months;
        one row per month with a full span of shipments before it.
    """
    span = settings.indicator_shipment_months
    money = (
        _one_source(indicators)
        .filter(pl.col("measure").is_in(_MONEY))
        .with_columns(_month_column(pl.col("period")).alias("month"))
    )
    group = ["category", "is_seasonally_adjusted"]
    key = [*group, "month"]
    wide = money.select(*group, "month").unique()
    for measure in _MONEY:
        values = money.filter(pl.col("measure") == measure).select(*key, pl.col("value").alias(measure))
        wide = wide.join(values, on=key, how="left")
    wide = wide.sort(key)
    before = pl.col("unfilled_orders").shift(1).over(group)
    is_next = (pl.col("month") - pl.col("month").shift(1).over(group)) == 1
    derived = pl.when(is_next).then(pl.col("new_orders") + before - pl.col("unfilled_orders"))
    first_of_span = pl.col("month").shift(span - 1).over(group)
    return (
        wide.with_columns(derived.alias("derived"))
        .with_columns(
            pl.coalesce("shipments", "derived").alias("shipped"),
            (pl.col("shipments").is_null() & pl.col("derived").is_not_null()).alias("is_derived"),
        )
        .with_columns(
            pl.col("shipped").rolling_mean(span, min_samples=span).over(group).alias("shipments"),
            (pl.col("is_derived").cast(pl.Int64).rolling_sum(span, min_samples=span).over(group) > 0).alias(
                "is_shipments_derived"
            ),
            (pl.col("month") - first_of_span == span - 1).alias("is_whole"),
        )
        .filter(pl.col("is_whole") & (pl.col("shipments") > 0) & (pl.col("unfilled_orders") > 0))
        .select(
            *group,
            pl.format("{}-{}", pl.col("month") // 12, (pl.col("month") % 12 + 1).cast(pl.String).str.zfill(2)).alias(
                "period"
            ),
            "unfilled_orders",
            "shipments",
            "is_shipments_derived",
            (pl.col("unfilled_orders") / pl.col("shipments")).alias("backlog_months"),
        )
    )


class Indicators:
    """Backlogs and prices, ready to be asked for a class and two months.

    Parameters
    ----------
    indicators : pl.DataFrame
        Contract `core.lead_time_indicators`.
    settings : Settings
    classes : Mapping[str, _Class] | None
        From `read_classes`; the shipped choice by default.
    """

    def __init__(
        self, indicators: pl.DataFrame, settings: Settings, classes: Mapping[str, _Class] | None = None
    ) -> None:
        self._settings = settings
        self._classes = read_classes() if classes is None else classes
        self._backlogs: dict[str, list[_Backlog]] = {}
        backlogs = backlog_months(indicators, settings)
        for (category, is_adjusted), rows in backlogs.group_by(
            "category", "is_seasonally_adjusted", maintain_order=True
        ):
            months = [month_number(period) for period in rows["period"]]
            name = f"{'A' if is_adjusted else 'U'}{category}"
            self._backlogs.setdefault(str(category), []).append(
                _Backlog(
                    name,
                    dict(zip(months, rows["backlog_months"], strict=True)),
                    dict(zip(months, rows["is_shipments_derived"], strict=True)),
                )
            )
        self._prices: dict[str, dict[int, float]] = {}
        prices = _one_source(indicators).filter((pl.col("measure") == "producer_price_index") & (pl.col("value") > 0))
        for series_id, period, value in prices.select("series_id", "period", "value").iter_rows():
            self._prices.setdefault(series_id, {})[month_number(period)] = value

    def movement(self, equipment_class: str, then: str, through: str) -> Movement:
        """Return the factor on a lead time published for month `then`, with what is known up to month `through`.

        factor = (backlog now / then)^a x (relative price now / then)^b, each part 1 where it is not known; a and b are
        settings. The relative price is the producer price of the equipment over that of machinery at large. The factor
        stays within 1 + the bound and its inverse; the bound grows with the years since `then` up to a limit.

        Parameters
        ----------
        equipment_class : str
        then, through : str
            Months, YYYY-MM.
        """
        chosen = self._classes.get(equipment_class)
        if chosen is None:
            return _still("no indicator stands for this class")
        start, end = month_number(then), month_number(through)
        if end <= start:
            return _still("the figure is as new as the indicators")
        oldest = end - self._settings.indicator_max_age_months
        backlog, backlog_now = self._backlog(chosen, start, end, oldest)
        price_name, price_now, ratio = self._price(chosen, start, end, oldest)
        if backlog is None and ratio is None:
            return _still("no indicator of this class is newer than the figure and reaches back to it")
        part, months, said = 0.0, 0, []
        then_months = now_months = None
        if backlog is not None:
            then_months, now_months = backlog.months[start], backlog.months[backlog_now]
            part += self._settings.indicator_backlog_elasticity * log(now_months / then_months)
            months = max(months, backlog_now - start)
            said.append("backlog")
        if ratio is not None:
            part += self._settings.indicator_price_elasticity * log(ratio)
            months = max(months, price_now - start)
            said.append("relative price")
        limit = self._bound(months)
        bounded = min(max(part, -limit), limit)
        return Movement(
            factor=exp(bounded),
            factor_unbounded=exp(part),
            is_bounded=bounded != part,
            months=months,
            reason=f"moved by {' and '.join(said)}{', cut at the bound' if bounded != part else ''}",
            backlog_series=backlog.name if backlog else None,
            backlog_period=month_text(backlog_now) if backlog else None,
            backlog_months_then=then_months,
            backlog_months_now=now_months,
            is_shipments_derived=backlog.derived[start] or backlog.derived[backlog_now] if backlog else None,
            price_series=price_name if ratio is not None else None,
            price_period=month_text(price_now) if ratio is not None else None,
            price_ratio=ratio,
        )

    def newest(self) -> str | None:
        """Return the newest month of any backlog or price, or None where there is none."""
        months = [month for backlogs in self._backlogs.values() for backlog in backlogs for month in backlog.months]
        months += [month for prices in self._prices.values() for month in prices]
        return month_text(max(months)) if months else None

    def _bound(self, months: int) -> float:
        """Return the largest movement, log, after so many months."""
        settings = self._settings
        by_time = log(1 + settings.indicator_max_move_per_year_frac) * months / _MONTHS_PER_YEAR
        return min(by_time, log(1 + settings.indicator_max_move_frac))

    def _backlog(self, chosen: _Class, start: int, end: int, oldest: int) -> tuple[_Backlog | None, int]:
        """Return the first category with a backlog at the figure's month and a recent one, its newest edition."""
        for category in chosen.backlog_categories:
            found: list[tuple[int, _Backlog]] = []
            for backlog in self._backlogs.get(category, []):
                now = max((month for month in backlog.months if month <= end), default=start)
                if start in backlog.months and now > start and now >= oldest:
                    found.append((now, backlog))
            if found:
                # Not adjusted before adjusted where both are as new: the seasonal models are frozen.
                now, backlog = max(found, key=lambda pair: (pair[0], pair[1].name))
                return backlog, now
        return None, start

    def _price(self, chosen: _Class, start: int, end: int, oldest: int) -> tuple[str, int, float | None]:
        """Return the first price series that covers the time, with its growth over that of machinery."""
        general = self._prices.get(chosen.general_price_series, {})
        for name in chosen.price_series:
            own = self._prices.get(name, {})
            now = max((month for month in own if month <= end and month in general), default=start)
            if start in own and start in general and now > start and now >= oldest:
                return name, now, (own[now] / own[start]) / (general[now] / general[start])
        return "", start, None


def lead_time_movement(
    lead_times: pl.DataFrame, indicators: pl.DataFrame, as_of: date, settings: Settings
) -> pl.DataFrame:
    """Return every published lead time with the indicated one beside it.

    Parameters
    ----------
    lead_times : pl.DataFrame
        Contract `core.equipment_lead_times`.
    indicators : pl.DataFrame
        Contract `core.lead_time_indicators`; may be empty, then nothing is moved.
    as_of : date
        Logical date; no later month is used.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        Contract `core.lead_time_movement`, one row per row of `lead_times`, in its order.
    """
    known = Indicators(indicators, settings)
    through = as_of.strftime("%Y-%m")
    rows = []
    for row in lead_times.iter_rows(named=True):
        edition = month_of_edition(row["as_of"])
        moved = known.movement(row["equipment_class"], edition, through)
        times = {name: row[f"{name}_months"] for name in ("low", "mid", "high")}
        rows.append(
            {
                **{name: row[name] for name in ("equipment_class", "scope", "region")},
                "edition_period": edition,
                **{f"curated_{name}_months": value for name, value in times.items()},
                **{
                    f"indicated_{name}_months": None if value is None else value * moved.factor
                    for name, value in times.items()
                },
                "factor": moved.factor,
                "factor_unbounded": moved.factor_unbounded,
                "is_moved": moved.is_moved,
                "is_bounded": moved.is_bounded,
                "months_since_edition": moved.months,
                "backlog_series": moved.backlog_series,
                "backlog_period": moved.backlog_period,
                "backlog_months_then": moved.backlog_months_then,
                "backlog_months_now": moved.backlog_months_now,
                "is_shipments_derived": moved.is_shipments_derived,
                "price_series": moved.price_series,
                "price_period": moved.price_period,
                "price_ratio": moved.price_ratio,
                "reason": moved.reason,
                **{name: row[name] for name in ("source_title", "publisher", "url", "as_of")},
            }
        )
    schema = {name: column.dtype for name, column in REGISTRY["core.lead_time_movement"].schema.columns().items()}
    return validate(pl.DataFrame(rows, schema=schema), "core.lead_time_movement")


def month_of_edition(as_of: str) -> str:
    """Return the month a published figure speaks about; a bare year is read as its middle."""
    return as_of if len(as_of) > 4 else f"{as_of}-07"


def _still(reason: str) -> Movement:
    return Movement(1.0, None, False, None, reason)


def _one_source(indicators: pl.DataFrame) -> pl.DataFrame:
    """Return one row per series and month: of the publisher before those who pass it on, of the newest edition."""
    order = pl.col("source_id").replace_strict({name: rank for rank, name in enumerate(_SOURCE_ORDER)}, default=9)
    return (
        indicators.with_columns(order.alias("_order"))
        .sort("series_id", "period", "_order", pl.col("as_of").rank("dense", descending=True))
        .unique(["series_id", "period"], keep="first", maintain_order=True)
        .drop("_order")
    )


def _month_column(period: pl.Expr) -> pl.Expr:
    return period.str.slice(0, 4).cast(pl.Int64) * 12 + period.str.slice(5, 2).cast(pl.Int64) - 1


def month_number(period: str) -> int:
    """Return the months from year 0 to a month written YYYY-MM."""
    return int(period[:4]) * 12 + int(period[5:7]) - 1


def month_text(month: int) -> str:
    """Return the month of such a number, YYYY-MM."""
    return f"{month // 12}-{month % 12 + 1:02d}"


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)
