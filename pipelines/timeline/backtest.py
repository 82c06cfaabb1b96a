"""Observed projects predicted with their own way of buying, place and premises, and the scores of the predictions."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.contracts.base import REGISTRY, validate
from pipelines.contracts.citation import US_STATES
from pipelines.contracts.places import DECIDING_FACTS
from pipelines.contracts.procurement import PATHS
from pipelines.places.facts import place_facts
from pipelines.settings import Settings
from pipelines.timeline.buying import Buying
from pipelines.timeline.durations import DAYS_PER_MONTH
from pipelines.timeline.one_site import SiteMonths, months_of_site
from pipelines.timeline.plant import module_bus_mw
from pipelines.timeline.projects import Reading, plant_of, read_words
from pipelines.timeline.scores import crps, exact_interval, never_finishing, pooled_draws

SAMPLES = 4000
NEW_ORDER, GRID = "new_order", "grid"
# Units of these paths come tested from the factory: what is left of their test is inside their installation.
_PACKAGED = ("rental", "stock", "secondary_market")
# A day, in months: a plant whose every step is there is not predicted to run before it was thought of.
_LEAST = 1.0 / DAYS_PER_MONTH
_LEAST_OTHERS = 3
Draws = tuple[NDArray[np.float64], NDArray[np.float64]]
_TABLE, _SCORES = "mart.backtest", "mart.backtest_scores"


def backtest(
    projects: pl.DataFrame,
    markets: pl.DataFrame,
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    seed: int,
) -> pl.DataFrame:
    """Predict observed projects and compare.

    Every project is predicted with the path, size, technology, place and premises of its row and nothing else of it.
    A project whose event is a power plant has no compute blocks, no integrated test of them and no commissioning of an
    island for their load; packaged units that are rented, from stock or used need no test beyond their installation.
    Outside the US there is no place to derive fuel and permit from: such a row is predicted where its premises give
    both, and not otherwise.

    Parameters
    ----------
    projects : pl.DataFrame
        Contract mart.observed_projects.
    markets : pl.DataFrame
        Reference table candidate_markets, which says the usual grid operator of a state.
    used : pl.DataFrame
        Contract core.durations.
    policy : pl.DataFrame
        Reference table.
    settings : Settings
    seed : int

    Returns
    -------
    pl.DataFrame
        Contract mart.backtest, in the order of the projects.
    """
    isos = _usual_isos(markets)
    settings = settings.model_copy(update={"timeline_samples": SAMPLES})
    sources = frozenset(url for urls in used["url"] for url in urls.split("; ") if url)
    rows: list[dict[str, Any]] = []
    draws: dict[int, Draws] = {}
    ready: dict[tuple, Any] = {}
    for project in projects.iter_rows(named=True):
        said = read_words(project)
        row, found = _predicted(project, said, isos, used, policy, settings, seed, ready)
        row |= _observed(project, said, row, sources)
        if row["is_scored"] and found is not None:
            draws[len(rows)] = found
        rows.append(row)
    _score(rows, draws)
    columns = REGISTRY[_TABLE].schema
    frame = pl.DataFrame(rows, schema={name: column.dtype for name, column in columns.columns().items()})
    return validate(frame, _TABLE)


def backtest_scores(rows: pl.DataFrame) -> pl.DataFrame:
    """Score the predictions of all scored projects, by path, by event, and of those bought otherwise than new.

    How many are never finished is estimated from all projects of the group that run or were given up, scored or not.

    Parameters
    ----------
    rows : pl.DataFrame
        Contract mart.backtest.

    Returns
    -------
    pl.DataFrame
        Contract mart.backtest_scores.
    """
    is_otherwise = ~pl.col("path").is_in([NEW_ORDER, GRID])
    groups = [("all", "all", rows), ("bought_otherwise", "neither new_order nor grid", rows.filter(is_otherwise))]
    for column in ("path", "event"):
        parts = rows.sort(column, maintain_order=True).partition_by(column, as_dict=True, maintain_order=True)
        groups += [(column, str(name), part) for (name,), part in parts.items() if part["is_scored"].any()]
    ended = _ended(rows)
    found = [
        _group_scores(part.filter("is_scored"))
        | _never_finished(_ended(part), None if kind == "all" else ended, is_known=kind != "event")
        | {"grouped_by": kind, "group_name": name}
        for kind, name, part in groups
    ]
    columns = REGISTRY[_SCORES].schema
    frame = pl.DataFrame(found, schema={name: column.dtype for name, column in columns.columns().items()})
    return validate(frame, _SCORES)


def _ended(part: pl.DataFrame) -> tuple[int, int]:
    """Count the projects that were given up, and those that run."""
    return int((part["basis"] == "cancelled").sum()), int((part["basis"] == "observed").sum())


def _never_finished(ended: tuple[int, int], pooled: tuple[int, int] | None, *, is_known: bool) -> dict[str, Any]:
    # An event is seen of projects that run alone.
    mean, low, high = never_finishing(*ended, pooled) if is_known else (None, None, None)
    return {
        "cancelled": ended[0],
        "finished": ended[1],
        "never_finished_frac": mean,
        "never_finished_low_frac": low,
        "never_finished_high_frac": high,
    }


def _group_scores(part: pl.DataFrame) -> dict[str, Any]:
    exact = part.filter(~pl.col("is_lower_bound"))
    hits = int(exact["is_hit"].sum())
    low, high = exact_interval(hits, len(exact)) if len(exact) else (None, None)
    means = {
        name: part[name].sum() / len(part) if len(part) else None
        for name in ("crps_log_months", "crps_new_order", "crps_pooled")
    }
    return means | {
        "projects": len(part),
        "lower_bounds": len(part) - len(exact),
        "hits": hits,
        "coverage_frac": hits / len(exact) if len(exact) else None,
        "coverage_low_frac": low,
        "coverage_high_frac": high,
        "pit_mean_frac": exact["pit_frac"].sum() / len(exact) if len(exact) else None,
        "log_error_median": exact["log_error"].median(),
    }


def _usual_isos(markets: pl.DataFrame) -> dict[str, str]:
    """Return the grid operator of most markets of each state; of equals the first by name."""
    counted = (
        markets.drop_nulls(["state", "iso"])
        .group_by("state", "iso", maintain_order=True)
        .len()
        .sort("state", "len", "iso", descending=[False, True, False])
        .unique("state", keep="first", maintain_order=True)
    )
    return dict(counted.select("state", "iso").iter_rows())


def _predicted(
    project: dict[str, Any],
    said: Reading,
    isos: dict[str, str],
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    seed: int,
    ready: dict[tuple, Any],
) -> tuple[dict[str, Any], Draws | None]:
    """Return the columns of the prediction, and the draws of it and of new orders."""
    plant = plant_of(project, settings)
    region = _region(project, isos, settings)
    row = {
        "project_id": project["project_id"],
        "path": project["path"],
        "stack_id": plant["stack_id"] if plant else "",
        "event": said.event,
        "basis": project["basis"],
        "premises": ";".join(sorted(said.premises)),
        "is_predicted": False,
        "reason": "",
        **dict.fromkeys(("months_p10", "months_p50", "months_p90")),
    }
    if project["mw_first_phase"] is None:
        return row | {"reason": "the size of the first phase is not known"}, None
    if plant is None:
        return row | {"reason": f"no stack represents {project['technology']}"}, None
    if project["path"] not in {*PATHS, GRID}:
        return row | {"reason": f"path {project['path']!r} is not known"}, None
    if not region["state"][0] and (missing := _missing(plant, said)):
        return row | {"reason": f"not in a US state, and its premises do not give {missing}"}, None
    site = settings.model_copy(
        update={
            "site_it_mw": project["mw_first_phase"],
            "module_mw": min(settings.module_mw, project["mw_first_phase"]),
        }
    )
    timed = _timed(used, project["path"], said.event)
    design = _design(plant, site)

    def drawn(path: str) -> SiteMonths:
        bought = _buying(path, said)
        return months_of_site(region, design, timed, policy, site, seed, bought, is_schedule_wanted=False, ready=ready)

    own = drawn(project["path"])
    new = own if project["path"] == NEW_ORDER else drawn(NEW_ORDER)
    low, mid, high = own.points(own.first)
    return row | {"is_predicted": True, "months_p10": low, "months_p50": mid, "months_p90": high}, (
        own.first,
        new.first,
    )


def _missing(plant: dict[str, Any], said: Reading) -> str:
    """Name what a place would have to say of a project that its premises do not."""
    needed = {"gas_ready": "fuel", "permit_in_hand_or_waived": "the air permit"} if plant["firm_technology"] else {}
    if not plant["is_islanded"]:
        needed = {"grid_ready": "the connection"}
    return " and ".join(name for premise, name in needed.items() if premise not in said.premises)


def _region(project: dict[str, Any], isos: dict[str, str], settings: Settings) -> pl.DataFrame:
    """Return the place of a project as a region; outside the US states its state is empty and no fact is known."""
    named = [part for part in project["state"].split("/") if part in US_STATES] if project["country"] == "US" else []
    state = named[-1] if named else ""
    fips = project["county_fips"] if state and project["county_fips"] else None
    region = pl.DataFrame(
        {"region_id": [project["project_id"]], "county_fips": [fips], "state": [state], "iso": [isos.get(state, "")]},
        schema_overrides={"county_fips": pl.String},
    )
    if fips is None:
        return region
    return pl.concat([region, place_facts(region, settings).select(DECIDING_FACTS)], how="horizontal")


def _design(plant: dict[str, Any], site: Settings) -> dict[str, Any]:
    """Size a project as its class is sized: firm units for the load with one spare, batteries for four hours."""
    load = site.site_it_mw / site.module_mw * module_bus_mw(site)
    unit = plant["firm_unit_mw"]
    return {
        "stack_id": plant["stack_id"],
        "firm_technology": plant["firm_technology"],
        "firm_units": ceil(load / unit - 1e-9) + 1 if unit else 0,
        "firm_unit_mw": unit,
        "solar_mw": 0.0,
        "bess_mwh": 0.0 if plant["is_islanded"] else 4.0 * load,
        "reserve_mwh": 0.25 * load if plant["is_islanded"] else 0.0,
    }


def _timed(used: pl.DataFrame, path: str, event: str) -> pl.DataFrame:
    """Return the durations with those set to zero that the event of a project does not wait for."""
    if event != "plant":
        return used
    left_out = ["island_commissioning", *(["commissioning"] if path in _PACKAGED else [])]
    points = (
        pl.when(pl.col("duration_id").is_in(left_out)).then(0.0).otherwise(name) for name in ("low", "mid", "high")
    )
    return used.with_columns(point.alias(name) for point, name in zip(points, ("low", "mid", "high"), strict=True))


def _buying(path: str, said: Reading) -> Buying:
    """Return how a project was bought; the compute blocks of a power plant are there."""
    posture = path if path in {NEW_ORDER, "framework"} else "open"
    wherever = path if path in {*_PACKAGED, "import"} else None
    return Buying(
        posture,
        premises=said.premises,
        compute_ready_months=0.0 if said.event == "plant" else None,
        wherever_sold=wherever,
    )


def _observed(project: dict[str, Any], said: Reading, row: dict[str, Any], sources: frozenset[str]) -> dict[str, Any]:
    """Return the columns of what was observed, and whether the row counts."""
    months, low = project["months_order_to_first_mw"], project["months_low"]
    is_bound = said.is_lower_bound or project["basis"] == "censored"
    reported = (low if low is not None else months) if is_bound else months
    why = row["reason"]
    for holds, words in (
        (project["basis"] == "planned", "planned: not yet known"),
        (project["basis"] == "cancelled", "cancelled: counted as never finished"),
        (project["also_in_shared_facts"] == "yes", "its timing is among the lead times"),
        (bool(said.excluded), said.excluded),
        (project["url"] in sources, "its source is that of a duration which predicts it"),
        (not reported, "no months reported"),
        (project["basis"] != "censored" and said.event in {"", "delivery"}, "the event seen is not power"),
    ):
        why = why or (words if holds else "")
    return {
        "is_scored": not why,
        "reason": why,
        "reported": reported,
        "is_lower_bound": is_bound,
        **dict.fromkeys(("is_hit", "pit_frac", "log_error", "crps_log_months", "crps_new_order", "crps_pooled")),
    }


def _score(rows: list[dict[str, Any]], draws: dict[int, Draws]) -> None:
    """Enter the scores of the rows that have draws."""
    logs = np.log([rows[place]["reported"] for place in draws])
    bounds = np.array([rows[place]["is_lower_bound"] for place in draws], dtype=np.bool_)
    for number, (place, (own, new)) in enumerate(draws.items()):
        row, value, is_bound = rows[place], float(logs[number]), bool(bounds[number])
        others = np.arange(len(logs)) != number
        row["crps_log_months"] = crps(np.log(np.maximum(own, _LEAST)), value, is_lower_bound=is_bound)
        row["crps_new_order"] = crps(np.log(np.maximum(new, _LEAST)), value, is_lower_bound=is_bound)
        if (~bounds[others]).sum() >= _LEAST_OTHERS:
            pooled = pooled_draws(logs[others], bounds[others])
            row["crps_pooled"] = crps(pooled, value, is_lower_bound=is_bound)
        if not is_bound:
            row["is_hit"] = bool(row["months_p10"] <= row["reported"] <= row["months_p90"])
            row["pit_frac"] = float(np.mean(own < row["reported"]))
            row["log_error"] = float(np.log(max(row["months_p50"], _LEAST))) - value
