"""One site: its load, its target, how it is sized."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Site(BaseModel):
    """One site: its load, its target, how it is sized."""

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
