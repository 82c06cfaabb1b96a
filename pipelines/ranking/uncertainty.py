"""What is uncertain about a night: each assumption with its range, where the range comes from, and what it touches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts.reference import OWN_PUBLISHER
from pipelines.economics.costs import BATTERY, SITE_WORKS
from pipelines.economics.finance import Terms
from pipelines.economics.outlook import henry_hub_level
from pipelines.errors import InputError
from pipelines.reference.parameters import Parameters
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings

UNCERTAINTIES_FILE = Path(__file__).with_name("uncertainties.csv")
NOT_DRAWN = ("credits", "carbon", "completion")
"""Effects shown one by one: law and policy are decided, not distributed, and completion is drawn as yes or no."""
_COLUMNS = ("assumption_id", "effect", "target", "low", "high", "unit", "meaning", "reason")
_CITATION = ("source_title", "publisher", "url", "as_of")
_OUTLOOK = {"low": "high_oil_and_gas_supply", "high": "low_oil_and_gas_supply"}


@dataclass(frozen=True)
class Uncertain:
    """An assumption and its range.

    Attributes
    ----------
    assumption_id, effect, target, unit, meaning, reason : str
    low, base, high : float
        P10, the night's figure and P90, in the unit; ratios are of the night's figure.
    is_assumption : bool
        Whether the range itself has no published source.
    source_title, publisher, url, as_of : str
        Source of the figure and its range; empty for a setting.
    """

    assumption_id: str
    effect: str
    target: str
    unit: str
    meaning: str
    reason: str
    low: float
    base: float
    high: float
    is_assumption: bool
    source_title: str = ""
    publisher: str = ""
    url: str = ""
    as_of: str = ""

    @property
    def is_drawn(self) -> bool:
        """Return whether the Monte Carlo draws it."""
        return self.effect not in NOT_DRAWN


def uncertainties(
    parameters: Parameters,
    henry_hub: pl.DataFrame,
    spot_usd_per_mmbtu: float,
    as_of: date,
    own: Terms,
    settings: Settings,
    path: Path = UNCERTAINTIES_FILE,
) -> list[Uncertain]:
    """Return every uncertain assumption with its range.

    Parameters
    ----------
    parameters : Parameters
        Defaults of the technology table; a published low and high is the range.
    henry_hub : pl.DataFrame
        Reference table `henry_hub_path`.
    spot_usd_per_mmbtu : float
        Henry Hub tonight.
    as_of : date
    own : Terms
    path : Path
        Table of the assumptions.

    Raises
    ------
    InputError
        If the file or a column is missing, or a row has neither a range of its own nor a published one.
    """
    frame = read_side_table(path, _COLUMNS)
    levels = {
        name: henry_hub_level(henry_hub, spot_usd_per_mmbtu, as_of, own, settings, case)
        for name, case in {**_OUTLOOK, "base": settings.energy_outlook}.items()
    }
    cited = henry_hub.filter(pl.col("outlook_case") == _OUTLOOK["low"]).row(0, named=True)
    outlook_source = {name: str(cited[name] or "") for name in _CITATION}
    base = {
        "gas_basis": 0.0,
        "gas_adder": 0.0,
        "cost_of_capital": 100.0 * own.finance.equity_rate,
        "revenue": settings.revenue_usd_per_mw_year,
        "completion": settings.grid_completion_probability,
        "load_factor": settings.it_load_factor,
        "credits": float(settings.has_tax_credits),
        "carbon": settings.carbon_price_usd_per_tonne,
    }
    found = []
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        effect, source = row["effect"], dict.fromkeys(_CITATION, "")
        if effect == "gas":
            low, middle, high, source = levels["low"], levels["base"], levels["high"], outlook_source
        elif effect == "lead_times":
            low = middle = high = 0.0
        elif effect == "compute_capital":
            published = parameters.row("data_centre_ai_fitted", "capex")
            low, high = 1e6 * published["low"], 1e6 * published["high"]
            middle, source = settings.compute_capex_usd_per_mw, {name: published[name] for name in _CITATION}
        elif row["low"]:
            low, high, middle = float(row["low"]), float(row["high"]), base.get(effect, 1.0)
        else:
            low, middle, high, source = _published(row, parameters, line, path)
        found.append(
            Uncertain(
                **{name: row[name] for name in ("assumption_id", "effect", "target", "unit", "meaning", "reason")},
                low=min(low, middle),
                base=middle,
                high=max(high, middle),
                is_assumption=row["reason"].startswith(("assumption", "what-if")),
                **source,
            )
        )
    return found


def _published(
    row: dict[str, Any], parameters: Parameters, line: int, path: Path
) -> tuple[float, float, float, dict[str, str]]:
    """Compute the range of a technology's figure in the table as ratios of its central figure, and find its source."""
    name = {"heat_rate": "heat_rate", "operation": "variable_om"}.get(row["effect"], "capex")
    if row["target"] == BATTERY:
        name = "capex_energy_part"
    fact = parameters.row(row["target"], name) if row["target"] != SITE_WORKS else {}
    if fact.get("low") is None or fact.get("high") is None:
        raise InputError(
            f"{row['assumption_id']} has no range, and {name} of {row['target']} has no published one",
            file=str(path),
            row=line,
            column="low",
            remedy="give low and high",
        )
    middle = parameters.value(row["target"], name)
    # An assumption has a range, and no document to cite.
    is_own = fact["publisher"] == OWN_PUBLISHER
    cited = {key: "" if is_own else str(fact[key] or "") for key in _CITATION}
    return fact["low"] / middle, 1.0, fact["high"] / middle, cited


def published_uncertainties(found: list[Uncertain]) -> pl.DataFrame:
    """Return contract `mart.uncertainties`."""
    names = [name for name in Uncertain.__dataclass_fields__]
    return pl.DataFrame([{name: getattr(item, name) for name in names} | {"is_drawn": item.is_drawn} for item in found])
