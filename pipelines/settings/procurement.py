"""How equipment is bought: postures, islands at low voltage, reserved slots, what is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from pipelines.settings.marks import economics, operation

Posture = Literal["open", "new_order", "framework"]


class Procurement(BaseModel):
    """How equipment is bought: postures, islands at low voltage, reserved slots, what is there already."""

    posture: Posture = economics(
        "open",
        description="how equipment is bought: open (what anyone with money can buy now), new_order (new orders alone), "
        "framework (slots held before the site)",
    )
    is_module_rule: bool = economics(
        True, description="whether the first module waits for its own share of the electrical plant, not for all of it"
    )
    is_transformer_by_size: bool = economics(
        True, description="whether the lead time of unit transformers is that of their size class"
    )
    island_commissioning_months: float = economics(
        2.0,
        ge=0,
        description="protection, fault level, black start and load steps of an island after the last delivery "
        "(months); 0 leaves the step out; assumption",
    )
    compute_ready_months: float | None = economics(
        None,
        ge=0,
        description="month from the decision in which the compute blocks are set and ready for power (months); "
        "unset, their orders are drawn",
    )
    lv_island_mw: float = economics(
        3.7,
        ge=0,
        description="load that one 480 V board of 5,000 A carries at a power factor of 0.9, and the largest unit that "
        "generates onto it (MW); 0 allows no such island; assumption",
    )
    lv_islands: int = economics(
        2, ge=0, description="islands at 480 V that one site runs beside each other (count); assumption"
    )
    has_slip: bool = economics(
        True, description="whether deliveries slip against the months that suppliers plan and quote"
    )
    slip_median_ratio: float = economics(
        1.3,
        ge=1,
        le=2,
        description="median of delivered over quoted months of a project's deliveries (ratio); assumption",
    )
    slip_p90_ratio: float = economics(
        2.0, ge=1, le=4, description="P90 of delivered over quoted months of a project's deliveries (ratio); assumption"
    )
    framework_generator_months: float = economics(
        4.0, ge=0, description="call-off of a reserved generator slot to delivery (months); assumption"
    )
    framework_transformer_months: float = economics(
        2.0, ge=0, description="call-off of a reserved unit transformer to delivery (months); assumption"
    )
    framework_switchgear_months: float = economics(
        4.0, ge=0, description="call-off of a reserved medium-voltage line-up to delivery (months); assumption"
    )
    framework_cooling_months: float = economics(
        3.0, ge=0, description="call-off of reserved chillers or coolant units to delivery (months); assumption"
    )
    rented_unit_months: float = economics(
        3.0, ge=0, description="order of a rented engine package to delivery (months); assumption"
    )
    rented_gear_months: float = economics(
        0.5, ge=0, description="step-up transformer and breakers of a rented package to delivery (months); assumption"
    )
    stock_battery_months: float = economics(
        4.0, ge=0, description="order of battery containers from stock to delivery (months); assumption"
    )
    trucked_gas_months: float = economics(
        2.0, ge=0, description="contract to first trucked gas on site (months); assumption"
    )
    path_premium_frac: float = economics(
        0.15,
        ge=0,
        description="premium of a way to buy that publishes no price, share of the price of a new order; assumption",
    )
    chillers_usd_per_kw: float = economics(
        200.0, ge=0, description="chillers (USD per kW of peak load), of which premiums are shares; assumption"
    )
    coolant_distribution_usd_per_kw: float = economics(
        100.0,
        ge=0,
        description="coolant distribution (USD per kW of peak load), of which premiums are shares; assumption",
    )
    battery_usd_per_kwh: float = economics(
        250.0, ge=0, description="battery containers (USD per kWh), of which premiums are shares; assumption"
    )
    acceleration_samples: int = economics(
        1000, ge=100, description="samples that ways to buy are compared on, shared by all (count)"
    )
    projects_file: Path | None = operation(
        None, description="observed projects in place of the embedded ones, with the same columns (CSV)"
    )
