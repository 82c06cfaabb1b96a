"""Which federal credit each part of a design can expect: begin of construction and date of service, draw by draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.timeline.distribution import quantile, scores, slip_ratios
from pipelines.timeline.durations import slip_shares
from pipelines.timeline.network import Network, network_of

_DAYS_PER_MONTH = 365.25 / 12.0
# Work under a binding contract begins construction, also in a maker's works: the contract's date counts.
_BEGINS = "supply_contracts"
_PARTS: dict[str, tuple[str, str, float]] = {
    "solar": ("solar_installation", "solar_mw", 1.0),
    "bess": ("bess_installation", "bess_mwh", 1e-3),
    "reserve": ("reserve_installation", "reserve_mwh", 1e-3),
    "firm": ("firm_installation", "firm_mw", 1.0),
    "baseload": ("baseload_installation", "baseload_mw", 1.0),
}
"""Activity that puts a part into service, the size it grows with, and the unit of that size in the network."""
_TECHNOLOGY = {"solar": "solar_pv_tracking", "bess": "bess", "reserve": "bess"}


class Credits(Protocol):
    """What designs can expect of the credits, and the rules that say so."""

    @property
    def tax_rules(self) -> pl.DataFrame:
        """Return contract `core.tax_rules`."""

    def expected(self, designs: pl.DataFrame) -> pl.DataFrame:
        """Return the credits of designs, as `CreditDates.expected` does."""


@dataclass(frozen=True)
class ExpectedCredits:
    """Credits that were decided before.

    Attributes
    ----------
    tax_rules : pl.DataFrame
        Contract `core.tax_rules`.
    found : pl.DataFrame
        From `CreditDates.expected`.
    """

    tax_rules: pl.DataFrame
    found: pl.DataFrame

    def expected(self, designs: pl.DataFrame) -> pl.DataFrame:
        """Return the credits of designs that are among those decided."""
        return designs.select("design_id").join(self.found, on="design_id", how="left", maintain_order="left")


@dataclass(frozen=True)
class CreditDates:
    """Draws of the dates that decide the credits of a night.

    Attributes
    ----------
    tax_rules : pl.DataFrame
        Contract `core.tax_rules`.
    as_of : date
        Decision to build, with money committed.
    begins : NDArray[np.float64]
        Months until construction begins, shape (n_draws,).
    months : Mapping[str, NDArray[np.float64]]
        Drawn months by duration, shape (n_draws,) each; the draws of the time to power.
    settings : Settings
    """

    tax_rules: pl.DataFrame
    as_of: date
    begins: NDArray[np.float64]
    months: Mapping[str, NDArray[np.float64]]
    settings: Settings
    _starts: dict[tuple[str, str], tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=dict)
    _limits: dict[tuple, tuple[NDArray[np.float64], NDArray[np.float64] | None]] = field(default_factory=dict)
    _done: dict[tuple, tuple[float, float]] = field(default_factory=dict)

    def expected(self, designs: pl.DataFrame) -> pl.DataFrame:
        """Return what each design can expect of the credits.

        The share of a part that is in service in time is the mean over the draws of the share of its capacity that
        is installed by the deadline; each draw takes the first rule that it keeps.

        Parameters
        ----------
        designs : pl.DataFrame
            Contract `sim.designs`.

        Returns
        -------
        pl.DataFrame
            design_id, `<part>_credit_frac` (of capital) for solar, bess, reserve, firm and baseload,
            `<part>_production_credit_usd_per_mwh` for solar and baseload; one row per design, in its order.
        """
        sized = designs.with_columns(
            (pl.col("firm_units") * pl.col("firm_unit_mw")).alias("firm_mw"),
            (pl.col("baseload_units") * pl.col("baseload_unit_mw")).alias("baseload_mw"),
        )
        result = designs.select("design_id")
        for part, (_, size, _) in _PARTS.items():
            technology = pl.lit(_TECHNOLOGY[part]) if part in _TECHNOLOGY else pl.col(f"{part}_technology")
            key = sized.select("stack_id", technology.alias("technology"), pl.col(size).alias("size"))
            known = key.unique(maintain_order=True)
            found = [self._of(part, row) for row in known.iter_rows(named=True)]
            names = (f"{part}_credit_frac", f"{part}_production_credit_usd_per_mwh")
            wide = known.hstack(pl.DataFrame(found, schema=dict.fromkeys(names, pl.Float64), orient="row"))
            wanted = names if part in {"solar", "baseload"} else names[:1]
            joined = key.join(wide, on=key.columns, how="left", maintain_order="left")
            result = result.hstack(joined.select(wanted))
        return result

    def _of(self, part: str, row: Mapping[str, Any]) -> tuple[float, float]:
        if not self.settings.has_tax_credits or row["size"] <= 0.0:
            return 0.0, 0.0
        # Rules on material assistance hold for construction begun from 2026 on (core.policy, obbba_feoc_macr).
        if not self.settings.is_foreign_entity_rule_kept and part in _TECHNOLOGY:
            return 0.0, 0.0
        rules = [self._rules.get((row["technology"], provision), []) for provision in ("48E", "45Y")]
        # Without a date of service neither size nor stack matters.
        waits = any(_is_dated(rule) for own in rules for rule in own)
        key = (row["technology"], part, row["stack_id"], row["size"]) if waits else (row["technology"],)
        if key not in self._done:
            column = "value" if self.settings.is_wage_rule_kept else "value_without_wages"
            investment, production = (self._expected(own, part, row, column) for own in rules)
            self._done[key] = (0.01 * investment, production)
        return self._done[key]

    def _expected(self, rules: list[dict[str, Any]], part: str, row: Mapping[str, Any], column: str) -> float:
        """Return the mean over the draws of the best rule's figure times the share that keeps it."""
        best = np.zeros_like(self.begins)
        for rule in rules:
            np.maximum(best, self._share(rule, part, row) * float(rule[column]), out=best)
        return float(best.mean())

    @cached_property
    def _rules(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for rule in self.tax_rules.iter_rows(named=True):
            found.setdefault((rule["technology"], rule["provision"]), []).append(rule)
        return found

    def _share(self, rule: Mapping[str, Any], part: str, row: Mapping[str, Any]) -> NDArray[np.float64]:
        """Return the share of a part's capacity that keeps a rule in each draw, shape (n_draws,)."""
        begun, limit = self._windows(rule, self._begins_of(part))
        if limit is None:
            return begun
        starts, months_per_size = self._installation(part, str(row["stack_id"]))
        lasts = np.maximum(months_per_size * float(row["size"]) * _PARTS[part][2], 1e-9)
        return begun * np.clip((limit - starts) / lasts, 0.0, 1.0)

    def _begins_of(self, part: str) -> NDArray[np.float64]:
        """Return the months until construction of a part begins: before the decision where it is bought begun."""
        if part != "solar" or not self.settings.has_safe_harboured_solar:
            return self.begins
        rules = [rule for name in ("48E", "45Y") for rule in self._rules.get((_TECHNOLOGY[part], name), [])]
        deadlines = [rule["begins_by"] for rule in rules if rule["begins_by"] is not None and rule["continuity_years"]]
        if not deadlines:
            return self.begins
        return np.minimum(self.begins, self._months_to(max(deadlines)) - 1.0 / _DAYS_PER_MONTH)

    def _windows(
        self, rule: Mapping[str, Any], begins: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Return where construction begins in time (1 or 0), and the month that service must begin by, if any."""
        dates = tuple(rule[name] for name in ("begins_by", "begins_from", "in_service_by", "continuity_years"))
        key = (*dates, begins is self.begins)
        if key not in self._limits:
            by, since, service, years = dates
            begun = np.ones_like(begins)
            if by is not None:
                begun = begun * (begins <= self._months_to(by))
            if since is not None:
                begun = begun * (begins > self._months_to(since) - 1.0 / _DAYS_PER_MONTH)
            limits = [np.full_like(begins, self._months_to(service))] if service is not None else []
            limits += [self._continuity(int(years), begins)] if years is not None else []
            self._limits[key] = (begun, np.min(limits, axis=0) if limits else None)
        return self._limits[key]

    def _months_to(self, day: date) -> float:
        """Return the months from the decision to the end of a day."""
        return ((day - self.as_of).days + 1) / _DAYS_PER_MONTH

    def _continuity(self, years: int, begins: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the months to the end of the so many calendar years after the one that construction begins in."""
        begun = np.datetime64(self.as_of) + np.round(begins * _DAYS_PER_MONTH).astype("timedelta64[D]")
        calendar = begun.astype("datetime64[Y]").astype(np.int64) + 1970
        limits = np.empty_like(begins)
        for year in np.unique(calendar):
            limits[calendar == year] = self._months_to(date(int(year) + years, 12, 31))
        return limits

    def _installation(self, part: str, stack_id: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return when the part's installation starts in each draw (months), and how long a unit of its size takes."""
        if (part, stack_id) not in self._starts:
            self._starts[part, stack_id] = self._installation_of(_PARTS[part][0], network_of(stack_id, self.settings))
        return self._starts[part, stack_id]

    def _installation_of(self, name: str, network: Network) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        # A part that is not installed on its own is in service when the site is.
        wanted = name if name in network.names else network.names[-1]
        finishes: dict[str, NDArray[np.float64]] = {}
        needed = _needed(wanted, network)
        for activity in network.activities:
            if activity.activity not in needed:
                continue
            before = [finishes[pred] for pred in activity.predecessors]
            start = np.max(before, axis=0) if before else np.zeros_like(self.begins)
            months = self._drawn(activity.duration_id, network)
            if activity.activity == wanted:
                return (start, months) if wanted == name else (start + months, np.zeros_like(months))
            # Where an activity goes unit by unit, what follows starts with its first unit.
            finishes[activity.activity] = start if activity.quantity else start + months
        raise AssertionError("the network ends with its last activity")

    def _drawn(self, duration_id: str, network: Network) -> NDArray[np.float64]:
        if duration_id in self.months:
            return self.months[duration_id]
        raise InputError(
            f"duration {duration_id!r} depends on the region; a credit cannot wait for it",
            file=f"{network.stack_id}.csv",
            column="duration_id",
            remedy="take the in-service date out of the technology's rules in tax_rules.csv",
        )


def no_credits(designs: pl.DataFrame) -> pl.DataFrame:
    """Return designs without any credit, with the columns of `CreditDates.expected`."""
    names = [f"{part}_credit_frac" for part in _PARTS]
    names += [f"{part}_production_credit_usd_per_mwh" for part in ("solar", "baseload")]
    return designs.select("design_id", *(pl.lit(0.0).alias(name) for name in names))


def _is_dated(rule: Mapping[str, Any]) -> bool:
    """Return whether a rule asks for a date of service."""
    return rule["in_service_by"] is not None or rule["continuity_years"] is not None


def _needed(name: str, network: Network) -> set[str]:
    """Return an activity with all that has to come before it."""
    before = {activity.activity: activity.predecessors for activity in network.activities}
    needed, waiting = set(), [name]
    while waiting:
        activity = waiting.pop()
        if activity not in needed:
            needed.add(activity)
            waiting += before[activity]
    return needed


def credit_dates(
    tax_rules: pl.DataFrame, durations: pl.DataFrame, as_of: date, settings: Settings, seed: int
) -> CreditDates:
    """Draw the dates, with the same scores as the time to power.

    Parameters
    ----------
    tax_rules : pl.DataFrame
        Contract `core.tax_rules`.
    durations : pl.DataFrame
        Contract `core.durations`.
    as_of : date
        Logical date: the decision to build.
    seed : int
        Seed of the time to power.
    """
    names = durations["duration_id"].to_list()
    drawn = scores(names, settings.timeline_samples, seed, settings.duration_correlation)
    months = {
        row["duration_id"]: quantile(z, row["low"], row["mid"], row["high"], tail=settings.duration_tail_per_sigma)
        for z, row in zip(drawn, durations.iter_rows(named=True), strict=True)
    }
    if settings.has_slip:
        ratios = slip_ratios(settings.timeline_samples, seed, settings.slip_median_ratio, settings.slip_p90_ratio)
        months |= {name: months[name] * ratios**share for name, share in slip_shares().items() if name in months}
    return CreditDates(tax_rules, as_of, months[_BEGINS], months, settings)


def chosen_credits(chosen: pl.DataFrame, tax_rules: pl.DataFrame) -> pl.DataFrame:
    """Return what the parts of the chosen designs can expect of the credits, contract `mart.tax_credits`.

    Parameters
    ----------
    chosen : pl.DataFrame
        Contract `sim.chosen`.
    tax_rules : pl.DataFrame
        Contract `core.tax_rules`.
    """
    credits = tax_rules.filter(pl.col("provision").is_in(["48E", "45Y"])).group_by("technology", maintain_order=True)
    tried = dict(credits.agg(pl.col("rule_id").str.join("; ")).iter_rows())
    frames = []
    for part in _PARTS:
        technology = pl.lit(_TECHNOLOGY[part]) if part in _TECHNOLOGY else pl.col(f"{part}_technology")
        production = f"{part}_production_credit_usd_per_mwh"
        frames.append(
            chosen.filter(pl.col(f"{part}_capex_usd") > 0.0).select(
                "region_id",
                "stack_id",
                pl.lit(part).alias("part"),
                technology.alias("technology"),
                pl.col(f"{part}_capex_usd").alias("capex_usd"),
                pl.col(f"{part}_credit_frac").alias("credit_frac"),
                (pl.col(production) if production in chosen.columns else pl.lit(0.0)).alias(
                    "production_credit_usd_per_mwh"
                ),
            )
        )
    return pl.concat(frames).with_columns(
        pl.col("technology").replace_strict(tried, default="", return_dtype=pl.String).alias("rule_ids")
    )
