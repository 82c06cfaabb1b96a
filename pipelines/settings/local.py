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
    has_air_permit_by_place: bool = economics(
        True,
        description="class, months and controls of the air permit follow from the place and the plant; else NOx alone "
        "against one threshold",
    )
    nonattainment_month_factors: Figures = economics(
        (1.25, 1.4, 1.7),
        min_length=3,
        max_length=3,
        description="months of nonattainment New Source Review as a multiple of those of a major permit elsewhere, "
        "P10, P50, P90 (ratio); assumption, no duration is observed",
    )
    generator_efficiency_frac: float = economics(
        0.96, gt=0, le=1, description="efficiency of the generator of an engine, shaft to output; assumption"
    )
    turbine_permit_mmbtu_per_mwh: float = economics(
        10.5,
        gt=0,
        description="heat rate at which the emissions of small turbines are counted (MMBtu/MWh HHV); assumption",
    )
    fuel_cell_lb_per_mwh: Figures = economics(
        (0.0017, 0.034, 0.016),
        min_length=3,
        max_length=3,
        description="NOx, CO and VOC of fuel cells (lb/MWh); assumption, as makers state them",
    )
    engine_pm25_tons_per_mw_year: float = economics(
        0.3,
        gt=0,
        description="fine particulate of gas engines at full load (short ton/MW/year); assumption, as turbines",
    )
    scr_nox_removal_frac: Figures = economics(
        (0.85, 0.90, 0.95),
        min_length=3,
        max_length=3,
        description="NOx that selective catalytic reduction removes, P10, P50, P90 (fraction); assumption",
    )
    oxidation_co_removal_frac: Figures = economics(
        (0.80, 0.93, 0.95),
        min_length=3,
        max_length=3,
        description="CO that an oxidation catalyst removes, P10, P50, P90 (fraction); assumption",
    )
    oxidation_voc_removal_frac: Figures = economics(
        (0.40, 0.60, 0.80),
        min_length=3,
        max_length=3,
        description="VOC without formaldehyde that an oxidation catalyst removes, P10, P50, P90 (fraction); assumption",
    )
    oxidation_formaldehyde_removal_frac: Figures = economics(
        (0.80, 0.90, 0.95),
        min_length=3,
        max_length=3,
        description="formaldehyde that an oxidation catalyst removes, P10, P50, P90 (fraction); assumption",
    )
    permit_margin_frac: float = economics(
        0.2, ge=0, lt=1, description="margin below the line that a synthetic minor source keeps (fraction); assumption"
    )
    permit_month_usd_per_kw: float = economics(
        100.0,
        ge=0,
        description="worth of a month of an air permit when controls are chosen (USD per kW of load); assumption",
    )
    turbine_scr_usd_per_kw: float = economics(
        100.0, ge=0, description="selective catalytic reduction of a small turbine (USD/kW); assumption"
    )
    turbine_oxidation_usd_per_kw: float = economics(
        25.0, ge=0, description="oxidation catalyst of a small turbine (USD/kW); assumption"
    )
    scr_usd_per_mwh: float = economics(
        1.6, ge=0, description="reagent, catalyst and tests of selective catalytic reduction (USD/MWh); assumption"
    )
    oxidation_usd_per_mwh: float = economics(
        0.3, ge=0, description="catalyst and tests of an oxidation catalyst (USD/MWh); assumption"
    )
    offset_usd_per_ton: float = economics(
        50_000.0,
        ge=0,
        description="price of the right to emit a ton a year for good where offsets are needed (USD per short ton of "
        "NOx or VOC); assumption, cited prices run from 4,500 to 300,000",
    )
    has_local_permits_by_place: bool = economics(
        True, description="months of zoning, site plan and building permits follow from the place; else one for all"
    )
    local_permits_light_months: Figures = economics(
        (2.0, 3.0, 5.0),
        min_length=3,
        max_length=3,
        description="local permits where data centres are allowed by right or counties do not zone, P10, P50, P90 "
        "(months); assumption",
    )
    local_permits_ordinary_months: Figures = economics(
        (3.0, 5.0, 9.0),
        min_length=3,
        max_length=3,
        description="local permits with zoning, site plan, building and noise, P10, P50, P90 (months); assumption",
    )
    local_permits_restricted_months: Figures = economics(
        (5.0, 9.0, 14.0),
        min_length=3,
        max_length=3,
        description="local permits where a zoning rule restricts data centres, P10, P50, P90 (months); assumption",
    )
    oxidation_lead_months: Figures = economics(
        (2.0, 3.0, 5.0),
        min_length=3,
        max_length=3,
        description="oxidation catalysts, order to delivery, P10, P50, P90 (months); assumption",
    )
    scr_lead_months: Figures = economics(
        (4.0, 6.0, 10.0),
        min_length=3,
        max_length=3,
        description="packaged selective catalytic reduction, order to delivery, P10, P50, P90 (months); assumption",
    )
    has_land_by_place: bool = economics(
        True, description="price of land and room for solar follow from the place; else land costs nothing"
    )
    site_acres_per_mw: float = economics(
        0.5, ge=0, description="land of the load, its units and its yard (acre per MW of IT); assumption"
    )
    land_price_factor: float = economics(
        3.0,
        gt=0,
        description="price of a parcel that may be built on, over the state's farm real estate (ratio); assumption",
    )
    unknown_land_usd_per_acre: float = economics(
        3080.0,
        ge=0,
        description="farm real estate where the state's is unknown, US mean of 2017 (USD/acre); assumption",
    )
    land_parcel_frac: float = economics(
        0.02,
        gt=0,
        le=1,
        description="largest parcel that can be put together, share of the county's open land (fraction); assumption",
    )
    land_density_per_sqmi: float = economics(
        500.0,
        gt=0,
        description="density by which the share of a county's land that is open falls by a factor of e (people per "
        "sqmi); assumption",
    )
    has_grid_line_by_place: bool = economics(
        True, description="line and option of a closed site follow from the place; else one price of a connection"
    )
    grid_line_included_km: float = economics(
        5.0, ge=0, description="line to a substation that the price of a grid connection includes (km); assumption"
    )
    grid_line_usd_per_km: float = economics(
        600_000.0, ge=0, description="further line of a grid connection (USD per km); assumption"
    )
    is_brownfield_sought: bool = economics(
        False, description="whether grid stacks take the site of a closed fossil plant where one is within reach"
    )
    brownfield_reach_km: float = economics(
        25.0,
        ge=0,
        description="distance from a county's centre within which a closed site is an option (km); assumption",
    )
    brownfield_wait_frac: float = economics(
        0.7,
        gt=0,
        le=1,
        description="wait for a grid connection at a closed site, share of the wait elsewhere (fraction); assumption",
    )
    brownfield_connection_cost_frac: float = economics(
        0.6,
        gt=0,
        le=1,
        description="price of a grid connection at a closed site, share of that elsewhere (fraction); assumption",
    )
