"""How long things take: durations, the market for equipment, programmes, queues."""

from __future__ import annotations

from pydantic import BaseModel

from pipelines.settings.lists import Counts, Names
from pipelines.settings.marks import economics


class Timeline(BaseModel):
    """How long things take: durations, the market for equipment, programmes, queues."""

    timeline_samples: int = economics(10_000, ge=100, description="Monte Carlo samples of the activity network (count)")
    grid_completion_probability: float = economics(
        0.6, gt=0, le=1, description="probability that a large-load request is energised at all; assumption"
    )
    cancellation_hazard_per_year: float = economics(
        0.03,
        ge=0,
        le=1,
        description="rate at which projects are given up before a module runs, beyond refused connections "
        "(per year); assumption",
    )
    install_mw_per_month: float = economics(
        5.0, gt=0, description="power plant installed per month and site (MW); assumption"
    )
    module_install_mw_per_month: float = economics(
        4.0, gt=0, description="compute blocks set per month and site (MW of IT); assumption"
    )
    solar_install_mw_per_month: float = economics(
        20.0, gt=0, description="solar energised per month after the first array (MW AC); assumption"
    )
    solar_first_block_frac: float = economics(
        0.6, gt=0, le=1, description="share of a solar plant's decision-to-power time until its first array; assumption"
    )
    customer_substation_mw: float = economics(
        30.0, ge=0, description="load from which a site takes service through a substation of its own (MW); assumption"
    )
    transformer_lead_time_factor: float = economics(
        1.0, gt=0, le=10, description="factor on the published lead times of transformers, for what-if (ratio)"
    )
    generator_lead_time_factor: float = economics(
        1.0, gt=0, le=10, description="factor on the published lead times of engines, turbines, fuel cells (ratio)"
    )
    what_if_lead_times: Names = economics(
        (), description="lead times of a what-if, as power_transformer.mid=12 and separated by commas"
    )
    site_control_months: float = economics(2.0, ge=0, description="time to control a site (months); assumption")
    supply_contract_months: float = economics(
        1.5, ge=0, description="time to sign supply contracts (months); assumption"
    )
    engineering_months: float = economics(
        3.0, ge=0, description="time to a site design issued for construction (months); assumption"
    )
    local_permit_months: float = economics(
        4.0, ge=0, description="zoning, building and fire permits (months); assumption"
    )
    stop_months_without_end: int = economics(
        24,
        ge=0,
        description="time that a moratorium or ban without a stated end counts as in force (months); assumption",
    )
    air_permit_application_months: float = economics(
        2.0, ge=0, description="preparation of an air permit application (months); assumption"
    )
    civil_works_months: float = economics(
        3.0, ge=0, description="pads, foundations and trenches of a site (months); assumption"
    )
    mv_installation_months: float = economics(
        1.5, ge=0, description="medium-voltage plant set and tested (months); assumption"
    )
    gas_lateral_months: float = economics(
        9.0, ge=0, description="gas lateral from an existing line nearby, agreement to gas (months); assumption"
    )
    smr_licence_months: float = economics(
        24.0, ge=0, description="construction permit of a reactor site (months); assumption"
    )
    single_figure_spread_frac: float = economics(
        0.25,
        ge=0,
        lt=0.5,
        description="P10 and P90 of a single published figure lie this share below and above it; assumption",
    )
    assumed_duration_spread_frac: float = economics(
        0.5, ge=0, lt=1, description="P10 and P90 of an assumed duration lie this share below and above it; assumption"
    )
    duration_tail_per_sigma: float = economics(
        0.15, ge=0, description="growth of a duration beyond its P90 per standard deviation, log; assumption"
    )
    duration_correlation: float = economics(
        0.3, ge=0, le=1, description="correlation between durations, from the market they share; assumption"
    )
    indicator_backlog_elasticity: float = economics(
        1.0,
        ge=0,
        le=2,
        description="change of a lead time per change of the backlog, log; queueing, Little 1961",
    )
    indicator_price_elasticity: float = economics(
        0.5, ge=0, le=2, description="change of a lead time per change of its relative price, log; assumption"
    )
    indicator_shipment_months: int = economics(
        12,
        ge=1,
        le=36,
        description="months whose mean shipments a backlog is divided by, against seasons (months)",
    )
    indicator_max_move_per_year_frac: float = economics(
        0.25,
        ge=0,
        le=2,
        description="most that indicators move a lead time per year of its age; assumption",
    )
    indicator_max_move_frac: float = economics(
        0.5, ge=0, le=2, description="most that indicators move a lead time at all (share upwards); assumption"
    )
    indicator_max_age_months: int = economics(
        6, ge=1, description="age above which an indicator no longer says how things stand (months); assumption"
    )
    programme_nodes: Counts = economics(
        (1, 5, 20, 100), description="sizes of programmes whose curves are drawn (nodes)"
    )
    programme_samples: int = economics(1000, ge=100, description="Monte Carlo samples per node of a programme (count)")
    crew_months_per_site: float = economics(
        8.0, gt=0, description="months that a crew is bound to one site (months); assumption"
    )
    unit_transformer_mw: float = economics(
        2.5, gt=0, description="load that one unit transformer carries (MW); assumption, a usual size"
    )
    campus_unit_mw: float = economics(
        50.0, gt=0, description="firm unit of a campus with its own power (MW); assumption, aeroderivative class"
    )
    queue_entry_from_year: int = economics(
        2000,
        ge=1950,
        description="first year of entry whose requests are counted in queue outcomes; as the published shares do",
    )
    queue_horizon_months: int = economics(
        120, ge=12, description="months since the request that queue outcomes are followed for"
    )
    queue_min_requests: int = economics(
        30, ge=1, description="dated requests from which the outcome of a group is estimated (count); assumption"
    )
    queue_min_energised: int = economics(
        10, ge=1, description="dated requests in operation from which it is (count); assumption"
    )
    queue_min_at_risk: int = economics(
        10, ge=1, description="requests still at risk up to which its curve is drawn (count); assumption"
    )
    queue_min_dated_frac: float = economics(
        0.5,
        ge=0,
        le=1,
        description="least share of the outcomes of a group that carries days; assumption",
    )
    recip_nox_kg_per_mwh: float = economics(
        0.36,
        gt=0,
        description="NOx of gas engines for the permit class; 0.04145 kg/MMBtu (REopt default) x 8.7 MMBtu/MWh",
    )
    turbine_nox_kg_per_mwh: float = economics(
        0.67,
        gt=0,
        description="NOx of simple-cycle turbines for the permit class; 0.0635 kg/MMBtu (ReEDS) x 10.5 MMBtu/MWh",
    )
