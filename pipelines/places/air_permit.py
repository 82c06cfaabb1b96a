"""The air permit of a plant at a place: its class by pollutant, the controls that pay, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts.base import validate
from pipelines.contracts.permits import AirPermits
from pipelines.economics.hub_prices import to_dollar_year
from pipelines.places.emissions import CONTROLS, HOURS_PER_YEAR, KG_PER_SHORT_TON, POLLUTANTS, controlled, flameless
from pipelines.places.fact_columns import has_columns
from pipelines.places.permit_class import FACTS, PSD_TPY, Permits, classified, used_share, with_places
from pipelines.places.permit_durations import (
    MAJOR,
    STEPS,
    minor_id,
    mixed_id,
    months_of,
    permit_points,
    registration_id,
)
from pipelines.places.permit_months import nonattainment_months, state_months
from pipelines.plant.load import design_pue
from pipelines.reference.load import load_reference
from pipelines.reference.parameters import parameters
from pipelines.reference.technologies import technologies
from pipelines.settings import Settings

Array = NDArray[np.float64]
HAP_TPY = 10.0
"""Line of a major source of one hazardous pollutant (40 CFR 63.2)."""
_FULL = CONTROLS[-1]
_SHOWN = (*POLLUTANTS, "formaldehyde")
_LIMIT = ("firm_used_mwh_per_year", "minor_limit_mwh_per_year", "minor_limit_used_frac")
_CATALYSTS = ("capex_oxidation_catalyst", "capex_scr")


def has_facts(regions: pl.DataFrame, settings: Settings) -> bool:
    """Check whether permits follow from the place: the table has the facts, and the setting is on."""
    return settings.has_air_permit_by_place and has_columns(regions, FACTS)


def air_permits(rows: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Choose the controls of each plant and classify its air permit.

    Potential to emit of each pollutant = output that can be sustained x 8,760 h x rate (40 CFR 52.21(b)(4)), against
    the line of the place: that of nonattainment review for NOx and VOC where ozone or the ozone transport region sets
    one, for fine particulate where it does, else 250 short tons. Below the line it is a minor source. Behind
    catalysts, or with a limit on hours, it is a synthetic minor one if it keeps a margin and the limit does not bind
    the hours that it runs; a stack that begins with its engines alone has them at the mean load. Rates and removal are
    ranges, so the class has a probability. A major source needs every control, and offsets where the area is
    nonattainment.

    The control with the least of cost and worth of the expected months is chosen.

    Parameters
    ----------
    rows : pl.DataFrame
        region_id, stack_id, firm_technology, firm_units (count), firm_unit_mw (MW) and, where known, firm_mwh
        (MWh/year); units without it run all year.
    regions : pl.DataFrame
        region_id and the columns of `FACTS`.
    settings : Settings

    Returns
    -------
    pl.DataFrame
        One row per row: air_permit_control, air_permit_class (the likeliest), air_permit_below_prob,
        air_permit_nonattainment_prob, nox_tons, co_tons, voc_tons, pm25_tons, formaldehyde_tons (short ton/year),
        firm_used_mwh_per_year, minor_limit_mwh_per_year, minor_limit_used_frac (null where no limit is needed),
        air_permit_expected_months, control_usd_per_kw, control_usd_per_mwh, offset_usd (expected), air_permit_id
        (duration), air_permit_months_p50.
    """
    chosen = every_control(rows, regions, settings).filter("is_chosen")
    return chosen.sort("_row").drop("_row", "is_chosen")


