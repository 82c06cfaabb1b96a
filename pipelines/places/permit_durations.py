"""Durations of air permits as used: by class, state and the probability that the class is reached."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pipelines.places.duration_row import duration_row, setting_title
from pipelines.places.permit_months import NATION, Points, StateMonths, mixed, nonattainment_months, state_months
from pipelines.settings import Settings

STEPS = 4
"""Probabilities of staying a minor source are rounded to quarters, so that few networks differ."""
MAJOR = ("psd", "nsr")


def months_of(permit_class: str, state: str) -> StateMonths:
    """Select the months of a class in a state, the nation's where the state has none of its own."""
    found = state_months(permit_class)
    return found.get(state, found[NATION])


def _figure(months: StateMonths) -> str:
    return f"{months.points[1]:.1f}".replace(".", "_")


def minor_id(state: str) -> str:
    """Name the duration of a minor or synthetic minor permit in a state."""
    return f"air_permit_minor_{_figure(months_of('minor', state))}"


def mixed_id(state: str, review: str, quarters: int) -> str:
    """Name the duration of a plant that stays minor with a probability in quarters, and is major otherwise.

    Parameters
    ----------
    state : str
    review : str
        One of `MAJOR`.
    quarters : int
        0 to 4.
    """
    if quarters >= STEPS:
        return minor_id(state)
    minor, major = (_figure(months_of(name, state)) for name in ("minor", "major"))
    return f"air_permit_{review}_{major}" + (f"_or_minor_{minor}_{25 * quarters}" if quarters else "")


def registration_id(state: str) -> str:
    """Name the duration of registering a source that needs no permit in a state."""
    return f"air_permit_registration_{_figure(months_of('registration', state))}"


def permit_points(settings: Settings) -> dict[str, Points]:
    """Compute P10, P50 and P90 (months) of every duration of permits, by name."""
    return _points(settings.nonattainment_month_factors, settings.duration_tail_per_sigma)


def permit_durations(settings: Settings) -> list[dict[str, Any]]:
    """Build the durations of air permits, rows of contract `core.durations`; none where places are off."""
    if not settings.has_air_permit_by_place:
        return []
    sources = _sources()
    rows = []
    for name, points in permit_points(settings).items():
        own, states, is_assumption = sources[name]
        cited = {
            column: "; ".join(dict.fromkeys(row[column] for row in own))
            for column in ("source_title", "publisher", "url")
        }
        rows.append(
            duration_row(
                name,
                points,
                f"{_words(name)}; {', '.join(states)}",
                **cited,
                as_of=max(row["as_of"] for row in own),
                rows_used=len(own),
                is_assumption=is_assumption,
            )
        )
    return [*rows, *_catalysts(settings)]


def _catalysts(settings: Settings) -> list[dict[str, Any]]:
    """Build the durations of catalysts, order to delivery: settings, as no lead time is published."""
    reason = "no published lead time: assumption"
    return [
        duration_row(f"{control}_delivery", getattr(settings, name), reason, setting_title(name))
        for control, name in (
            ("oxidation_catalyst", "oxidation_lead_months"),
            ("scr_and_oxidation_catalyst", "scr_lead_months"),
        )
    ]


def _words(name: str) -> str:
    """Say what a duration is, from its name."""
    if "registration" in name:
        return "registration of a source below the lines of a permit"
    kind = "nonattainment New Source Review, a multiple of a major permit" if "_nsr_" in name else "major permit"
    if "_or_minor_" in name:
        return f"{kind}, or a minor one with a probability of {name.rpartition('_')[2]} %"
    return "minor or synthetic minor permit, state shrunk to the nation" if "_minor_" in name else kind


@lru_cache(maxsize=64)
def _points(factors: tuple[float, ...], tail: float) -> dict[str, Points]:
    found = {}
    for state in _states():
        minor, major = (months_of(name, state).points for name in ("minor", "major"))
        found[minor_id(state)] = minor
        found[registration_id(state)] = months_of("registration", state).points
        for review, months in zip(MAJOR, (major, nonattainment_months(major, factors)), strict=True):
            for quarters in range(STEPS):
                name, share = mixed_id(state, review, quarters), quarters / STEPS
                if name not in found:
                    found[name] = mixed([(minor, share), (months, 1.0 - share)], tail)
    return found


def _states() -> list[str]:
    return sorted({state for name in ("minor", "major", "registration") for state in state_months(name)})


@lru_cache(maxsize=1)
def _sources() -> dict[str, tuple[list[dict[str, Any]], list[str], bool]]:
    """Collect the rows and states behind every duration, and whether it rests on an assumption."""
    found: dict[str, tuple[list[dict[str, Any]], list[str], bool]] = {}
    for state in _states():
        minor, major, registered = (list(months_of(n, state).sources) for n in ("minor", "major", "registration"))
        named = [(minor_id(state), minor, False), (registration_id(state), registered, False)]
        for review in MAJOR:
            named += [
                (mixed_id(state, review, quarters), [*major, *(minor if quarters else [])], review == "nsr")
                for quarters in range(STEPS)
            ]
        for name, rows, is_assumption in named:
            own, states, _ = found.setdefault(name, ([], [], is_assumption))
            own += [row for row in rows if row not in own]
            states.append(state)
    return found
