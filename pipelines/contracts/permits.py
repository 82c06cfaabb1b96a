"""Contract of the air permits: what each control comes to for every plant at its place."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, flag, number, table, text

CONTROLS = ["none", "oxidation_catalyst", "scr_and_oxidation_catalyst"]
PERMIT_CLASSES = [
    *("none", "exempt", "registration", "minor", "synthetic_minor"),
    *("major_psd", "nonattainment_nsr"),
]


def _tons(what: str) -> dy.Float64:
    return number(f"Potential to emit {what} at the load all year, behind the control", "short ton/year", minimum=0)


@table(
    "mart.air_permits",
    grain="One row per region, stack and control that its units can have; plants that burn nothing have one row.",
    time="Months count from a complete application to the permit.",
)
class AirPermits(dy.Schema):
    """The air permit of every plant at its place, by control."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack", key=True)
    air_permit_control = choice("Control of emissions", CONTROLS, key=True)
    is_chosen = flag("Least of cost and worth of the expected months")
    air_permit_class = choice("Likeliest class", PERMIT_CLASSES)
    air_permit_below_prob = number(
        "Probability that the plant stays below the line of every pollutant", "fraction", minimum=0, maximum=1
    )
    air_permit_nonattainment_prob = number(
        "Probability that it needs nonattainment New Source Review", "fraction", minimum=0, maximum=1
    )
    firm_used_mwh_per_year = number(
        "Energy that the units give in a year, that of the mean load where they begin alone; null where nothing burns",
        "MWh/year",
        minimum=0,
        nullable=True,
    )
    minor_limit_mwh_per_year = number(
        "Energy up to which the plant is a synthetic minor source behind the control, at the median rates and with the "
        "margin below the line; null where it needs no limit",
        "MWh/year",
        minimum=0,
        nullable=True,
    )
    minor_limit_used_frac = number(
        "Energy that the units give, share of that limit; above 1 it would bind: the plant is no likely minor source",
        "fraction",
        minimum=0,
        nullable=True,
    )
    nox_tons = _tons("NOx")
    co_tons = _tons("CO")
    voc_tons = _tons("VOC with formaldehyde")
    pm25_tons = _tons("fine particulate")
    formaldehyde_tons = _tons("formaldehyde")
    is_hap_major = flag(
        "Formaldehyde reaches 10 short tons a year: major for hazardous pollutants (Title V, engine rules), which adds "
        "no months here"
    )
    nox_major_tpy = number("Line of a major source for NOx at the place", "short ton/year", minimum=0)
    voc_major_tpy = number("Line of a major source for VOC at the place", "short ton/year", minimum=0)
    air_permit_expected_months = number("Expected months over the classes, from their medians", "months", minimum=0)
    air_permit_months_p50 = number("Median months of the duration drawn", "months", minimum=0)
    air_permit_id = text("Duration drawn, see lead_times")
    control_usd_per_kw = number("Expected cost of catalysts, before the factor of the place", "USD/kW", minimum=0)
    control_usd_per_mwh = number("Expected cost of running them", "USD/MWh", minimum=0)
    offset_usd = number("Expected cost of offsets", "USD", minimum=0)
