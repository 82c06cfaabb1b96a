"""What a way to buy costs more than a new order, per MW of IT: published prices, else a share of assumed ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipelines.settings import Settings
from pipelines.timeline.paths import NEW_ORDER, PathRules
from pipelines.timeline.variants import Case

_KW_PER_MW = 1000.0
_FACTORS = {"USD_per_kW": _KW_PER_MW, "USD_per_kVA": _KW_PER_MW, "million_USD_per_MW": 1e6}


class Premium(NamedTuple):
    """What a path costs more than a new order (USD per MW of IT), and whether no published price says so."""

    usd_per_mw: float
    is_assumed: bool


class Plant(NamedTuple):
    """Sizes that prices are multiplied by, per MW of IT."""

    peak_mw: float
    firm_mw: float
    battery_mwh: float

    @staticmethod
    def of(design: Mapping[str, Any], case: Case, settings: Settings) -> Plant:
        """Select them from a design: firm_units, firm_unit_mw (MW), bess_mwh and reserve_mwh (MWh)."""
        it_mw = settings.site_it_mw
        firm_mw = float(design["firm_units"] or 0) * float(design["firm_unit_mw"] or 0.0)
        battery_mwh = float(design["bess_mwh"] or 0.0) + float(design["reserve_mwh"] or 0.0)
        return Plant(case.site_load_mw / it_mw, firm_mw / it_mw, battery_mwh / it_mw)


def premium(
    name: str, path: str, variant: str, case: Case, plant: Plant, rules: PathRules, settings: Settings
) -> Premium:
    """Compute what a path costs more than a new order.

    Where both have a published price, their difference; where one is missing, a share of the price of the new order,
    marked as assumed. A price below that of a new order was agreed earlier and counts as no premium. Hire is no price
    of equipment and is not compared.

    Parameters
    ----------
    name : str
        Class of equipment.
    path : str
        Way to buy it.
    variant : str
        Duration that the class has at this place and size.
    case : Case
    plant : Plant
    rules : PathRules
    settings : Settings
        Prices and premium that are assumed.
    """
    if path == NEW_ORDER:
        return Premium(0.0, is_assumed=False)
    size = plant.firm_mw if name == "firm_delivery" else 1.0 if name == "compute_modules" else plant.peak_mw
    paid = _published_usd_per_mw(rules.row(name, path, variant, case), size)
    ordered = _published_usd_per_mw(rules.row(name, NEW_ORDER, variant, case), size)
    base = _assumed_usd_per_mw(name, plant, settings) if ordered is None else ordered
    if paid is None:
        return Premium(base * settings.path_premium_frac, is_assumed=True)
    return Premium(max(paid - base, 0.0), is_assumed=ordered is None)


def _published_usd_per_mw(row: Mapping[str, Any] | None, size: float) -> float | None:
    """Compute the middle of a published price, or the mean of its ends where no middle is published (USD per MW)."""
    ends = [] if row is None else [float(row[name]) for name in ("price_low", "price_high") if row[name]]
    if row is None or not (row["price_mid"] or ends):
        return None
    return (float(row["price_mid"]) if row["price_mid"] else sum(ends) / len(ends)) * _FACTORS[row["price_unit"]] * size


def _assumed_usd_per_mw(name: str, plant: Plant, settings: Settings) -> float:
    if name == "reserve_battery":
        return settings.battery_usd_per_kwh * _KW_PER_MW * plant.battery_mwh
    per_kw = {
        "unit_transformers": settings.unit_transformer_usd_per_kw,
        "mv_switchgear": settings.mv_switchgear_usd_per_kw,
        "chillers": settings.chillers_usd_per_kw,
        "coolant_distribution": settings.coolant_distribution_usd_per_kw,
    }
    return per_kw.get(name, 0.0) * _KW_PER_MW * plant.peak_mw