def permit_table(chosen: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Build contract `mart.air_permits`; empty where permits do not follow from the place.

    Parameters
    ----------
    chosen : pl.DataFrame
        Contract `sim.chosen`.
    regions : pl.DataFrame
        Contract `core.regions`.
    """
    if not has_facts(regions, settings):
        return pl.DataFrame(AirPermits.create_empty())
    lines = pl.col("nox_major_tpy", "voc_major_tpy").cast(pl.Float64).fill_null(PSD_TPY)
    found = (
        every_control(chosen, regions, settings)
        .join(regions.select("region_id", lines), on="region_id", how="left", maintain_order="left")
        .with_columns((pl.col("formaldehyde_tons") >= HAP_TPY).alias("is_hap_major"))
    )
    return validate(found.sort("region_id", "stack_id", "air_permit_control"), "mart.air_permits")


def every_control(rows: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Classify the permit of each plant behind every control, with `_row` and is_chosen; see `air_permits`."""
    frame = with_places(rows, regions)
    load_mw, known, burning = site_load_mw(settings), technologies(settings), burning_plants(settings)
    parts = []
    for name in frame["firm_technology"].unique(maintain_order=True):
        own = frame.filter(pl.col("firm_technology").eq_missing(pl.lit(name)))
        technology = known.get(name or "")
        if name in burning:
            parts.append(_chosen(own, burning[name], load_mw, settings))
        elif technology is None or technology.is_standby:
            parts.append(_plain(own, "none" if technology is None else "minor", settings))
        else:
            nox = technology.figure("nox_kg_per_mwh", settings)
            is_gas = technology.fuel == "natural_gas"
            if nox > 0.0:
                parts.append(_by_nox(own, nox, load_mw, settings))
            else:
                parts.append(_flameless(own, load_mw, settings) if is_gas else _plain(own, "none", settings))
    return pl.concat(parts, how="diagonal")


@cache
def _catalyst_rows(directory: Path) -> dict[tuple[str, str], tuple[float, int]]:
    """Read the prices of catalysts in the technology table: USD/kW and their dollar year."""
    table = parameters(load_reference("technology", directory))
    return {
        key: (table.value(*key), int(row["dollar_year"])) for key, row in table.rows.items() if key[1] in _CATALYSTS
    }


def control_costs(plant: str, settings: Settings) -> tuple[float, float]:
    """Read what catalysts of a kind of unit cost: the oxidation catalyst, and both (USD/kW of the dollar year).

    Those of engines are figures of the technology table, those of others settings.
    """
    rows = _catalyst_rows(settings.reference_dir)
    assumed = (settings.turbine_oxidation_usd_per_kw, settings.turbine_scr_usd_per_kw)
    oxidation, scr = (
        to_dollar_year(*rows[plant, name], settings) if (plant, name) in rows else cost
        for name, cost in zip(_CATALYSTS, assumed, strict=True)
    )
    return oxidation, oxidation + scr


def control_prices(plant: str, settings: Settings) -> tuple[dict[str, float], dict[str, float]]:
    """Compute what each control of a kind of unit costs to build (USD/kW) and to run (USD/MWh), by control."""
    capital = (0.0, *control_costs(plant, settings))
    operation = np.cumsum([0.0, settings.oxidation_usd_per_mwh, settings.scr_usd_per_mwh]).tolist()
    return dict(zip(CONTROLS, capital, strict=True)), dict(zip(CONTROLS, operation, strict=True))


@dataclass(frozen=True)
class Choice:
    """One control for rows of one kind of unit: class, expected months and money; arrays of shape (n_rows,)."""

    control: str
    permits: Permits
    nonattainment: Array
    months: Array
    usd_per_kw: Array
    usd_per_mwh: Array
    offset_usd: Array
    money_usd: Array

    def classes(self) -> NDArray[np.str_]:
        """Name the likeliest class of each row."""
        below = self.permits.below
        other = 1.0 - below - self.nonattainment
        major = np.where(self.nonattainment >= other, "nonattainment_nsr", "major_psd")
        minor = np.where(self.permits.is_natural, "minor", "synthetic_minor")
        return np.where(below >= np.maximum(self.nonattainment, other), minor, major)


def choices(frame: pl.DataFrame, plant: str, load_mw: float, settings: Settings) -> list[Choice]:
    """Evaluate every control for rows of one kind of unit.

    A major source needs every control, and offsets for its NOx and VOC where the area is nonattainment; costs and
    months are expected ones, over the probabilities of the classes.

    Parameters
    ----------
    frame : pl.DataFrame
        Rows with the facts of their places.
    plant : str
    load_mw : float
        Load of the site at the bus, which limits what can be sustained.
    settings : Settings
    """
    installed = (frame["firm_units"].cast(pl.Float64) * frame["firm_unit_mw"]).to_numpy()
    running = np.minimum(installed, load_mw)
    given_mwh = running * used_share(frame, running, settings) * HOURS_PER_YEAR
    capital, operation = control_prices(plant, settings)
    minor, psd, nsr = (_state_medians(frame["state"], name, settings) for name in ("minor", *MAJOR))
    full = controlled(plant, _FULL, settings)
    emitted = (full["nox"].mid + full["voc"].mid) * given_mwh / HOURS_PER_YEAR
    price = frame["nox_offset_ratio"].to_numpy() * settings.offset_usd_per_ton
    found = []
    for control in CONTROLS:
        own = classified(frame, plant, control, running, settings)
        major = 1.0 - own.below
        nonattainment = np.minimum(own.nonattainment, major)
        months = own.below * minor + nonattainment * nsr + (major - nonattainment) * psd
        usd_per_kw = own.below * capital[control] + major * capital[_FULL]
        usd_per_mwh = own.below * operation[control] + major * operation[_FULL]
        offset_usd = nonattainment * price * emitted
        money = usd_per_kw * 1000.0 * installed + offset_usd + usd_per_mwh * given_mwh * _annuity(settings)
        money = money + settings.permit_month_usd_per_kw * 1000.0 * load_mw * months
        found.append(Choice(control, own, nonattainment, months, usd_per_kw, usd_per_mwh, offset_usd, money))
    return found


def permit_costs(rows: pl.DataFrame, regions: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Compute what the permits of many designs cost, as `air_permits` chooses their controls.

    Parameters
    ----------
    rows, regions, settings
        As for `air_permits`.

    Returns
    -------
    pl.DataFrame
        control_usd_per_kw, control_usd_per_mwh, offset_usd; one row per row.
    """
    frame = with_places(rows, regions)
    load_mw = site_load_mw(settings)
    costs = np.zeros((3, len(frame)))
    for name, plant in burning_plants(settings).items():
        at = np.flatnonzero((frame["firm_technology"].eq_missing(name)).to_numpy())
        if not len(at):
            continue
        found = choices(frame[at], plant, load_mw, settings)
        best = np.argmin(np.stack([choice.money_usd for choice in found]), axis=0)
        each = np.stack([(c.usd_per_kw, c.usd_per_mwh, c.offset_usd) for c in found])
        costs[:, at] = each[best, :, np.arange(len(at))].T
    return pl.DataFrame(dict(zip(("control_usd_per_kw", "control_usd_per_mwh", "offset_usd"), costs, strict=True)))


def burning_plants(settings: Settings) -> dict[str, str]:
    """List the technologies whose permit is by pollutant, with the kind of unit that their factors are of."""
    return {
        name: own.location_proxy
        for name, own in technologies(settings).items()
        if not own.is_standby and controlled(own.location_proxy, "none", settings)
    }


def site_load_mw(settings: Settings) -> float:
    """Compute the load of the site at the bus at the design temperature (MW)."""
    return ceil(settings.site_it_mw / settings.module_mw - 1e-9) * settings.module_mw * design_pue(settings)


def _chosen(frame: pl.DataFrame, plant: str, load_mw: float, settings: Settings) -> pl.DataFrame:
    """Choose the control with the least of cost and worth of months, the lesser one where they are alike."""
    found = choices(frame, plant, load_mw, settings)
    best = np.argmin(np.stack([choice.money_usd for choice in found]), axis=0)
    return pl.concat(
        described(frame, choice, settings).with_columns(pl.Series("is_chosen", best == place))
        for place, choice in enumerate(found)
    )


def described(frame: pl.DataFrame, choice: Choice, settings: Settings) -> pl.DataFrame:
    """Put one control of every row in columns, see `air_permits`."""
    own, below = choice.permits, choice.permits.below
    is_nsr = choice.nonattainment * 2.0 >= 1.0 - below
    ids = [
        mixed_id(state, MAJOR[int(nsr)], int(count))
        for state, nsr, count in zip(frame["state"], is_nsr, np.rint(below * STEPS), strict=True)
    ]
    columns = {
        "air_permit_below_prob": below,
        "air_permit_nonattainment_prob": choice.nonattainment,
        **{f"{name}_tons": own.tons.get(name, np.zeros(len(frame))) for name in _SHOWN},
        "firm_used_mwh_per_year": own.used_mwh,
        "minor_limit_mwh_per_year": own.limit_mwh,
        "minor_limit_used_frac": own.used_mwh / own.limit_mwh,
        "air_permit_expected_months": choice.months,
        "control_usd_per_kw": choice.usd_per_kw,
        "control_usd_per_mwh": choice.usd_per_mwh,
        "offset_usd": choice.offset_usd,
    }
    made = frame.select("_row", "region_id", "stack_id").with_columns(
        pl.lit(choice.control).alias("air_permit_control"),
        pl.Series("air_permit_class", choice.classes(), pl.String),
        *(pl.Series(name, values).fill_nan(None) for name, values in columns.items()),
    )
    return _with_id(made, ids, settings)


def _by_nox(frame: pl.DataFrame, nox_kg_per_mwh: float, load_mw: float, settings: Settings) -> pl.DataFrame:
    """Classify units whose NOx alone is known, without catalysts, against the line of the place."""
    running = np.minimum((frame["firm_units"].cast(pl.Float64) * frame["firm_unit_mw"]).to_numpy(), load_mw)
    tons = running * HOURS_PER_YEAR * nox_kg_per_mwh / KG_PER_SHORT_TON
    line = frame["nox_major_tpy"].to_numpy()
    is_below, is_nsr = tons < line, line < PSD_TPY
    classes = np.where(is_below, "minor", np.where(is_nsr, "nonattainment_nsr", "major_psd"))
    ids = [
        mixed_id(state, MAJOR[int(nsr)], STEPS * int(below))
        for state, nsr, below in zip(frame["state"], is_nsr, is_below, strict=True)
    ]
    months = [permit_points(settings)[name][1] for name in ids]
    own = _bare(frame).with_columns(
        pl.Series("air_permit_class", classes, pl.String),
        pl.Series("air_permit_below_prob", is_below.astype(np.float64)),
        pl.Series("air_permit_nonattainment_prob", (~is_below & is_nsr).astype(np.float64)),
        pl.Series("nox_tons", tons),
        pl.Series("air_permit_expected_months", months, pl.Float64),
    )
    return _with_id(own, ids, settings)


def _flameless(frame: pl.DataFrame, load_mw: float, settings: Settings) -> pl.DataFrame:
    """Classify fuel cells, which nothing burns in: exempt where the state says so, else registered."""
    exempt = set(state_months("exempt"))
    classes = ["exempt" if state in exempt else "registration" for state in frame["state"]]
    running = np.minimum((frame["firm_units"].cast(pl.Float64) * frame["firm_unit_mw"]).to_numpy(), load_mw)
    rates = flameless(settings)
    own = _bare(frame).with_columns(
        pl.Series("air_permit_class", classes, pl.String),
        *(pl.Series(f"{name}_tons", running * rate) for name, rate in rates.items()),
    )
    ids = ["no_combustion_plant" if state in exempt else registration_id(state) for state in frame["state"]]
    return _with_id(own, ids, settings)


def _plain(frame: pl.DataFrame, name: str, settings: Settings) -> pl.DataFrame:
    """Classify what needs no permit, and standby gensets, which are minor sources limited to emergencies."""
    own = _bare(frame).with_columns(pl.lit(name).alias("air_permit_class"))
    ids = [minor_id(state) if name == "minor" else "no_combustion_plant" for state in frame["state"]]
    return _with_id(own, ids, settings)


def _bare(frame: pl.DataFrame) -> pl.DataFrame:
    nothing = ("air_permit_expected_months", "control_usd_per_kw", "control_usd_per_mwh", "offset_usd")
    return frame.select("_row", "region_id", "stack_id").with_columns(
        pl.lit("none").alias("air_permit_control"),
        pl.lit("none").alias("air_permit_class"),
        pl.lit(1.0).alias("air_permit_below_prob"),
        pl.lit(0.0).alias("air_permit_nonattainment_prob"),
        *(pl.lit(0.0).alias(f"{name}_tons") for name in _SHOWN),
        *(pl.lit(0.0).alias(name) for name in nothing),
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in _LIMIT),
        pl.lit(True).alias("is_chosen"),
    )


def _with_id(frame: pl.DataFrame, ids: list[str], settings: Settings) -> pl.DataFrame:
    points = permit_points(settings)
    months = [points[name][1] if name in points else 0.0 for name in ids]
    return frame.with_columns(
        pl.Series("air_permit_id", ids, pl.String), pl.Series("air_permit_months_p50", months, pl.Float64)
    )


def _state_medians(states: pl.Series, kind: str, settings: Settings) -> Array:
    """Look up the median months of a class by state, shape (n_rows,)."""
    found = {}
    for state in states.unique().to_list():
        points = months_of("minor" if kind == "minor" else "major", state).points
        found[state] = (
            nonattainment_months(points, settings.nonattainment_month_factors) if kind == "nsr" else points
        )[1]
    return states.replace_strict(found, return_dtype=pl.Float64).to_numpy()


def _annuity(settings: Settings) -> float:
    """Compute the present worth of a dollar a year over the life of the capital."""
    rate, years = settings.discount_rate, settings.capital_life_years
    return years if rate == 0.0 else (1.0 - (1.0 + rate) ** -years) / rate
