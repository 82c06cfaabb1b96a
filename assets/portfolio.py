"""The portfolio of a night, worked out once and read by several assets."""

from __future__ import annotations

from assets.night import Night
from assets.table_asset import Made
from pipelines.portfolio.facts import RANKED, REFERENCE, Facts
from pipelines.portfolio.study import Study, study

PORTFOLIO_INPUTS = [
    "mart.ranked_sites",
    "mart.weather_monthly",
    "core.gas_prices_by_region",
    "core.regions",
    "mart.hazard_rates",
    *(f"core.{name}" for name in REFERENCE),
]


def night_portfolio(night: Night) -> Study:
    """Return the portfolio of the night; simulations and plans are kept by what they depend on."""
    return night.once("portfolio", lambda: study(_facts(night), night.cache))


def portfolio_table(night: Night, table: str) -> Made:
    """Return one table of the portfolio."""
    made = night_portfolio(night)
    return Made(made.tables[table], is_cache_hit=made.misses == 0, metadata={"results_from_cache": made.hits})


def _facts(night: Night) -> Facts:
    hubs = night.read("core.gas_prices_by_region", ["region_id", "gas_hub"])
    return Facts(
        ranked=night.read("mart.ranked_sites", list(RANKED)),
        regions=night.read("core.regions").join(hubs, on="region_id", how="left", maintain_order="left"),
        reference={name: night.read(f"core.{name}") for name in REFERENCE},
        hazard_rates=night.read("mart.hazard_rates"),
        weather_monthly=night.read("mart.weather_monthly"),
        settings=night.settings,
    )
