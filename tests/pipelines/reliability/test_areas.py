"""Two buses and a tie: the published system, and the limits without and with a tie that is large enough."""

from __future__ import annotations

import numpy as np
import pytest
from published_cases import published_case

from pipelines.errors import UsageError
from pipelines.reliability.areas import Bus, tied_adequacy
from pipelines.reliability.fleet import fleet_adequacy


def test_pras_two_region_system() -> None:
    system = published_case("pras_test1_two_region")
    buses = [
        Bus([g["capacity"]], [g["lam"] / (g["lam"] + g["mu"])], [load])
        for g, load in zip(system["generators"], system["regions"].values(), strict=True)
    ]
    line = system["line"]
    result = tied_adequacy(*buses, line["limit"], line["lam"] / (line["lam"] + line["mu"]))
    assert result.lole_hours == pytest.approx(system["expected"]["LOLE"], abs=1e-12)
    assert result.eue_mwh == pytest.approx(system["expected"]["EUE"], abs=1e-12)
    assert result.eue_mwh_by_bus == pytest.approx(tuple(system["expected"]["EUE_r"].values()), abs=1e-12)


def test_no_tie_is_two_fleets_and_a_large_tie_is_one() -> None:
    rng = np.random.default_rng(8)
    first = Bus(np.full(5, 3.0), np.full(5, 0.06), rng.uniform(6, 14, 200))
    second = Bus([4.0, 4.0, 7.0], [0.1, 0.1, 0.2], rng.uniform(5, 12, 200))
    alone = [fleet_adequacy(bus.capacity_mw, bus.outage_rate, bus.load_mw) for bus in (first, second)]
    apart = tied_adequacy(first, second, 0.0)
    assert apart.eue_mwh_by_bus == pytest.approx(tuple(one.eue_mwh for one in alone), rel=1e-12)
    assert apart.lole_hours_by_bus == pytest.approx(tuple(one.lole_hours for one in alone), rel=1e-12)
    both = fleet_adequacy(
        np.concatenate([first.capacity_mw, second.capacity_mw]),
        np.concatenate([first.outage_rate, second.outage_rate]),
        np.asarray(first.load_mw) + np.asarray(second.load_mw),
    )
    joined = tied_adequacy(first, second, 1e6)
    assert joined.eue_mwh == pytest.approx(both.eue_mwh, rel=1e-12)
    assert joined.lole_hours == pytest.approx(both.lole_hours, rel=1e-12)
    half = tied_adequacy(first, second, 1e6, 0.5)
    assert half.eue_mwh == pytest.approx(0.5 * (apart.eue_mwh + joined.eue_mwh), rel=1e-12)


def test_ties_that_make_no_sense_are_refused() -> None:
    bus = Bus([1.0], [0.1], [1.0])
    with pytest.raises(UsageError, match="same length"):
        tied_adequacy(bus, Bus([1.0], [0.1], [1.0, 2.0]), 1.0)
    with pytest.raises(UsageError, match="outage rate from 0 to 1"):
        tied_adequacy(bus, bus, 1.0, 1.2)
