"""Which class of equipment to buy faster, step by step: months saved, what they are worth and what they cost.

Project crashing (Kelley and Walker 1961, Proceedings of the Eastern Joint Computer Conference) on shared draws: of the
classes that hold up a site, the one is bought faster whose months are worth most after its premium, until none is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
import polars as pl

from pipelines.contracts.base import REGISTRY, validate
from pipelines.contracts.procurement import PATHS
from pipelines.economics.value import online_years_discounted
from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.timeline.buying import RENTAL, Buying
from pipelines.timeline.drawing import draw_missing
from pipelines.timeline.outcomes import Known, Outcome
from pipelines.timeline.paths import CLASSES, NEW_ORDER, PathRules, class_of, path_rules
from pipelines.timeline.premiums import Plant, premium
from pipelines.timeline.rows import Row, SiteCase, rows_of, site_cases
from pipelines.timeline.variants import Variants, read_variants

TABLE = "mart.acceleration"
_LEAST_CRITICAL_FRAC = 0.05
Option = tuple[str, str]
"""A class of equipment and the path that it is bought on."""
Paths = tuple[Option, ...]
"""Classes and the paths named for them, in the order of `CLASSES`."""


class Step(NamedTuple):
    """One class bought faster, beside what was taken in the steps before."""

    step: int
    equipment_class: str
    from_path: str
    to_path: str
    months_saved_p50: float
    break_even_usd_per_mw: float
    cost_usd_per_mw: float
    is_cost_assumed: bool
    value_gain_usd_per_mw: float
    is_taken: bool
    binding_after: str


class Site(NamedTuple):
    """One site: what its networks read, what prices are multiplied by, what a MW online earns in a year (USD)."""

    case: SiteCase
    plant: Plant
    net_usd_per_mw_year: float


@dataclass(frozen=True)
class Found:
    """Months of one case bought in one way."""

    outcome: Outcome
    row: Row
    online_years: float

    @cached_property
    def binding(self) -> str:
        """Name the activity that the largest share of the months is spent in."""
        return self.row.network.names[int(np.argmax(self.outcome.time_share))]

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """List the classes that lie on the critical chain in at least one draw of twenty."""
        often = zip(self.row.network.names, self.outcome.on_chain, strict=True)
        found = {class_of(name) for name, share in often if share >= _LEAST_CRITICAL_FRAC}
        return tuple(name for name in CLASSES if name in found)


class Months:
    """Months of cases by the paths they are bought on, each drawn once.

    Parameters
    ----------
    used : pl.DataFrame
        Contract core.durations.
    policy : pl.DataFrame
        Reference table.
    settings : Settings
        With as many samples as ways to buy are compared on.
    seed : int
    buying : Buying
        How a site is bought where no path is named, and what it has.
    known : Known
        Networks drawn before; those drawn now are added.
    """

    def __init__(
        self, used: pl.DataFrame, policy: pl.DataFrame, settings: Settings, seed: int, buying: Buying, known: Known
    ) -> None:
        few = min(settings.acceleration_samples, settings.timeline_samples)
        self.settings = settings.model_copy(update={"timeline_samples": few, "robustness_draws": 1})
        self._used, self._policy, self._seed, self._buying, self._known = used, policy, seed, buying, known
        self._found: dict[tuple[SiteCase, Paths], Found] = {}

    def find(self, wanted: Iterable[tuple[SiteCase, Paths]], *, threads: int = 2) -> None:
        """Draw the networks of cases and paths that were not drawn before."""
        missing: dict[Paths, dict[SiteCase, None]] = {}
        for case, paths in wanted:
            if (case, paths) not in self._found:
                missing.setdefault(paths, {})[case] = None
        rows: dict[tuple[SiteCase, Paths], Row] = {}
        for paths, cases in missing.items():
            bought = replace(self._buying, paths=tuple((dict(self._buying.paths) | dict(paths)).items()))
            made = rows_of(cases, self._used, self._policy, self.settings, ready=self._known.ready, buying=bought)
            rows.update(zip(((case, paths) for case in cases), made, strict=True))
        if rows:
            keys = draw_missing(
                list(rows.values()), self.settings, self._seed, self._known, threads=threads, is_path_wanted=False
            )
            outcomes = [self._known.outcomes[key] for key in keys]
            online = np.array([outcome.online for outcome in outcomes])
            online *= np.array([[row.completion] for row in rows.values()])
            years = online_years_discounted(online, self.settings)
            for (pair, row), outcome, own in zip(rows.items(), outcomes, years, strict=True):
                self._found[pair] = Found(outcome, row, float(own))

    def of(self, case: SiteCase, paths: Paths) -> Found:
        """Return what was drawn."""
        return self._found[case, paths]


def _with(paths: Paths, *options: Option) -> Paths:
    """Return paths with options in place of those of their classes."""
    named = dict(paths) | dict(options)
    return tuple((name, named[name]) for name in CLASSES if name in named)


class _Search:
    """The steps of one site so far."""

    def __init__(self, site: Site, months: Months, variants: Variants, buying: Buying) -> None:
        self.site, self._months, self._variants, self._buying = site, months, variants, buying
        self._rules: PathRules = path_rules()
        self._paths: Paths = ()
        self._number = 1
        self.steps: list[Step] = []

    def wanted(self, tried: Iterable[tuple[Option, ...]]) -> list[tuple[SiteCase, Paths]]:
        """List what has to be drawn so that options can be compared."""
        return [(self.site.case, _with(self._paths, *options)) for options in tried]

    def singles(self) -> list[tuple[Option, ...]]:
        """List the classes that hold up the site, each with the paths that it is not bought on and is sold by.

        Rented packages are no purchase: they run in a phase of their own.
        """
        case = self.site.case.case
        given = dict(self._buying.paths).keys() | dict(self._buying.held).keys()
        found: list[tuple[Option, ...]] = []
        for name in self._now.classes:
            if name in given:
                continue
            variant = self._variant(name)
            offered = self._rules.offered(self._buying.posture, name, variant, case)
            left_out = {NEW_ORDER, RENTAL, self._path(name), *offered}
            found += [
                ((name, path),)
                for path in PATHS
                if path not in left_out and self._rules.duration(name, path, variant, case) is not None
            ]
        return found

    def pairs(self) -> list[tuple[Option, ...]]:
        """List pairs of options of different classes."""
        return [(*one, *other) for one, other in combinations(self.singles(), 2) if one[0][0] != other[0][0]]

    def take_single(self, tried: list[tuple[Option, ...]]) -> bool:
        """List all options with what they save; take the one worth most after its cost, and return whether any is."""
        listed = [steps[0] for steps in map(self._steps, tried)]
        best = max(range(len(listed)), key=lambda place: listed[place].value_gain_usd_per_mw, default=-1)
        is_worth = best >= 0 and listed[best].value_gain_usd_per_mw > 0.0
        self.steps += [
            step._replace(is_taken=is_worth and place == best)
            for place, step in enumerate(listed)
            if step.months_saved_p50 > 0.0 or step.break_even_usd_per_mw > 0.0
        ]
        if is_worth:
            self._take(tried[best])
        return is_worth

    def take_pair(self, tried: list[tuple[Option, ...]]) -> bool:
        """Take the pair worth most after its cost, one step after the other, and return whether any is."""

        def gain(options: tuple[Option, ...]) -> float:
            return sum(step.value_gain_usd_per_mw for step in self._steps(options))

        best = max(tried, key=gain, default=())
        if not best or gain(best) <= 0.0:
            return False
        # The first of a pair was listed with the single options.
        listed = (self._number, *best[0])
        self.steps = [step for step in self.steps if (step.step, step.equipment_class, step.to_path) != listed]
        taken = enumerate(self._steps(best), start=self._number)
        self.steps += [step._replace(step=number, is_taken=True) for number, step in taken]
        self._take(best)
        return True

    @property
    def _now(self) -> Found:
        return self._months.of(self.site.case, self._paths)

    def _take(self, options: tuple[Option, ...]) -> None:
        self._paths = _with(self._paths, *options)
        self._number += len(options)

    def _variant(self, name: str) -> str:
        """Return the duration that a class has at this place and size."""
        own = next(one for one in self._now.row.network.activities if class_of(one.activity) == name)
        given = dict(self._buying.variants)
        return given.get(own.duration_id) or self._variants.of(own.duration_id, self.site.case.case)

    def _path(self, name: str) -> str:
        return dict(self._paths).get(name) or dict(self._now.row.paths)[name]

    def _steps(self, options: tuple[Option, ...]) -> list[Step]:
        """Compute what options give one after the other; the first of a pair alone was drawn as a single option."""
        before, paths, steps = self._now, self._paths, []
        for name, path in options:
            paths = _with(paths, (name, path))
            after = self._months.of(self.site.case, paths)
            gain = (after.online_years - before.online_years) * self.site.net_usd_per_mw_year
            cost, is_assumed = self._cost(name, path)
            steps.append(
                Step(
                    self._number,
                    name,
                    self._path(name),
                    path,
                    before.outcome.first[1] - after.outcome.first[1],
                    gain,
                    cost,
                    is_assumed,
                    gain - cost,
                    is_taken=False,
                    binding_after=after.binding,
                )
            )
            before = after
        return steps

    def _cost(self, name: str, path: str) -> tuple[float, bool]:
        case, variant = self.site.case.case, self._variant(name)
        there, here = (
            premium(name, one, variant, case, self.site.plant, self._rules, self._months.settings)
            for one in (path, self._path(name))
        )
        return max(there.usd_per_mw - here.usd_per_mw, 0.0), there.is_assumed or here.is_assumed


_Options = Callable[[_Search], list[tuple[Option, ...]]]
_Take = Callable[[_Search, list[tuple[Option, ...]]], bool]


def accelerate(
    sites: Sequence[Site],
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    seed: int,
    buying: Buying,
    *,
    known: Known | None = None,
    threads: int = 2,
) -> list[list[Step]]:
    """Search for each site the classes to buy faster.

    In each round every class that holds up the site in a twentieth of the draws is tried on every path on which it is
    sold beside those that the posture offers, and the option worth most after its premium is taken. Where none is
    worth its premium, pairs of classes are tried, since of two chains of one length neither alone saves a month.

    Parameters
    ----------
    sites : Sequence[Site]
    used, policy, seed
        As in `time_to_power`.
    settings : Settings
        Samples, horizon, prices and premiums that are assumed.
    buying : Buying
        How the sites are bought before the first step, and what they have.
    known : Known | None
        Networks drawn before; those drawn now are added.
    threads : int
        Networks drawn at the same time.

    Returns
    -------
    list[list[Step]]
        Of each site the options of each step that save months or are worth something, in order of the steps, and which
        of them is taken.
    """
    months = Months(used, policy, settings, seed, buying, Known() if known is None else known)
    variants = read_variants(policy, settings)
    months.find(((site.case, ()) for site in sites), threads=threads)
    searches = [_Search(site, months, variants, buying) for site in sites]

    def stuck(going: list[_Search], options: _Options, take: _Take) -> list[_Search]:
        """Draw and compare options of searches, and list those of which none is worth taking."""
        tried = [(search, options(search)) for search in going]
        months.find((pair for search, own in tried for pair in search.wanted(own)), threads=threads)
        return [search for search, own in tried if not take(search, own)]

    # Each step that is taken raises the value of a site, so that the search ends.
    going = searches
    while going:
        done = set(stuck(stuck(going, _Search.singles, _Search.take_single), _Search.pairs, _Search.take_pair))
        going = [search for search in going if search not in done]
    return [search.steps for search in searches]


def acceleration(
    regions: pl.DataFrame,
    chosen: pl.DataFrame,
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    seed: int,
    *,
    known: Known | None = None,
) -> pl.DataFrame:
    """Search the classes to buy faster for every chosen design, bought in the posture of the settings.

    Parameters
    ----------
    regions, used, policy, settings, seed, known
        As in `time_to_power`.
    chosen : pl.DataFrame
        As in `time_to_power`, with net_usd_per_mw_year (USD per MW of IT online).

    Returns
    -------
    pl.DataFrame
        Contract mart.acceleration.

    Raises
    ------
    InputError
        If a column is missing.
    """
    if "net_usd_per_mw_year" not in chosen.columns:
        raise InputError(
            "column net_usd_per_mw_year is missing",
            file="chosen designs",
            remedy="add what a MW online earns in a year",
        )
    cases = site_cases(regions, chosen, policy, settings)
    sites = [
        Site(case, Plant.of(design, case.case, settings), float(design["net_usd_per_mw_year"]))
        for design, case in zip(chosen.iter_rows(named=True), cases, strict=True)
    ]
    found = accelerate(sites, used, policy, settings, seed, Buying.of(settings), known=known)
    columns = REGISTRY[TABLE].schema.column_names()
    rows = [
        dict(zip(columns, (region, stack, *step), strict=True))
        for (region, stack), steps in zip(chosen.select("region_id", "stack_id").iter_rows(), found, strict=True)
        for step in steps
    ]
    empty = REGISTRY[TABLE].schema.create_empty()
    return validate(pl.DataFrame(rows, schema=empty.schema), TABLE)
