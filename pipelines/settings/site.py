"""One site: its load, its target, how it is sized."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from pipelines.settings.lists import Figures
from pipelines.settings.marks import economics, physics


class Site(BaseModel):
    """One site: its load, its target, how it is sized."""

    site_it_mw: float = physics(20.0, "dispatch", gt=0, description="IT load of one site (MW); assumption")
    module_mw: float = physics(1.0, "sizing", gt=0, description="IT load of one modular block (MW)")
    design_temperature_c: float = physics(
        50.0,
        "sizing",
        description="outdoor temperature at whose load units, reserves and connections are sized, and units counted "
        "against modules (deg C); assumption",
    )
    it_load_factor: float = physics(
        0.859,
        "dispatch",
        gt=0,
        le=1,
        description="mean IT load as a share of the site's IT rating; cited, mean over maximum of an AI training node",
    )
    pue_base: float = physics(
        1.098, "dispatch", ge=1, description="PUE at and below pue_base_temperature_c; cited low of the range"
    )
    pue_base_temperature_c: float = physics(
        15.0, "dispatch", description="outdoor temperature up to which PUE is flat (deg C); assumption"
    )
    pue_per_c: float = physics(0.004, "dispatch", ge=0, description="rise of PUE per deg C above that; assumption")
    availability_target: float = physics(
        0.999, "choice", gt=0, lt=1, description="share of demanded IT energy to be served"
    )
    min_renewable_frac: float = economics(
        0.0,
        ge=0,
        le=1,
        description="least share of the load served by solar in solar, battery and gas; 0 leaves it to cost",
    )
    target_cases: Figures = economics(
        (0.999, 0.9995, 0.9999), description="targets of energy served whose cost target_costs compares (shares)"
    )
    min_full_service_hours_frac: float = economics(
        0.0, ge=0, lt=1, description="least share of the hours with the whole load served; 0 sets no limit"
    )
    sizing_cost_margin_frac: float = economics(
        0.10,
        ge=0,
        le=1,
        description="levelised cost above the least one at which a design with another number of firm units is still "
        "valued (share); assumption",
    )
    sizing_contenders: int = economics(
        6,
        ge=1,
        le=12,
        description="designs of a stack that are valued with their own months (count); 1 chooses by cost",
    )
    sizing_parts: Literal[1, 2, 4] = physics(
        2, "sizing", description="parts that sizing first splits each gap of the design grid into; 1 keeps to the grid"
    )
    regret_regions: int = physics(
        5, "extent", ge=0, description="best regions whose dispatch rules are compared with perfect foresight (count)"
    )
    min_baseload_frac: float = physics(
        0.60,
        "choice",
        ge=0,
        le=1,
        description="least share of the energy that reactors beside engines give; assumption",
    )
