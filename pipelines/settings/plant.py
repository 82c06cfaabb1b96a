"""What the plant of a site is made of and how it fails."""

from __future__ import annotations

from pydantic import BaseModel

from pipelines.settings.marks import economics, physics


class Plant(BaseModel):
    """What the plant of a site is made of and how it fails."""

    solar_losses_frac: float = physics(
        0.14,
        "dispatch",
        ge=0,
        lt=1,
        description="DC losses of the solar plant: soiling, mismatch, wiring, outages (share); PVWatts V5 default",
    )
    solar_power_per_c: float = physics(
        -0.0035,
        "dispatch",
        le=0,
        description="module output per deg C of cell temperature above 25 (share); PVWatts V5 premium module",
    )
    solar_ground_coverage_ratio: float = physics(
        0.40, "dispatch", gt=0, lt=1, description="module width over row pitch of the trackers; PVWatts V5 default"
    )
    solar_max_rotation_deg: float = physics(
        60.0, "dispatch", gt=0, le=90, description="largest tracker rotation (degrees); assumption"
    )
    solar_albedo: float = physics(
        0.20, "dispatch", ge=0, le=1, description="ground reflectance under the trackers; PVWatts V5 default"
    )
    start_minutes: float = physics(
        15.0, "dispatch", gt=0, description="start time of a firm unit that the reserve bridges (min); assumption"
    )
    load_step_frac: float = physics(
        0.10, "dispatch", ge=0, description="load step the reserve carries, share of peak load; assumption"
    )
    swing_reserve_factor: float = physics(
        1.0,
        "dispatch",
        ge=0,
        description="factor on the published power of the battery or capacitors that follow the swings of AI load, by "
        "prime mover (ratio); 0 sizes the reserve for the loss of a unit and a load step alone",
    )
    cloud_ramp_frac: float = physics(
        0.70,
        "dispatch",
        ge=0,
        le=1,
        description="share of the solar rating, up to the peak load, that clouds take within the start time of a unit "
        "and that the reserve carries; assumption",
    )
    fuel_cell_unit_mw: float = physics(
        1.3,
        "dispatch",
        gt=0,
        description="fuel-cell block that fails and is serviced as one: 20 modules of 0.065 MW (MW); assumption",
    )
    smr_unit_mw: float = physics(
        10.0,
        "dispatch",
        gt=0,
        description="reactor unit that fits the site (MW); assumption: the cited costs are of far larger reactors",
    )
    standby_unit_mw: float = physics(
        2.0, "dispatch", gt=0, description="standby diesel genset (MW); assumption, a usual size"
    )
    standby_min_load_frac: float = physics(
        0.3,
        "dispatch",
        ge=0,
        lt=1,
        description="least load of a standby genset, share of rating; assumption, against wet stacking",
    )
    standby_mttr_hours: float = physics(
        24.0, "dispatch", gt=0, description="repair time of a standby genset (h); assumption"
    )
    flat_no_load_frac: float = physics(
        0.0,
        "dispatch",
        ge=0,
        lt=1,
        description="no-load share of fuel where no part-load curve is published: fuel cell, SMR, diesel; assumption",
    )
    engine_derate_per_c: float = physics(
        0.01,
        "dispatch",
        ge=0,
        description="output lost by engines per deg C above engine_derate_above_c (share); assumption",
    )
    engine_derate_above_c: float = physics(
        35.0, "dispatch", description="outdoor temperature up to which engines hold their rating (deg C); assumption"
    )
    engine_altitude_derate_per_km: float = physics(
        0.05, "dispatch", ge=0, description="output lost by turbocharged engines per km of altitude (share); assumption"
    )
    turbine_derate_above_c: float = physics(
        15.0,
        "dispatch",
        description="temperature above which gas turbines lose output (deg C); cited, ISO rating point",
    )
    battery_soc_start_frac: float = physics(
        0.5,
        "dispatch",
        ge=0,
        le=1,
        description="state of charge at the start of a dispatched year (share of energy); assumption",
    )
    altitude_derate_per_km: float = physics(
        0.10,
        "dispatch",
        ge=0,
        description="output lost by combustion turbines per km of altitude (share); assumption, air density",
    )
    spare_transformer_swap_hours: float = physics(
        24.0, "dispatch", gt=0, description="hours to swap a failed unit transformer for the spare on site; assumption"
    )
    gas_interruptions_per_year: float = physics(
        0.1, "dispatch", ge=0, description="losses of the gas lateral per year; assumption"
    )
    gas_interruption_hours: float = physics(
        8.0, "dispatch", ge=0, description="length of one loss of the gas lateral (h); assumption"
    )
    ups_failure_frac: float = physics(
        0.002,
        "dispatch",
        ge=0,
        le=1,
        description="grid losses that the UPS fails to carry to the gensets (share); assumption",
    )
    gas_freeze_coldest_frac: float = physics(
        0.004,
        "dispatch",
        gt=0,
        le=1,
        description="share of a region's year in which a freeze-off of its basin begins: its coldest hours; assumption",
    )
    gas_freeze_cut_frac: float = physics(
        0.5,
        "dispatch",
        ge=0,
        le=1,
        description="share of interruptible customers that a freeze-off of the basin cuts: half the gas; assumption",
    )
    gas_start_failure: float = physics(
        0.002,
        "dispatch",
        ge=0,
        lt=1,
        description="starts of a gas engine or turbine that fail for longer than a second try (share); assumption",
    )
    solar_outage_frac: float = physics(
        0.03,
        "sampling",
        ge=0,
        lt=1,
        description="outages of inverters and arrays within solar_losses_frac; PVWatts V5 default",
    )
    solar_block_mw: float = physics(
        4.0, "sampling", gt=0, description="solar blocks that fail one by one (MW); assumption"
    )
    solar_repair_hours: float = physics(
        72.0, "sampling", gt=0, description="repair time of a solar block (h); assumption"
    )
    bess_block_mw: float = physics(
        5.0, "sampling", gt=0, description="battery blocks that fail one by one (MW); assumption"
    )
    flexible_grid_curtailed_frac: float = physics(
        0.005,
        "dispatch",
        ge=0,
        le=0.1,
        description="energy share a flexible grid connection curtails (cited: 0.25-1 % studied)",
    )

    engine_overhaul_hours: float = economics(
        60_000.0, gt=0, description="running hours of a gas engine between major overhauls (h); assumption"
    )
    engine_overhaul_days: float = economics(
        28.0, ge=0, description="days that a major overhaul takes an engine out of service (days); assumption"
    )
    turbine_overhaul_hours: float = economics(
        32_000.0, gt=0, description="running hours of a small turbine between major overhauls (h); assumption"
    )
    turbine_overhaul_days: float = economics(
        10.0, ge=0, description="days that a major overhaul takes a small turbine out of service (days); assumption"
    )
    stack_exchange_days: float = economics(
        5.0,
        ge=0,
        description="days that an exchange of stacks takes a fuel-cell block out of service (days); assumption",
    )
    monte_carlo_years: int = physics(
        100, "sampling", ge=2, description="years sampled per chosen design by the sequential Monte Carlo (count)"
    )
