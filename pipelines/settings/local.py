"""What a place does to months and money: the gas lateral, the air permit, local permits."""

from __future__ import annotations

from pydantic import BaseModel

from pipelines.settings.lists import Figures
from pipelines.settings.marks import economics


class Local(BaseModel):
    """What a place does to months and money: the gas lateral, the air permit, local permits."""

    has_gas_lateral_by_place: bool = economics(
        True, description="length, months and cost of the gas lateral follow from the place; else gas_lateral_months"
    )
    site_search: str = economics(
        "3",
        pattern=r"^([1-9]|off)$",
        description="decile of the distance to gas, over the sites of a county, that the developer settles for "
        "(1 = the nearest tenth), or off: a site at the centre of population; assumption",
    )
    gas_lateral_at_main_months: Figures = economics(
        (3.0, 6.0, 12.0),
        min_length=3,
        max_length=3,
        description="meter and regulator station at an existing main, P10, P50, P90 (months); assumption",
    )
    gas_lateral_at_8_km_months: Figures = economics(
        (9.0, 14.0, 24.0),
        min_length=3,
        max_length=3,
        description="the same with 8 km of new line, P10, P50, P90 (months); assumption",
    )
    gas_lateral_far_months_per_km: float = economics(
        0.25, ge=0, description="further months per km of a lateral beyond 8 km, certificate left out; assumption"
    )
    gas_lateral_inches: float = economics(
        4.0, gt=0, description="diameter of a gas lateral (inch); assumption, carries more than 20 MW needs"
    )
    gas_meter_station_usd: float = economics(
        750_000.0, ge=0, description="meter and regulator station of a gas connection (USD); assumption"
    )
    gas_reach_km: float = economics(
        50.0, ge=0, description="longest gas lateral that a site is built for (km); assumption"
    )
    utility_main_km: Figures = economics(
        (0.5, 4.0, 12.0),
        min_length=3,
        max_length=3,
        description="distance to a large enough main of a city's gas utility, which no map shows, P10, P50, P90 (km); "
        "assumption",
    )
    unmapped_gas_km_factors: Figures = economics(
        (0.25, 1.0, 1.25),
        min_length=3,
        max_length=3,
        description="range of a distance to gas that rests on a far line or a plant near by, where a utility may be "
        "nearer, P10, P50, P90 (ratio); assumption",
    )
    unknown_gas_km_metro: Figures = economics(
        (0.7, 5.8, 26.1),
        min_length=3,
        max_length=3,
        description="distance to gas in a metropolitan county without data, P10, P50, P90 (km); assumption: as from "
        "the centres of those with data",
    )
    unknown_gas_km_rural: Figures = economics(
        (0.9, 7.1, 50.0),
        min_length=3,
        max_length=3,
        description="distance to gas in another county without data, P10, P50, P90 (km); assumption: as from the "
        "centres of those with data",
    )
