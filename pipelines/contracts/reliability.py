"""Tables of the reliability: shared failures as used, and the adequacy of every dispatched design."""

from __future__ import annotations

import dataframely as dy

from pipelines.contracts.base import choice, integer, number, table, text

TAKES = ["one_unit", "gas_units", "grid", "site"]
CAUSES = ["shortage", "units", "baseload_or_grid", "gas_supply", "switchgear", "trips", "none"]


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
    unserved_switchgear_mwh = number("Unserved through loss of the medium-voltage switchgear.", "MWh/year", minimum=0)
    unserved_trips_mwh = number("Unserved while the site restarts after an uncarried trip.", "MWh/year", minimum=0)
    largest_cause = choice("Cause of most of the unserved energy.", CAUSES)
    trips_per_year = number("Trips of running units and losses of grid.", "1/year", minimum=0)
    interruptions_per_year = number("Interruptions of the whole site.", "1/year", minimum=0)
