"""What early megawatts are worth, and how sure the order is."""

from __future__ import annotations

from pydantic import BaseModel

from pipelines.settings.lists import Figures
from pipelines.settings.marks import economics


class Value(BaseModel):
    """What early megawatts are worth, and how sure the order is."""

    horizon_months: int = economics(120, ge=12, description="months over which value is counted")
    value_discount_rate: float = economics(
        0.10, gt=0, lt=0.5, description="discount rate of value (per year); assumption"
    )
    revenue_usd_per_mw_year: float = economics(
        11e6, gt=0, description="revenue per MW of IT and year; cited 10-12 M USD"
    )
    compute_capex_usd_per_mw: float = economics(
        28e6, ge=0, description="AI-fitted capital per MW of IT, bought at energisation; cited mid"
    )
    compute_life_years: float = economics(5.0, gt=0, description="life of that capital (years); assumption")
    nonpower_opex_frac: float = economics(
        0.03, ge=0, description="non-power operating cost, share of the AI-fitted capital per year; assumption"
    )
    restart_hours: float = economics(
        1.0,
        ge=0,
        description="compute lost per interruption of the site (h); assumption (a job restart alone: 4-10 min)",
    )
    demand_low_people: float = economics(
        1e6, gt=0, description="people within 250 km at which the demand score is 0 (count); assumption"
    )
    demand_high_people: float = economics(
        4e7, gt=0, description="people within 250 km at which the demand score is 100 (count); assumption"
    )
    robustness_draws: int = economics(
        1000, ge=100, le=10_000, description="draws of inputs and weights behind the ranks' robustness (count)"
    )
    history_max_rows: int = economics(
        2_000_000, ge=1, description="rows of the ranking history kept, in whole nights, the newest (count)"
    )
    margin_cases_usd_per_mw_year: Figures = economics(
        (2e6, 4e6, 11e6),
        description="margins before power that ranks are shown at side by side (USD per MW of IT and year)",
    )
    tie_frac: float = economics(0.005, ge=0, description="rows within this share of each other's value are a tie")
