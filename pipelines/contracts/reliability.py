"""Tables of the reliability: shared failures as used, and the adequacy of every dispatched design."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, integer, number, table, text

TAKES = ["one_unit", "gas_units", "grid", "site"]
CAUSES = ["shortage", "units", "baseload_or_grid", "gas_supply", "switchgear", "hazards", "trips", "none"]


@table("core.outage_causes", grain="One row per region and shared failure: how often, how long, what fails with it.")
class OutageCauses(dy.Schema):
    region_id = text("Region.", key=True)
    cause = text("Shared failure.", key=True)
    takes = choice("What fails with it.", TAKES)
    events_per_year = number("Events per year.", "1/year", minimum=0)
    hours_per_event = number("Mean length of one event.", "h", minimum=0)
    unavailability_frac = number("Share of time in force, events x hours / 8760.", "fraction", minimum=0, maximum=1)
    source_title = text("Where the rate comes from.")
    publisher = text("Who published it.")
    url = text("Where it was found; empty for a setting.")
    as_of = text("Date of the source or data; empty for a setting.")


@table(
    "sim.adequacy",
    grain="One row per region, weather year and design: unserved energy with outages counted, by cause.",
    time="Figures are per weather year.",
)
class Adequacy(dy.Schema):
    region_id = text("Region.", key=True)
    weather_year = integer("Calendar year, 1.. for synthetic years, 0 for a typical year from a file.", key=True)
    design_id = text("Design.", key=True)
    stack_id = text("Power stack.")
    load_mwh = number("Demanded energy at the bus.", "MWh/year", minimum=0)
    eue_mwh_per_year = number("Expected unserved energy, all causes.", "MWh/year", minimum=0)
    lolh_hours_per_year = number("Expected hours with any load unserved.", "h/year", minimum=0)
    availability_frac = number("Served over demanded energy.", "fraction", minimum=0, maximum=1)
    full_service_hours_frac = number("Share of hours with the whole load served.", "fraction", minimum=0, maximum=1)
    unserved_shortage_mwh = number("Unserved with nothing on outage: the sizes fall short.", "MWh/year", minimum=0)
    unserved_units_mwh = number("Unserved through forced and planned outages of firm units.", "MWh/year", minimum=0)
    unserved_baseload_or_grid_mwh = number("Unserved through outages of baseload units or grid.", "MWh/year", minimum=0)
    unserved_gas_supply_mwh = number("Unserved through loss of the gas supply.", "MWh/year", minimum=0)
    unserved_gas_basin_mwh = number("Of that, unserved in freeze-offs of the basin.", "MWh/year", minimum=0)
    gas_basin_hours_per_year = number(
        "Of the hours with load unserved, those that freeze-offs of the basin add.", "h/year", minimum=0
    )
    gas_lateral_hours_per_year = number(
        "Of the hours with load unserved, those that losses of the gas lateral add.", "h/year", minimum=0
    )
    gas_basin_interruptions_per_year = number("Of the interruptions, those by freeze-offs.", "1/year", minimum=0)
    gas_lateral_interruptions_per_year = number("Of the interruptions, those by the gas lateral.", "1/year", minimum=0)
    unserved_switchgear_mwh = number("Unserved through loss of the medium-voltage switchgear.", "MWh/year", minimum=0)
    unserved_trips_mwh = number("Unserved while the site restarts after an uncarried trip.", "MWh/year", minimum=0)
    largest_cause = choice("Cause of most of the unserved energy.", CAUSES)
    trips_per_year = number("Trips of running units and losses of grid.", "1/year", minimum=0)
    interruptions_per_year = number("Interruptions of the whole site.", "1/year", minimum=0)


def _estimate(description: str, unit: str, *, minimum: float | None = 0) -> dy.Float64:
    """Describe a sampled mean or its standard error."""
    return number(f"{description}, sampled", unit, minimum=minimum, nullable=True)


@table(
    "mart.adequacy",
    grain="One row per region and stack: adequacy of the chosen design by convolution and by sampled years (mc_).",
    time="Figures are per year, mean of the weather years; _se is the standard error of the sampled mean beside it.",
)
class ChosenAdequacy(dy.Schema):
    """What an engineer signs."""

    region_id = text("Region", key=True)
    stack_id = text("Power stack", key=True)
    design_id = text("Chosen design")
    load_mwh = number("Energy demanded at the bus", "MWh/year", minimum=0)
    spare_units = integer(
        "Firm units beyond those that carry the peak alone with the baseload units: the k of N+k", nullable=True
    )
    lolh_hours_per_year = number(
        "Hours with any load unserved (LOLE in hours), by convolution, natural hazards counted", "h/year", minimum=0
    )
    lolp_frac = number("Probability that an hour is not fully served (LOLP)", "fraction", minimum=0, maximum=1)
    eue_mwh_per_year = number("Expected unserved energy, by convolution", "MWh/year", minimum=0)
    normalised_eue_frac = number("Unserved over demanded energy", "fraction", minimum=0, maximum=1)
    availability_frac = number("Served over demanded energy", "fraction", minimum=0, maximum=1)
    nines = number("Nines of the energy served, -log10 of the share lost; not of uptime", "1", nullable=True)
    largest_cause = choice("Cause of most of the unserved energy", CAUSES)
    trips_per_year = number("Trips of running units and losses of grid", "1/year", minimum=0)
    interruptions_per_year = number("Interruptions of the whole site", "1/year", minimum=0)
    mc_years = integer(
        "Sampled years; empty where a night of many regions samples the best alone", minimum=1, nullable=True
    )
    mc_lolh_hours_per_year = _estimate("Hours with any load unserved (LOLE in hours)", "h/year")
    mc_lolh_hours_per_year_se = _estimate("Standard error of the hours", "h/year")
    mc_lole_days_per_year = _estimate("Days short in their peak hour (LOLE in days)", "d/year")
    mc_lole_days_per_year_se = _estimate("Standard error of the days", "d/year")
    mc_lole_events_per_year = _estimate("Events: runs of hours with load unserved (LOLE in events)", "1/year")
    mc_lole_events_per_year_se = _estimate("Standard error of the events", "1/year")
    mc_lolp_frac = _estimate("Probability that an hour is not fully served", "fraction")
    mc_lolp_frac_se = _estimate("Standard error of the probability", "fraction")
    mc_eue_mwh_per_year = _estimate("Expected unserved energy", "MWh/year")
    mc_eue_mwh_per_year_se = _estimate("Standard error of the unserved energy", "MWh/year")
    mc_normalised_eue_frac = _estimate("Unserved over demanded energy", "fraction")
    mc_normalised_eue_frac_se = _estimate("Standard error of the share, and of the availability", "fraction")
    mc_availability_frac = number(
        "Served over demanded energy, sampled", "fraction", minimum=0, maximum=1, nullable=True
    )
    mc_nines = number("Nines of the energy served; empty where no sampled year lost anything", "1", nullable=True)
    mc_unserved_mwh_p50 = _estimate("Unserved energy of a year, median", "MWh")
    mc_unserved_mwh_p95 = _estimate("Unserved energy of a year, 95th percentile", "MWh")
    mc_unserved_mwh_p99 = _estimate("Unserved energy of a year, 99th percentile", "MWh")
    mc_unserved_mwh_cvar95 = _estimate("Unserved energy of a year, mean of the worst twentieth", "MWh")
    worst_years_served_frac = number(
        "Energy served of that demanded in the worst twentieth of sampled years",
        "fraction",
        minimum=0,
        maximum=1,
        nullable=True,
    )
    mc_longest_outage_hours = _estimate(
        "Longest event of all years; of natural hazards, the median longest of so many years", "h"
    )
    mc_trip_interruptions_per_year = _estimate("Interruptions by trips that nothing carries", "1/year")
    mc_trip_interruptions_per_year_se = _estimate("Standard error of the interruptions", "1/year")
    mc_failed_starts_per_year = _estimate("Units that failed to start or, called from standby, to run", "1/year")
    mc_failed_starts_per_year_se = _estimate("Standard error of the failed starts", "1/year")
    mc_difference_mwh_per_year = _estimate(
        "Sampled less convolved unserved energy: what the battery bridges, and what the convolution leaves out",
        "MWh/year",
        minimum=None,
    )
    mc_as_dispatched_difference_mwh_per_year = _estimate(
        "The same with the battery on the dispatch's schedule, as the convolution has it: what is left is blocks of "
        "sun and battery that fail, and sampling",
        "MWh/year",
        minimum=None,
    )
    mc_bridged_mwh_per_year = _estimate(
        "Unserved energy saved because units fill the battery while others are out", "MWh/year", minimum=None
    )
    mc_bridged_mwh_per_year_se = _estimate("Standard error of the energy bridged", "MWh/year")
    survival_of = choice("What the ride-through columns lose", ["grid", "gas_supply", "nothing"], nullable=True)
    survives_1h_frac = number(
        "Probability to ride through a loss of it of 1 h that begins at a random hour",
        "fraction",
        minimum=0,
        nullable=True,
    )
    survives_4h_frac = number("The same for 4 h", "fraction", minimum=0, nullable=True)
    survives_8h_frac = number("The same for 8 h", "fraction", minimum=0, nullable=True)
    survives_24h_frac = number("The same for 24 h", "fraction", minimum=0, nullable=True)
