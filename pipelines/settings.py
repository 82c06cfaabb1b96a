"""Every setting once: default, unit, meaning. Each is read from the environment with the prefix FIRSTMW_.

A figure that has a cited source stands in `pipelines/reference/`; what stands here is a choice of the user's, a limit
of the machine, or an assumption without a source, which then says "assumption".
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

REFERENCE_DIR = Path(__file__).parent / "reference"
SCENARIOS_FILE = Path(__file__).parent / "ranking" / "scenarios.csv"
WeatherSource = Literal["file", "nsrdb", "nasa_power", "open_meteo", "pvgis"]


class Settings(BaseSettings):
    """Settings of a night; the physical and economic ones are part of the run id."""

    model_config = SettingsConfigDict(env_prefix="FIRSTMW_", extra="ignore", frozen=True)

    # --- where things are -------------------------------------------------------------------------------------------
    data_dir: Path = Field(Path("data"), description="folder of raw bytes, caches, the build and the releases")
    reference_dir: Path = Field(REFERENCE_DIR, description="folder of the reference tables")
    weather_dir: Path | None = Field(None, description="folder of weather files (TMY3, EPW, SAM CSV, NSRDB PSM)")
    scenarios_file: Path = Field(SCENARIOS_FILE, description="named sets of settings that are ranked beside the night")
    profile: Literal["reference", "live"] = Field("reference", description="where the inputs of a night come from")
    cache_max_gb: float = Field(10.0, gt=0, description="size above which the longest unused results are deleted (GB)")
    keep_releases: int = Field(5, ge=1, description="releases kept after a publication (count)")
    http_timeout: float = Field(30.0, gt=0, description="seconds before a request to a source is given up")
    http_user_agent: str = Field(
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 firstmw/0.1",
        min_length=1,
        description="how the client names itself; some publishers refuse names that do not look like a browser",
    )
    http_attempts: int = Field(4, ge=1, le=10, description="times a request is sent before its source counts as down")
    http_backoff_seconds: float = Field(
        1.0, ge=0, description="pause before the second attempt, doubled for each further one (s)"
    )
    http_wait_max_seconds: float = Field(
        120.0, ge=0, description="longest pause that a source may ask for by Retry-After (s)"
    )
    http_deadline_seconds: float = Field(300.0, gt=0, description="time after which one answer is given up (s)")
    http_pause_factor: float = Field(
        1.0,
        ge=0,
        description="multiplies the pauses that each publisher's rate asks for; below 1 only on a mirror",
    )
    source_off: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="sources that are not asked, by name and separated by commas"
    )
    source_limits: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="calls that sources take, in place of the publishers' limits: <source>=<calls>/<second, minute, "
        "hour or day>, separated by commas",
    )
    source_county_minutes: float = Field(
        120.0, ge=0, description="longest time that a night of counties asks for weather (min)"
    )
    source_min_rows_frac: float = Field(
        0.5, ge=0, le=1, description="an answer with fewer rows than this share of the last good one is refused"
    )
    source_late_retries: int = Field(
        2, ge=0, description="times that a scheduled night asks again for what is not published yet"
    )
    source_late_wait_minutes: float = Field(30.0, ge=0, description="pause before it asks again (min)")
    source_max_reject_frac: float = Field(
        0.5, ge=0, le=1, description="an answer with a larger share of rejected rows is refused"
    )
    drift_max_churn_frac: float = Field(
        0.5,
        ge=0,
        le=1,
        description="share of the 20 best regions that may change from one night to the next on the same code before "
        "the release is held for review; assumption",
    )
    drift_max_rows_frac: float = Field(
        0.2, ge=0, description="change of a table's rows from night to night beyond which a warning is given"
    )
    drift_max_shift: float = Field(
        0.3,
        gt=0,
        le=1,
        description="largest distance between the distributions of a ranked quantity of two nights "
        "(Kolmogorov-Smirnov) beyond which a warning is given; assumption",
    )
    alert_webhook_url: SecretStr | None = Field(
        None, description="address that failures and stale data are posted to, as Slack-compatible JSON"
    )
    alert_email_to: str = Field("", description="addresses that failures and stale data are mailed to, by commas")
    alert_email_from: str = Field("", description="sender of these mails")
    alert_smtp_host: str = Field("localhost", description="mail server, by name or name:port; TLS where it offers it")
    alert_stale_hours: float = Field(
        30.0, gt=0, description="age of the current release's publication beyond which it is reported (h)"
    )
    county_edition: int = Field(2024, ge=2010, description="year of the Census Gazetteer whose counties are used")
    counties_file: Path | None = Field(None, description="county table of the Gazetteer, text or zip, to use instead")
    county_zones_file: Path | None = Field(None, description="ReEDS county2zone.csv to use instead")
    zone_hierarchy_file: Path | None = Field(None, description="ReEDS hierarchy.csv to use instead")
    eia861_file: Path | None = Field(None, description="EIA-861 reliability, workbook or the form's zip, any year")
    queue_lbnl_file: Path | None = Field(None, description="workbook of LBNL's Queued Up to use instead, any edition")
    queue_pjm_file: Path | None = Field(None, description="saved export of PJM's serial queue to use instead of a key")
    nri_file: Path | None = Field(None, description="county table of the National Risk Index, CSV or zip")
    eia_api_key: SecretStr | None = Field(None, description="key of the EIA API")
    nsrdb_api_key: SecretStr | None = Field(None, description="key of the NSRDB API")
    nsrdb_email: SecretStr | None = Field(None, description="e-mail address that goes with the key of the NSRDB API")
    pjm_queue_key: SecretStr | None = Field(None, description="subscription key that PJM's public queue page sends")
    census_api_key: SecretStr | None = Field(None, description="key of the Census API")

    # --- scale ------------------------------------------------------------------------------------------------------
    engine: Literal["local", "dask"] = Field("local", description="what runs the chunks of a night of many sites")
    dask_address: str = Field("", description="address of the Dask scheduler, such as tcp://127.0.0.1:8786")
    chunk_store: str = Field(
        "", description="shared folder or fsspec address that chunks leave their results in; default in data_dir"
    )
    chunk_workers: int = Field(2, ge=1, le=64, description="processes of this machine that run chunks (count)")
    chunk_sites: int = Field(
        48, ge=1, le=1000, description="most sites of a chunk; memory of a worker grows with it (count)"
    )
    county_solar_parts: Literal[1, 2, 4, 8] = Field(
        2, description="parts that counties split each gap between the solar sizes of solar_bess_gas into"
    )
    trace_sites: int = Field(
        100, ge=1, le=1000, description="best counties whose designs are traced hour by hour (count)"
    )
    sample_sites: int = Field(
        20, ge=1, le=1000, description="best counties whose designs are sampled by sequential Monte Carlo (count)"
    )

    # --- weather ----------------------------------------------------------------------------------------------------
    weather_sources: Annotated[tuple[WeatherSource, ...], NoDecode] = Field(
        ("file", "nsrdb", "nasa_power", "open_meteo", "pvgis"),
        description="where weather comes from, by name and separated by commas; each serves what those before it lack",
    )
    live_weather_years: int = Field(3, ge=1, le=30, description="newest calendar years of weather fetched per region")
    county_weather_years: int = Field(1, ge=1, le=30, description="newest calendar years of weather fetched per county")
    live_weather_typical_year: bool = Field(True, description="whether a typical year is fetched as well")
    weather_max_distance_km: float = Field(
        50.0, gt=0, description="a region uses a weather file only within this distance (km); assumption"
    )
    synthetic_years: int = Field(10, ge=1, le=30, description="synthetic reference years that can be made per region")
    dispatch_years: int = Field(1, ge=1, le=30, description="weather years that every design is dispatched over")

    # --- site and load ----------------------------------------------------------------------------------------------
    site_it_mw: float = Field(20.0, gt=0, description="IT load of one site (MW); assumption")
    module_mw: float = Field(1.0, gt=0, description="IT load of one modular block (MW)")
    hottest_temperature_c: float = Field(
        50.0, description="hottest hour that unit counts and reserves are laid out for (deg C); assumption"
    )
    it_load_factor: float = Field(
        1.0, gt=0, le=1, description="mean IT load as a share of the site's IT rating; assumption, the cautious end"
    )
    pue_base: float = Field(1.098, ge=1, description="PUE at and below pue_base_temperature_c; cited low of the range")
    pue_base_temperature_c: float = Field(
        15.0, description="outdoor temperature up to which PUE is flat (deg C); assumption"
    )
    pue_per_c: float = Field(0.004, ge=0, description="rise of PUE per deg C above that; assumption")
    availability_target: float = Field(0.999, gt=0, lt=1, description="share of demanded IT energy to be served")
    min_renewable_frac: float = Field(0.40, ge=0, le=1, description="least renewable share of solar_bess_gas")
    sizing_parts: Literal[1, 2, 4] = Field(
        2, description="parts that sizing first splits each gap of the design grid into; 1 keeps to the grid"
    )
    regret_regions: int = Field(
        5, ge=0, description="best regions whose dispatch rules are held against perfect foresight (count)"
    )
    min_baseload_frac: float = Field(
        0.60, ge=0, le=1, description="least share of the energy that the reactors of smr_hybrid give; assumption"
    )

    # --- plant ------------------------------------------------------------------------------------------------------
    solar_losses_frac: float = Field(
        0.14,
        ge=0,
        lt=1,
        description="DC losses of the solar plant: soiling, mismatch, wiring, outages (share); PVWatts V5 default",
    )
    solar_power_per_c: float = Field(
        -0.0035,
        le=0,
        description="module output per deg C of cell temperature above 25 (share); PVWatts V5 premium module",
    )
    solar_ground_coverage_ratio: float = Field(
        0.40, gt=0, lt=1, description="module width over row pitch of the trackers; PVWatts V5 default"
    )
    solar_max_rotation_deg: float = Field(
        60.0, gt=0, le=90, description="largest tracker rotation (degrees); assumption"
    )
    solar_albedo: float = Field(
        0.20, ge=0, le=1, description="ground reflectance under the trackers; PVWatts V5 default"
    )
    start_minutes: float = Field(
        15.0, gt=0, description="start time of a firm unit that the reserve bridges (min); assumption"
    )
    load_step_frac: float = Field(
        0.10, ge=0, description="load step the reserve carries, share of peak load; assumption"
    )
    fuel_cell_unit_mw: float = Field(
        1.3,
        gt=0,
        description="fuel-cell block that fails and is serviced as one: 20 modules of 0.065 MW (MW); assumption",
    )
    smr_unit_mw: float = Field(
        10.0,
        gt=0,
        description="reactor unit that fits the site (MW); assumption: the cited costs are of far larger reactors",
    )
    standby_unit_mw: float = Field(2.0, gt=0, description="standby diesel genset (MW); assumption, a usual size")
    standby_min_load_frac: float = Field(
        0.3, ge=0, lt=1, description="least load of a standby genset, share of rating; assumption, against wet stacking"
    )
    standby_mttr_hours: float = Field(24.0, gt=0, description="repair time of a standby genset (h); assumption")
    flat_no_load_frac: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="no-load share of fuel where no part-load curve is published: fuel cell, SMR, diesel; assumption",
    )
    engine_derate_per_c: float = Field(
        0.01, ge=0, description="output lost by engines per deg C above engine_derate_above_c (share); assumption"
    )
    engine_derate_above_c: float = Field(
        35.0, description="outdoor temperature up to which engines hold their rating (deg C); assumption"
    )
    engine_altitude_derate_per_km: float = Field(
        0.05, ge=0, description="output lost by turbocharged engines per km of altitude (share); assumption"
    )
    turbine_derate_above_c: float = Field(
        15.0, description="temperature above which gas turbines lose output (deg C); cited, ISO rating point"
    )
    battery_soc_start_frac: float = Field(
        0.5, ge=0, le=1, description="state of charge at the start of a dispatched year (share of energy); assumption"
    )
    altitude_derate_per_km: float = Field(
        0.10, ge=0, description="output lost by combustion turbines per km of altitude (share); assumption, air density"
    )
    spare_transformer_swap_hours: float = Field(
        24.0, gt=0, description="hours to swap a failed unit transformer for the spare on site; assumption"
    )
    gas_interruptions_per_year: float = Field(0.1, ge=0, description="losses of the gas lateral per year; assumption")
    gas_interruption_hours: float = Field(
        8.0, ge=0, description="length of one loss of the gas lateral (h); assumption"
    )
    ups_failure_frac: float = Field(
        0.002, ge=0, le=1, description="grid losses that the UPS fails to carry to the gensets (share); assumption"
    )
    gas_freeze_coldest_frac: float = Field(
        0.004,
        ge=0,
        le=1,
        description="share of a region's year that is cold for it: beyond the 99.6 % design hour; assumption",
    )
    gas_freeze_below_c: float = Field(
        -5.0, description="temperature above which the gas supply does not freeze (deg C); assumption"
    )
    gas_freeze_outage_frac: float = Field(
        0.02, ge=0, lt=1, description="share of such hours in which the gas supply is lost to frost; assumption"
    )
    gas_freeze_hours: float = Field(24.0, gt=0, description="mean length of such a loss (h); assumption")
    gas_start_failure: float = Field(
        0.002,
        ge=0,
        lt=1,
        description="starts of a gas engine or turbine that fail for longer than a second try (share); assumption",
    )
    solar_outage_frac: float = Field(
        0.03, ge=0, lt=1, description="outages of inverters and arrays within solar_losses_frac; PVWatts V5 default"
    )
    solar_block_mw: float = Field(4.0, gt=0, description="solar blocks that fail one by one (MW); assumption")
    solar_repair_hours: float = Field(72.0, gt=0, description="repair time of a solar block (h); assumption")
    bess_block_mw: float = Field(5.0, gt=0, description="battery blocks that fail one by one (MW); assumption")
    flexible_grid_curtailed_frac: float = Field(
        0.005, ge=0, le=0.1, description="energy share a flexible grid connection curtails (cited: 0.25-1 % studied)"
    )

    # --- reliability ------------------------------------------------------------------------------------------------
    monte_carlo_years: int = Field(
        100, ge=2, description="years sampled per chosen design by the sequential Monte Carlo (count)"
    )

    # --- money ------------------------------------------------------------------------------------------------------
    dollar_year: int = Field(2025, description="year of the real dollars that costs are expressed in")
    discount_rate: float = Field(
        0.09, gt=0, lt=0.5, description="real discount rate of power assets (per year); assumption"
    )
    unlisted_state_cost_factor: float = Field(
        1.0,
        gt=0,
        description="cost in Alaska and Hawaii, which the location tables lack, over the national one; assumption",
    )
    gas_price_basis: Literal["hub_plus_basis", "state_industrial"] = Field(
        "hub_plus_basis", description="which gas price a generator pays"
    )
    gas_delivery_adder_usd_per_mmbtu: float = Field(
        0.35, ge=0, description="lateral and transport from hub to burner (USD/MMBtu); assumption"
    )
    gas_floor_usd_per_mmbtu: float = Field(
        1.0, ge=0, description="floor of hub plus basis before delivery (USD/MMBtu); assumption"
    )
    energy_outlook: Literal["flat", "reference", "high_oil_and_gas_supply", "low_oil_and_gas_supply"] = Field(
        "reference",
        description="case of the Annual Energy Outlook that tonight's gas and grid prices follow over the years of "
        "a project; flat keeps them",
    )
    carbon_price_usd_per_tonne: float = Field(0.0, ge=0, description="price on CO2 (USD per tonne)")
    project_start_years: int = Field(
        2,
        ge=0,
        le=15,
        description="years from the decision to the first year of operation that fuel is bought for "
        "(years); assumption",
    )
    project_years: int = Field(
        20, ge=5, le=40, description="years of operation that power has to pay for itself (years); assumption"
    )
    debt_years: int = Field(20, ge=1, le=40, description="years of level debt service (years); assumption")
    salvage_frac: float = Field(
        0.5,
        ge=0,
        le=1,
        description="what plant fetches at the end, share of its price for the unused part of its life; assumption",
    )
    has_tax_credits: bool = Field(True, description="whether federal investment and production credits are counted")
    is_wage_rule_kept: bool = Field(
        True, description="whether prevailing wages and apprenticeships are kept, for the whole credit; assumption"
    )
    has_bonus_depreciation: bool = Field(True, description="whether plant is written off in its first year")
    cost_escalation_per_year: float = Field(
        0.025, ge=0, le=0.2, description="rise of costs per year that brings figures to dollar_year; assumption"
    )
    capital_life_years: float = Field(
        30.0, gt=0, description="longest life over which capital is recovered (years); assumption"
    )
    default_life_years: float = Field(
        20.0, gt=0, description="life of equipment without a cited one (years); assumption, the usual contract term"
    )
    default_construction_months: float = Field(
        12.0, ge=0, description="construction of equipment without a cited time, for its financing (months); assumption"
    )
    grid_connection_usd_per_kw: float = Field(
        350.0, ge=0, description="substation and line of a load connection (USD per kW of grid limit); assumption"
    )
    ups_usd_per_kw: float = Field(400.0, ge=0, description="UPS with batteries (USD per kW of IT); assumption")
    ups_life_years: float = Field(12.0, gt=0, description="life of the UPS (years); assumption")
    unit_transformer_usd_per_kw: float = Field(
        60.0, ge=0, description="unit transformers with one spare (USD per kW of peak load); assumption"
    )
    mv_switchgear_usd_per_kw: float = Field(
        90.0, ge=0, description="medium-voltage switchgear and protection (USD per kW of peak load); assumption"
    )
    grid_integration_usd_per_kw: float = Field(
        110.0,
        ge=0,
        description="controls and labour where there is no microgrid (USD per kW of load); cited split 50 + 60",
    )
    battery_tariff_frac: float = Field(
        0.0, ge=0, le=2, description="duty on batteries beyond those inside the cited costs (share of their price)"
    )
    diesel_usd_per_mmbtu: float = Field(
        27.0, ge=0, description="diesel at the site (USD/MMBtu HHV); assumption, some 3.7 USD/gallon"
    )
    regret_gas_usd_per_mmbtu: float = Field(
        4.0, gt=0, description="gas where dispatch rules are compared (USD/MMBtu HHV); assumption"
    )
    regret_grid_usd_per_mwh: float = Field(
        60.0, gt=0, description="grid energy where dispatch rules are compared (USD/MWh); assumption"
    )
    regret_unserved_usd_per_mwh: float = Field(
        10_000.0, gt=0, description="penalty on unserved energy where dispatch rules are compared (USD/MWh); assumption"
    )
    uranium_usd_per_mmbtu: float = Field(
        0.85, ge=0, description="nuclear fuel, fabricated and disposed of (USD/MMBtu); assumption"
    )
    standby_test_load_frac: float = Field(
        0.3, ge=0, le=1, description="load of a standby genset during its test hours, share of rating; assumption"
    )
    electrical_fixed_om_frac: float = Field(
        0.02, ge=0, description="yearly upkeep of switchgear, UPS and connection, share of their cost; assumption"
    )

    # --- time to power ----------------------------------------------------------------------------------------------
    timeline_samples: int = Field(10_000, ge=100, description="Monte Carlo samples of the activity network (count)")
    grid_completion_probability: float = Field(
        0.6, gt=0, le=1, description="probability that a large-load request is energised at all; assumption"
    )
    cancellation_hazard_per_year: float = Field(
        0.03,
        ge=0,
        le=1,
        description="rate at which projects are given up before a module runs, beyond refused connections "
        "(per year); assumption",
    )
    install_mw_per_month: float = Field(
        5.0, gt=0, description="power plant installed per month and site (MW); assumption"
    )
    module_install_mw_per_month: float = Field(
        4.0, gt=0, description="compute blocks set per month and site (MW of IT); assumption"
    )
    solar_install_mw_per_month: float = Field(
        20.0, gt=0, description="solar energised per month after the first array (MW AC); assumption"
    )
    solar_first_block_frac: float = Field(
        0.6, gt=0, le=1, description="share of a solar plant's decision-to-power time until its first array; assumption"
    )
    customer_substation_mw: float = Field(
        30.0, ge=0, description="load from which a site takes service through a substation of its own (MW); assumption"
    )
    design_temperature_c: float = Field(
        35.0, description="outdoor temperature at which firm units are counted against modules (deg C); assumption"
    )
    transformer_lead_time_factor: float = Field(
        1.0, gt=0, le=10, description="factor on the published lead times of transformers, for what-if (ratio)"
    )
    generator_lead_time_factor: float = Field(
        1.0, gt=0, le=10, description="factor on the published lead times of engines, turbines, fuel cells (ratio)"
    )
    what_if_lead_times: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="lead times of a what-if, as power_transformer.mid=12 and separated by commas"
    )
    site_control_months: float = Field(2.0, ge=0, description="time to control a site (months); assumption")
    supply_contract_months: float = Field(1.5, ge=0, description="time to sign supply contracts (months); assumption")
    engineering_months: float = Field(
        3.0, ge=0, description="time to a site design issued for construction (months); assumption"
    )
    local_permit_months: float = Field(4.0, ge=0, description="zoning, building and fire permits (months); assumption")
    air_permit_application_months: float = Field(
        2.0, ge=0, description="preparation of an air permit application (months); assumption"
    )
    civil_works_months: float = Field(
        3.0, ge=0, description="pads, foundations and trenches of a site (months); assumption"
    )
    mv_installation_months: float = Field(
        1.5, ge=0, description="medium-voltage plant set and tested (months); assumption"
    )
    gas_lateral_months: float = Field(
        9.0, ge=0, description="gas lateral from an existing line nearby, agreement to gas (months); assumption"
    )
    smr_licence_months: float = Field(
        24.0, ge=0, description="construction permit of a reactor site (months); assumption"
    )
    single_figure_spread_frac: float = Field(
        0.25,
        ge=0,
        lt=0.5,
        description="P10 and P90 of a single published figure lie this share below and above it; assumption",
    )
    assumed_duration_spread_frac: float = Field(
        0.5, ge=0, lt=1, description="P10 and P90 of an assumed duration lie this share below and above it; assumption"
    )
    duration_tail_per_sigma: float = Field(
        0.15, ge=0, description="growth of a duration beyond its P90 per standard deviation, log; assumption"
    )
    duration_correlation: float = Field(
        0.3, ge=0, le=1, description="correlation between durations, from the market they share; assumption"
    )
    indicator_backlog_elasticity: float = Field(
        1.0,
        ge=0,
        le=2,
        description="change of a lead time per change of the backlog, log; queueing, Little 1961",
    )
    indicator_price_elasticity: float = Field(
        0.5, ge=0, le=2, description="change of a lead time per change of its relative price, log; assumption"
    )
    indicator_shipment_months: int = Field(
        12,
        ge=1,
        le=36,
        description="months whose mean shipments a backlog is divided by, against seasons (months)",
    )
    indicator_max_move_per_year_frac: float = Field(
        0.25,
        ge=0,
        le=2,
        description="most that indicators move a lead time per year of its age; assumption",
    )
    indicator_max_move_frac: float = Field(
        0.5, ge=0, le=2, description="most that indicators move a lead time at all (share upwards); assumption"
    )
    indicator_max_age_months: int = Field(
        6, ge=1, description="age above which an indicator no longer says how things stand (months); assumption"
    )
    programme_nodes: Annotated[tuple[int, ...], NoDecode] = Field(
        (1, 5, 20, 100), description="sizes of programmes whose curves are drawn (nodes)"
    )
    programme_samples: int = Field(1000, ge=100, description="Monte Carlo samples per node of a programme (count)")
    crew_months_per_site: float = Field(
        8.0, gt=0, description="months that a crew is bound to one site (months); assumption"
    )
    unit_transformer_mw: float = Field(
        2.5, gt=0, description="load that one unit transformer carries (MW); assumption, a usual size"
    )
    campus_unit_mw: float = Field(
        50.0, gt=0, description="firm unit of a campus with its own power (MW); assumption, aeroderivative class"
    )
    queue_entry_from_year: int = Field(
        2000,
        ge=1950,
        description="first year of entry whose requests are counted in queue outcomes; as the published shares do",
    )
    queue_horizon_months: int = Field(
        120, ge=12, description="months since the request that queue outcomes are followed for"
    )
    queue_min_requests: int = Field(
        30, ge=1, description="dated requests from which the outcome of a group is estimated (count); assumption"
    )
    queue_min_energised: int = Field(
        10, ge=1, description="dated requests in operation from which it is (count); assumption"
    )
    queue_min_at_risk: int = Field(
        10, ge=1, description="requests still at risk up to which its curve is drawn (count); assumption"
    )
    queue_min_dated_frac: float = Field(
        0.5,
        ge=0,
        le=1,
        description="least share of the outcomes of a group that carries days; assumption",
    )
    recip_nox_kg_per_mwh: float = Field(
        0.36,
        gt=0,
        description="NOx of gas engines for the permit class; 0.04145 kg/MMBtu (REopt default) x 8.7 MMBtu/MWh",
    )
    turbine_nox_kg_per_mwh: float = Field(
        0.67,
        gt=0,
        description="NOx of simple-cycle turbines for the permit class; 0.0635 kg/MMBtu (ReEDS) x 10.5 MMBtu/MWh",
    )

    # --- portfolio --------------------------------------------------------------------------------------------------
    portfolio_mw: float = Field(200.0, gt=0, description="IT load that every strategy of the portfolio builds (MW)")
    portfolio_nodes: int = Field(20, ge=2, description="sites that the strategy of many nodes spreads it over (count)")
    portfolio_months: int = Field(60, ge=12, le=240, description="months that a build-out is planned over (months)")
    portfolio_years: int = Field(10_000, ge=200, description="years of events sampled per strategy (count)")
    portfolio_max_correlation: float = Field(
        0.25, gt=0, le=1, description="largest correlation of the yearly losses of two chosen nodes (ratio); assumption"
    )
    portfolio_max_per_domain: int = Field(
        3, ge=1, description="most nodes in one gas hub, balancing area or weather cell (count); assumption"
    )
    weather_cell_deg: float = Field(5.0, gt=0, description="side of a weather cell (degrees); assumption")
    hazard_damaging_frac: float = Field(
        0.05, ge=0, le=1, description="hazard events of the risk index that can stop a site (share); assumption"
    )
    switchgear_block_mw: float = Field(
        25.0, gt=0, description="load behind one medium-voltage line-up of switchgear (MW); assumption"
    )
    gas_lateral_mw: float = Field(
        100.0, gt=0, description="load that one gas lateral feeds; larger sites have several (MW); assumption"
    )
    site_fixed_usd: float = Field(
        5e6, ge=0, description="cost of any site whatever its size: studies, access, permits (USD); assumption"
    )
    mixed_stack_site_mw: float = Field(
        50.0, gt=0, description="IT of a site from which two stacks may share it (MW); assumption"
    )
    supply_claim_frac: float = Field(
        0.05, gt=0, le=1, description="share of a class's yearly supply that one buyer can claim; assumption"
    )
    epc_crews: int = Field(
        5, ge=1, description="construction crews at work at once, over all sites (count); assumption"
    )
    epc_crew_site_mw: float = Field(
        20.0, gt=0, description="planned IT per crew that can work on one site at once (MW); assumption"
    )
    epc_move_crew_months: float = Field(
        0.5, ge=0, description="crew time to move to and set up on a site (crew-months); assumption"
    )
    capital_usd_per_quarter: float = Field(
        150e6, gt=0, description="capital for power plant per quarter, what is left carries over (USD); assumption"
    )

    # --- value ------------------------------------------------------------------------------------------------------
    horizon_months: int = Field(120, ge=12, description="months over which value is counted")
    value_discount_rate: float = Field(0.10, gt=0, lt=0.5, description="discount rate of value (per year); assumption")
    revenue_usd_per_mw_year: float = Field(11e6, gt=0, description="revenue per MW of IT and year; cited 10-12 M USD")
    compute_capex_usd_per_mw: float = Field(
        28e6, ge=0, description="AI-fitted capital per MW of IT, bought at energisation; cited mid"
    )
    compute_life_years: float = Field(5.0, gt=0, description="life of that capital (years); assumption")
    nonpower_opex_frac: float = Field(
        0.03, ge=0, description="non-power operating cost, share of the AI-fitted capital per year; assumption"
    )
    restart_hours: float = Field(
        1.0,
        ge=0,
        description="compute lost per interruption of the site (h); assumption (a job restart alone: 4-10 min)",
    )
    robustness_draws: int = Field(
        1000, ge=100, le=10_000, description="draws of inputs and weights behind the ranks' robustness (count)"
    )
    history_max_rows: int = Field(
        2_000_000, ge=1, description="rows of the ranking history kept, in whole nights, the newest (count)"
    )
    margin_cases_usd_per_mw_year: Annotated[tuple[float, ...], NoDecode] = Field(
        (2e6, 4e6, 11e6),
        description="margins before power that ranks are shown at side by side (USD per MW of IT and year)",
    )
    tie_frac: float = Field(0.005, ge=0, description="rows within this share of each other's value are a tie")

    @field_validator("margin_cases_usd_per_mw_year", mode="before")
    @classmethod
    def _split_figures(cls, value: Any) -> Any:
        """Take figures separated by commas, as the environment gives them."""
        return tuple(float(figure) for figure in value.split(",")) if isinstance(value, str) else value

    @field_validator("programme_nodes", mode="before")
    @classmethod
    def _split_counts(cls, value: Any) -> Any:
        """Take counts separated by commas, in rising order."""
        return tuple(sorted({int(count) for count in value.split(",")})) if isinstance(value, str) else value

    @field_validator("weather_sources", "source_off", "source_limits", "what_if_lead_times", mode="before")
    @classmethod
    def _split_names(cls, value: Any) -> Any:
        """Take names separated by commas, as the environment gives them."""
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def is_secret(name: str) -> bool:
    """Return whether a setting holds a key or another secret."""
    return SecretStr in (*get_args(Settings.model_fields[name].annotation), Settings.model_fields[name].annotation)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read once from the environment."""
    return Settings()
