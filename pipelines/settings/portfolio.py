"""Many nodes against one campus, and what can be built by when."""

from __future__ import annotations

from pydantic import BaseModel

from pipelines.settings.marks import economics


class Portfolio(BaseModel):
    """Many nodes against one campus, and what can be built by when."""

    portfolio_mw: float = economics(200.0, gt=0, description="IT load that every strategy of the portfolio builds (MW)")
    portfolio_nodes: int = economics(
        20, ge=2, description="sites that the strategy of many nodes spreads it over (count)"
    )
    portfolio_months: int = economics(60, ge=12, le=240, description="months that a build-out is planned over (months)")
    portfolio_years: int = economics(10_000, ge=200, description="years of events sampled per strategy (count)")
    portfolio_max_correlation: float = economics(
        0.25, gt=0, le=1, description="largest correlation of the yearly losses of two chosen nodes (ratio); assumption"
    )
    portfolio_max_per_domain: int = economics(
        3, ge=1, description="most nodes in one gas hub, balancing area or weather cell (count); assumption"
    )
    weather_cell_deg: float = economics(5.0, gt=0, description="side of a weather cell (degrees); assumption")
    switchgear_block_mw: float = economics(
        25.0, gt=0, description="load behind one medium-voltage line-up of switchgear (MW); assumption"
    )
    gas_lateral_mw: float = economics(
        100.0, gt=0, description="load that one gas lateral feeds; larger sites have several (MW); assumption"
    )
    site_fixed_usd: float = economics(
        5e6, ge=0, description="cost of any site whatever its size: studies, access, permits (USD); assumption"
    )
    mixed_stack_site_mw: float = economics(
        50.0, gt=0, description="IT of a site from which two stacks may share it (MW); assumption"
    )
    supply_claim_frac: float = economics(
        0.05, gt=0, le=1, description="share of a class's yearly supply that one buyer can claim; assumption"
    )
    epc_crews: int = economics(
        5, ge=1, description="construction crews at work at once, over all sites (count); assumption"
    )
    epc_crew_site_mw: float = economics(
        20.0, gt=0, description="planned IT per crew that can work on one site at once (MW); assumption"
    )
    epc_move_crew_months: float = economics(
        0.5, ge=0, description="crew time to move to and set up on a site (crew-months); assumption"
    )
    capital_usd_per_quarter: float = economics(
        150e6, gt=0, description="capital for power plant per quarter, what is left carries over (USD); assumption"
    )
