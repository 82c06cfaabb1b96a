"""How the equipment of a site is bought and what is there already: figures and network of one purchase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipelines.contracts.procurement import PATHS
from pipelines.errors import InputError, UsageError
from pipelines.reference.side_table import read_side_table
from pipelines.settings import Settings
from pipelines.timeline.draws import GIVEN, Figure, capped, slipping
from pipelines.timeline.network import MV_PLANT, SINK, Activity, Network
from pipelines.timeline.paths import AVOID, NEW_ORDER, PathRules, class_of
from pipelines.timeline.variants import Case, Variants

PREMISES_FILE = Path(__file__).with_name("premises.csv")
# A flexible request is the same request with less firm service: it takes the same draws and never waits longer.
SAME_DRAWS = {"grid_flexible": "grid_firm"}
Drawn = tuple[str, float, float, float]
NOTHING: Figure = (0.0, 0.0, 0.0)
RENTAL = "rental"
# Rented units and rebuilt ones come as packages on trailers or skids.
_PACKAGED = frozenset({RENTAL, "secondary_market"})
_PACKAGED_INSTALLATION = "packaged_installation"
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
    variants: tuple[tuple[str, str], ...] = ()
    """Duration and the variant that is drawn, whatever place and plant say."""
    wherever_sold: str | None = None
    """Path of every class of equipment that is sold by it, in place of the posture's; fuel is not equipment."""

    def with_variants(self, variants: tuple[tuple[str, str], ...]) -> Buying:
        """Return the same with variants of durations that go before those of place and plant."""
        return replace(self, variants=variants)

    @staticmethod
    def of(settings: Settings) -> Buying:
        """Return what the settings say."""
        return Buying(settings.posture, compute_ready_months=settings.compute_ready_months)


