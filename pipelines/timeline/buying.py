"""How the equipment of a site is bought and what is there already: figures and network of one purchase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipelines.errors import InputError
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings
from pipelines.timeline.draws import GIVEN
from pipelines.timeline.network import MV_PLANT, SINK, Activity, Network
from pipelines.timeline.paths import AVOID, NEW_ORDER, PathRules, class_of
from pipelines.timeline.variants import Case, Variants

PREMISES_FILE = Path(__file__).with_name("premises.csv")
# A flexible request is the same request with less firm service: it takes the same draws and never waits longer.
SAME_DRAWS = {"grid_flexible": "grid_firm"}
Figure = tuple[float, float, float]
NOTHING: Figure = (0.0, 0.0, 0.0)
_COMPUTE = ("chillers", "coolant_distribution", "module_installation")


@dataclass(frozen=True)
class Buying:
    """How a site buys and what it has.

    Attributes
    ----------
    posture : str
        Offers the paths of its rows and those of the postures before it; the sooner one counts in every draw.
    paths : tuple[tuple[str, str], ...]
        Class and path that is taken in place of the posture's.
    held : tuple[tuple[str, float], ...]
        Class and months from the signed contract by which a held item is delivered at the latest.
    premises : frozenset[str]
        What is there already, by the names of `premises.csv`: its activities take no time.
    compute_ready_months : float | None
        Month from the decision in which the compute blocks are set; None where their orders are drawn.
    """

    posture: str = "open"
    paths: tuple[tuple[str, str], ...] = ()
    held: tuple[tuple[str, float], ...] = ()
    premises: frozenset[str] = frozenset()
    compute_ready_months: float | None = None

    @staticmethod
    def of(settings: Settings) -> Buying:
        """Return what the settings say."""
        return Buying(settings.posture, compute_ready_months=settings.compute_ready_months)


class Purchase(NamedTuple):
    """What the activities of a network draw.

    Attributes
    ----------
    drawn : tuple[tuple[str, float, float, float], ...]
        Scores, then P10, P50 and P90, of each activity.
    duration_ids : tuple[str, ...]
        Duration of each activity, that of the path taken.
    paths : tuple[tuple[str, str], ...]
        Class and path taken, in the order of the activities.
    """

    drawn: tuple[tuple[str, float, float, float], ...]
    duration_ids: tuple[str, ...]
    paths: tuple[tuple[str, str], ...]


@cache
def activities_of_premises(path: Path = PREMISES_FILE) -> dict[str, frozenset[str]]:
    """Read which activities take no time where a premise is met.

    Raises
    ------
    InputError
        If the file or a column is missing.
    """
    frame = read_side_table(path, ("premise", "activity", "reason"))
    found: dict[str, frozenset[str]] = {}
    for row in frame.iter_rows(named=True):
        found[row["premise"]] = found.get(row["premise"], frozenset()) | {row["activity"]}
    return found


def taken_path(name: str, variant: str, case: Case, buying: Buying, rules: PathRules) -> str:
    """Return the path that a class is bought on: the one named for it, else that of the posture.

    Raises
    ------
    InputError
        If the path named is not sold for this variant and size.
    """
    named = dict(buying.paths).get(name)
    if named is None:
        return rules.of_posture(buying.posture, name, variant, case)
    if named != NEW_ORDER and rules.duration(name, named, variant, case) is None:
        raise InputError(
            f"path {named!r} of class {name!r} is not sold for {variant!r} at this size",
            file="procurement paths",
            remedy="take another path or size",
        )
    return named


def is_island_first(case: Case, variants: Variants, buying: Buying, rules: PathRules) -> bool:
    """Return whether the first modules run on islands at 480 V, which no medium-voltage plant feeds."""
    if case.lv_modules == 0:
        return False
    return taken_path("mv_switchgear", variants.of("mv_switchgear", case), case, buying, rules) == AVOID


def with_first_island(network: Network) -> Network:
    """Return a network whose first modules wait for 480 V boards, and only later ones for the medium-voltage plant.

    The boards take the place of the plant before the island is commissioned; the plant stays a predecessor of the last
    activity, where modules beyond the islands wait for it (`plant.network_arrays`).
    """
    own = {activity.activity: activity for activity in network.activities}
    before = tuple(name for name in own["mv_installation"].predecessors if name not in MV_PLANT)
    boards = Activity(
        "lv_switchgear", "480 V boards of the first islands: order to delivery", "lv_switchgear", (), "site", ""
    )
    boards = replace(boards, predecessors=own["mv_switchgear"].predecessors)
    installed = Activity(
        "lv_installation",
        "Boards and cables of the first islands set, terminated and tested",
        own["mv_installation"].duration_id,
        ("lv_switchgear", *before),
        own["mv_installation"].scope,
        own["mv_installation"].quantity,
    )
    made = []
    for activity in network.activities:
        names = activity.predecessors
        if activity.activity == SINK:
            names = tuple(dict.fromkeys([*names, "lv_installation", "mv_installation"]))
        elif "mv_installation" in names:
            names = tuple("lv_installation" if name == "mv_installation" else name for name in names)
        if activity.activity == "mv_installation":
            made += [boards, installed]
        made.append(replace(activity, predecessors=names))
    return replace(network, activities=tuple(made), content=f"{network.content} first island")


def with_compute_given(network: Network) -> Network:
    """Return a network whose compute blocks are ready in a given month, whatever is signed on the way."""
    made = (
        replace(activity, predecessors=()) if activity.activity == "compute_modules" else activity
        for activity in network.activities
    )
    return replace(network, activities=tuple(made), content=f"{network.content} compute given")


def purchase(
    network: Network, case: Case, variants: Variants, figures: Mapping[str, Figure], buying: Buying, rules: PathRules
) -> Purchase:
    """Return what each activity of a network draws where its equipment is bought in a given way.

    A posture that offers several paths takes the sooner one in every draw: the figures of paths are compared quantile
    by quantile and drawn with the scores of the activity, so that a further path, an item held or a premise met makes
    no month later.

    Raises
    ------
    InputError
        If a duration has no row, or as `taken_path`.
    """
    known = activities_of_premises()
    free = frozenset().union(*(known[name] for name in buying.premises))
    held = dict(buying.held)
    is_first = "lv_switchgear" in network.names
    drawn, ids, paths = [], [], {}
    for activity in network.activities:
        name = activity.duration_id
        variant = variants.of(name if name != "lv_switchgear" else "mv_switchgear", case)
        duration_id, options = variant, [_figure(figures, variant, activity)]
        if (group := class_of(activity.activity)) is not None:
            paths[group] = taken_path(group, variant, case, buying, rules)
            offered = (
                (paths[group],) if group in dict(buying.paths) else rules.offered(buying.posture, group, variant, case)
            )
            for path in offered:
                own = rules.duration(group, path, variant, case)
                # Islands at 480 V are activities of their own: what later modules wait for is still ordered.
                if own is None or path == NEW_ORDER or (group == "mv_switchgear" and path == AVOID):
                    continue
                if path == paths[group]:
                    duration_id = own
                options.append(_figure(figures, own, activity))
            if group in held:
                options.append((held[group],) * 3)
        elif name == "lv_switchgear":
            duration_id = name
            options.append(_figure(figures, name, activity))
        elif name in SAME_DRAWS:
            options.append(_figure(figures, variants.of(SAME_DRAWS[name], case), activity))
        figure = tuple(min(points) for points in zip(*options, strict=True))
        no_plant = is_first and case.mv_modules == 0 and activity.activity in MV_PLANT
        if activity.activity in free or no_plant:
            figure = NOTHING
        scores = _scores_of(name)
        if buying.compute_ready_months is not None and activity.activity == "compute_modules":
            scores, figure = GIVEN, (buying.compute_ready_months,) * 3
        elif buying.compute_ready_months is not None and activity.activity in _COMPUTE:
            figure = NOTHING
        drawn.append((scores, *figure))
        ids.append(duration_id)
    return Purchase(tuple(drawn), tuple(ids), tuple(paths.items()))


def _scores_of(duration_id: str) -> str:
    return SAME_DRAWS.get(duration_id, "mv_switchgear" if duration_id == "lv_switchgear" else duration_id)


def _figure(figures: Mapping[str, Figure], duration_id: str, activity: Activity) -> Figure:
    if duration_id not in figures:
        raise InputError(
            f"duration {duration_id!r} of activity {activity.activity!r} has no row",
            file="durations.csv",
            column="duration_id",
            remedy="add a row for it",
        )
    return figures[duration_id]
