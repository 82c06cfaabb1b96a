"""Which variant of a duration a region, a size and a technology call for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.errors import InputError
from pipelines.places.grid_site import BROWNFIELD, CONNECTIONS
from pipelines.reference.side_table import read_side_table
from pipelines.reference.technologies import technologies
from pipelines.settings import Settings

VARIANTS_FILE = Path(__file__).with_name("variants.csv")
HOURS_PER_YEAR = 8760.0
KG_PER_SHORT_TON = 907.18474
PERMIT_CLASSES = ("none", "minor", "major")
MAJOR_SOURCE_POLICY = "nsr_major_threshold_nox"
_COLUMNS = ("duration_id", "state", "iso", "permit_class", "measure", "min_mw", "max_mw", "variant_id")


@dataclass(frozen=True)
class Case:
    """What a variant can depend on, for one region and stack.

    `by_place` names the variants that follow from facts of the place, as pairs of duration and variant; they come
    before the rules.
    """

    state: str
    iso: str
    permit_class: str
    firm_unit_mw: float
    site_load_mw: float
    by_place: tuple[tuple[str, str], ...] = ()
    unit_mw: float = inf
    """Load of one unit transformer."""
    padmount_mw: float = inf
    """The same where the lead time of unit transformers depends on their size, else infinite."""
    lv_modules: int = 0
    """Modules that islands at 480 V carry, without medium-voltage plant."""
    mv_modules: int = 0
    """Modules beyond them."""
    is_brownfield: bool = False
    """Whether the grid connection begins at the site of a closed plant."""


@dataclass(frozen=True)
class Variants:
    """The rules of `variants.csv`: the first row that fits decides; an empty field fits everything."""

    rules: tuple[dict[str, Any], ...]

    @cached_property
    def _by_duration(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for rule in self.rules:
            found.setdefault(rule["duration_id"], []).append(rule)
        return found

    def of(self, duration_id: str, case: Case) -> str:
        """Return the variant of a duration; a duration without a rule is its own variant.

        Raises
        ------
        InputError
            If the duration has rules and none fits.
        """
        variant = self._of(duration_id, case)
        return f"{variant}{BROWNFIELD}" if case.is_brownfield and duration_id in CONNECTIONS else variant

    def _of(self, duration_id: str, case: Case) -> str:
        for name, variant in case.by_place:
            if name == duration_id:
                return variant
        own = self._by_duration.get(duration_id)
        if own is None:
            return duration_id
        for rule in own:
            if all(rule[name] in {"", getattr(case, name)} for name in ("state", "iso", "permit_class")) and (
                not rule["measure"] or rule["min_mw"] <= getattr(case, rule["measure"]) < rule["max_mw"]
            ):
                return rule["variant_id"]
        raise InputError(
            f"no rule of {duration_id!r} fits state {case.state}, iso {case.iso}, permit class {case.permit_class}",
            file=VARIANTS_FILE.name,
            remedy="add a rule with empty conditions as the last one",
        )


def read_variants(policy: pl.DataFrame, settings: Settings, path: Path = VARIANTS_FILE) -> Variants:
    """Read the rules; a bound in MW is a number, `policy:<policy_id>` or `setting:<name>`.

    Raises
    ------
    InputError
        If the file, a column, or the policy or setting that a bound names is missing.
    """
    frame = read_side_table(path, _COLUMNS)
    rules = []
    for line, row in enumerate(frame.iter_rows(named=True), start=2):
        bounds = {
            name: _bound(row[name] or empty, policy, settings, {"file": str(path), "row": line, "column": name})
            for name, empty in (("min_mw", "0"), ("max_mw", "inf"))
        }
        rules.append(row | bounds)
    return Variants(tuple(rules))


def _bound(text: str, policy: pl.DataFrame, settings: Settings, place: dict[str, Any]) -> float:
    kind, _, name = text.rpartition(":")
    if kind == "policy":
        return policy_value(policy, name)
    if kind == "setting" and name in Settings.model_fields:
        return float(getattr(settings, name))
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text!r} is no number, policy or setting", **place) from None


def permit_class(firm_technology: str, running_mw: float, threshold_short_tons: float, settings: Settings) -> str:
    """Return the air-permit class from the NOx that a plant could emit in a year of running at the site's load.

    Potential to emit = MW x 8,760 h x kg NOx per MWh (40 CFR 52.21(b)(4)); spare units cannot add to it where the
    permit limits fuel to the load. Standby gensets, limited to emergencies, are minor sources at these sizes.

    Parameters
    ----------
    firm_technology : str
        Technology of the firm units.
    running_mw : float
        Output that can be sustained: the smaller of the installed MW and the site's load.
    threshold_short_tons : float
        Major-source threshold (short tons of NOx a year).
    settings : Settings
        The folder of `technologies.csv`, which says the NOx per MWh of each technology.

    Returns
    -------
    str
        "none" (no combustion), "minor" or "major".
    """
    technology = technologies(settings).get(firm_technology)
    if technology is None:
        return "none"
    if technology.is_standby:
        return "minor"
    rate = technology.figure("nox_kg_per_mwh", settings)
    if rate == 0.0:
        return "none"
    tons = running_mw * HOURS_PER_YEAR * rate / KG_PER_SHORT_TON
    return "major" if tons >= threshold_short_tons else "minor"


def policy_value(policy: pl.DataFrame, policy_id: str) -> float:
    """Return the figure of a policy row, for example the NOx threshold of a major source (short tons a year).

    Raises
    ------
    InputError
        If the row is missing or its value is no number.
    """
    found = policy.filter(pl.col("policy_id") == policy_id)["value"]
    try:
        return float(found[0])
    except (IndexError, TypeError, ValueError):
        raise InputError(
            f"policy {policy_id!r} has no single number as its value",
            file="policy",
            column="value",
            remedy="restore the row and its value",
        ) from None