class Purchase(NamedTuple):
    """What the activities of a network draw.

    Attributes
    ----------
    drawn : tuple[Drawn, ...]
        Scores, then P10, P50 and P90, of each activity.
    duration_ids : tuple[str, ...]
        Duration of each activity, that of the path taken.
    paths : tuple[tuple[str, str], ...]
        Class and path taken, in the order of the activities.
    """

    drawn: tuple[Drawn, ...]
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
    UsageError
        If the path named is not sold for this variant and size.
    """
    named = dict(buying.paths).get(name)
    if named is None:
        if _is_sold_wherever(name, variant, case, buying, rules):
            return str(buying.wherever_sold)
        return rules.of_posture(buying.posture, name, variant, case)
    if named != NEW_ORDER and rules.duration(name, named, variant, case) is None:
        sold = [path for path in PATHS if path == NEW_ORDER or rules.duration(name, path, variant, case)]
        raise UsageError(
            f"{name} of this stack and size is not sold by the path {named!r}; there are {', '.join(sold)}."
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
        "lv_switchgear",
        "480 V boards of the first islands: order to delivery",
        "lv_switchgear",
        own["mv_switchgear"].predecessors,
        "site",
        "",
    )
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
    network: Network,
    case: Case,
    variants: Variants,
    figures: Mapping[str, Figure],
    buying: Buying,
    rules: PathRules,
    slips: Mapping[str, float],
) -> Purchase:
    """Return what each activity of a network draws where its equipment is bought in a given way.

    A posture that offers several paths takes the sooner one in every draw: the figures of paths are compared quantile
    by quantile and drawn with the scores of the activity, so that a further path, an item held or a premise met makes
    no month later. Figures that slip differently are drawn apart and compared in every draw.

    Parameters
    ----------
    network, case, variants, figures, buying, rules
        What is bought, for what, how, and the months of every duration.
    slips : Mapping[str, float]
        Share of each duration that slips, from `durations.slip_shares`; empty where suppliers deliver as they say.

    Raises
    ------
    InputError
        If a duration has no row.
    UsageError
        As `taken_path`.
    """
    known = activities_of_premises()
    free = frozenset().union(*(known[name] for name in buying.premises))
    given, paths = dict(buying.variants), dict[str, str]()
    is_first, is_packaged = "lv_switchgear" in network.names, False
    drawn, ids = [], []
    for activity in network.activities:
        name = activity.duration_id
        variant = given.get(name) or variants.of(name if name != "lv_switchgear" else "mv_switchgear", case)
        duration_id, others = variant, [variant]
        if (group := class_of(activity.activity)) is not None:
            paths[group], offered = _offered(activity, group, variant, case, buying, rules)
            duration_id = offered.get(paths[group], variant)
            others += offered.values()
            is_packaged |= group == "firm_delivery" and not _PACKAGED.isdisjoint(offered)
        elif activity.activity == "firm_installation" and is_packaged:
            duration_id = _PACKAGED_INSTALLATION
        elif name == "lv_switchgear":
            duration_id = name
        elif name in SAME_DRAWS:
            others.append(variants.of(SAME_DRAWS[name], case))
        options: dict[float, Figure] = {}
        for one in dict.fromkeys([*others, duration_id]):
            figure, share = _figure(figures, one, activity), slips.get(one, 0.0)
            options[share] = _sooner(options.get(share, figure), figure)
        no_plant = is_first and case.mv_modules == 0 and activity.activity in MV_PLANT
        if activity.activity in free or no_plant:
            options = {0.0: NOTHING}
        (share, figure), *apart = options.items()
        scores = slipping(_scores_of(name), share, [(other, own) for own, other in apart])
        scores = _held(scores, activity.activity, group, dict(buying.held))
        drawn.append(_with_compute(activity.activity, (scores, *figure), buying))
        ids.append(duration_id)
    return Purchase(tuple(drawn), tuple(ids), tuple(paths.items()))


def _sooner(one: Figure, other: Figure) -> Figure:
    low, mid, high = (min(points) for points in zip(one, other, strict=True))
    return low, mid, high


def _offered(
    activity: Activity, group: str, variant: str, case: Case, buying: Buying, rules: PathRules
) -> tuple[str, dict[str, str]]:
    """Return the path that a class is bought on, and the durations of the paths offered beside a new order."""
    taken = taken_path(group, variant, case, buying, rules)
    is_named = group in dict(buying.paths) or _is_sold_wherever(group, variant, case, buying, rules)
    found = {}
    for path in (taken,) if is_named else rules.offered(buying.posture, group, variant, case):
        own = rules.duration(group, path, variant, case)
        # Islands at 480 V are activities of their own: what later modules wait for is still ordered.
        is_island = group == "mv_switchgear" and path == AVOID
        # A running spare stands in for the reserve battery, not for the one that the stack dispatches.
        is_dispatched = path == RENTAL and activity.activity == "bess_delivery"
        if own is not None and path != NEW_ORDER and not is_island and not is_dispatched:
            found[path] = own
    return taken, found


def _held(scores: str, activity: str, group: str | None, held: Mapping[str, float]) -> str:
    """Name the scores of an activity, with the months by which a held item is delivered at the latest.

    Boards at 480 V are not waited for where both parts of the plant that they stand in for are held.
    """
    if activity == "lv_switchgear" and {"mv_switchgear", "unit_transformers"} <= held.keys():
        return capped(scores, max(held["mv_switchgear"], held["unit_transformers"]))
    return capped(scores, held[group]) if group is not None and group in held else scores


def _with_compute(name: str, drawn: Drawn, buying: Buying) -> Drawn:
    """Return what an activity draws where the month is given in which the compute blocks are ready."""
    ready = buying.compute_ready_months
    if ready is not None and name == "compute_modules":
        return (GIVEN, ready, ready, ready)
    return (drawn[0], *NOTHING) if ready is not None and name in _COMPUTE else drawn


def _is_sold_wherever(name: str, variant: str, case: Case, buying: Buying, rules: PathRules) -> bool:
    path = buying.wherever_sold
    return path is not None and name != "gas_lateral" and rules.duration(name, path, variant, case) is not None


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
