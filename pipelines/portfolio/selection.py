"""Which regions to take: the most value under limits on what they share, and what those limits cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import UsageError
from pipelines.portfolio.programme import Programme, Solution, solve

GAP = 1e-6
LIMITED = ("gas_hub", "balancing_area", "weather_cell")
_NODE_LIMIT = 20_000
_CORRELATION_STEP = 0.05


@dataclass(frozen=True)
class Selection:
    """Chosen rows and the limits they keep.

    Attributes
    ----------
    chosen : NDArray[np.int64]
        Rows chosen, in order.
    max_correlation, max_per_domain : float, int
        Limits in force, after any loosening that the candidates called for.
    is_loosened : bool
        Whether the limits asked for had no choice of so many sites.
    solution : Solution
    """

    chosen: NDArray[np.int64]
    max_correlation: float
    max_per_domain: int
    is_loosened: bool
    solution: Solution


def programme(
    value: NDArray[np.float64],
    count: int,
    correlation: NDArray[np.float64],
    domains: Mapping[str, Sequence[str]],
    *,
    max_correlation: float,
    max_per_domain: int,
) -> Programme:
    """Return the programme that chooses `count` of the candidates.

    Parameters
    ----------
    value : NDArray[np.float64]
        Worth of each candidate, shape (n,).
    count : int
        Sites to choose.
    correlation : NDArray[np.float64]
        Between the losses of candidates, shape (n, n); no two chosen ones lie above the limit.
    domains : Mapping[str, Sequence[str]]
        By kind, the domain of each candidate; at most `max_per_domain` are chosen in any.
    max_correlation : float
    max_per_domain : int
    """
    n = len(value)
    scaled = value / max(float(np.abs(value).max()), 1e-12)
    made = Programme(scaled, np.ones(n), np.ones(n, dtype=np.bool_))
    made.add(("at_most",), np.arange(n), 1.0, count)
    made.add(("at_least",), np.arange(n), -1.0, -count)
    for kind, names in domains.items():
        for name in sorted(set(names)):
            inside = np.flatnonzero(np.array(names) == name)
            if len(inside) > max_per_domain:
                made.add((kind, name), inside, 1.0, max_per_domain)
    for clique in _cliques(correlation > max_correlation):
        made.add(("correlation", *(str(row) for row in clique)), np.array(clique), 1.0, 1.0)
    return made


def _cliques(conflict: NDArray[np.bool_]) -> list[list[int]]:
    """Cover all conflicting pairs by sets in which any two conflict: far fewer and tighter rows than one per pair."""
    open_pairs = conflict.copy()
    np.fill_diagonal(open_pairs, val=False)
    clash = open_pairs.copy()
    found = []
    for i in range(len(conflict)):
        while open_pairs[i].any():
            clique = [i, int(np.argmax(open_pairs[i]))]
            common = clash[clique[0]] & clash[clique[1]]
            while common.any():
                new = int(np.argmax(common))
                clique.append(new)
                common &= clash[new]
            open_pairs[np.ix_(clique, clique)] = False
            found.append(sorted(clique))
    return found


def select(
    value: NDArray[np.float64],
    count: int,
    correlation: NDArray[np.float64],
    domains: Mapping[str, Sequence[str]],
    *,
    max_correlation: float,
    max_per_domain: int,
) -> Selection:
    """Choose the most valuable sites that keep the limits; where none do, loosen both limits step by step.

    Parameters as in `programme`.

    Raises
    ------
    UsageError
        If more sites are asked for than there are candidates.
    """
    if count > len(value):
        raise UsageError(f"{count} sites are asked for and {len(value)} regions can carry one; ask for fewer.")
    loosened = False
    while True:
        made = programme(
            value, count, correlation, domains, max_correlation=max_correlation, max_per_domain=max_per_domain
        )
        try:
            solution = solve(made, gap=GAP, node_limit=_NODE_LIMIT)
        except UsageError:
            if max_per_domain >= count and max_correlation >= 1.0:
                raise
            loosened = True
            max_per_domain, max_correlation = max_per_domain + 1, min(max_correlation + _CORRELATION_STEP, 1.0)
            continue
        chosen = np.flatnonzero(solution.x > 0.5)
        return Selection(chosen, max_correlation, max_per_domain, loosened, solution)
