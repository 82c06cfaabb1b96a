"""A step is done again only where a setting that it reads, or an input, is another one."""

from __future__ import annotations

import pytest

from pipelines.ranking.reuse import Reuse, WatchedSettings
from pipelines.settings import Settings


def test_a_step_is_done_once_for_settings_that_agree_in_what_it_reads() -> None:
    done: list[float] = []

    def step(settings: Settings) -> float:
        done.append(settings.carbon_price_usd_per_tonne)
        # Which settings are read may depend on others.
        return settings.site_it_mw if done[-1] > 50.0 else 0.0

    base, reuse, own = Settings(), Reuse(), object()
    cases = [
        base,
        base.model_copy(update={"horizon_months": 60}),
        base.model_copy(update={"site_it_mw": 77.0}),
        base.model_copy(update={"carbon_price_usd_per_tonne": 60.0}),
        base.model_copy(update={"carbon_price_usd_per_tonne": 60.0, "site_it_mw": 77.0}),
    ]
    found = [reuse.step("own", settings, (own,), step) for settings in cases]
    assert done == [base.carbon_price_usd_per_tonne, 60.0, 60.0]
    assert found == [0.0, 0.0, 0.0, base.site_it_mw, 77.0]
    reuse.step("own", base, (object(),), step)
    reuse.step("another", base, (own,), step)
    assert len(done) == 5


def test_a_step_within_a_step_counts_as_read_by_both() -> None:
    reuse, done = Reuse(), []

    def outer(settings: Settings) -> float:
        done.append("outer")
        return reuse.step("inner", settings, (), lambda read: read.carbon_price_usd_per_tonne) + settings.site_it_mw

    base = Settings()
    dear = base.model_copy(update={"carbon_price_usd_per_tonne": 90.0})
    assert reuse.step("outer", base, (), outer) != reuse.step("outer", dear, (), outer)
    assert reuse.step("outer", base.model_copy(update={"horizon_months": 60}), (), outer) == base.site_it_mw
    assert len(done) == 2


@pytest.mark.parametrize("read_all", [lambda own: own.model_copy(), dict, vars, lambda own: own.model_dump()])
def test_whoever_takes_all_settings_has_read_all(read_all) -> None:
    watched = WatchedSettings.of(Settings())
    assert watched.names_read == set()
    read_all(watched)
    assert watched.names_read == set(Settings.model_fields)


def test_an_item_is_made_once_for_settings_that_agree_in_what_the_items_read() -> None:
    made: list[tuple[str, float]] = []

    def make(settings: Settings, places: list[int]) -> list[float]:
        names = ["aba"[place] for place in places]
        # The second item alone reads the size of the site.
        found = [settings.carbon_price_usd_per_tonne + (settings.site_it_mw if name == "b" else 0.0) for name in names]
        made.extend(zip(names, found, strict=True))
        return found

    base, reuse = Settings(), Reuse()
    larger = base.model_copy(update={"site_it_mw": 77.0})
    dear = base.model_copy(update={"carbon_price_usd_per_tonne": 60.0})
    assert reuse.each("own", base, ["a"], make) == [base.carbon_price_usd_per_tonne]
    assert reuse.each("own", larger, ["a"], make) == [base.carbon_price_usd_per_tonne]
    assert len(made) == 1
    both = [(settings, reuse.each("own", settings, ["a", "b", "a"], make)) for settings in (larger, base, dear, larger)]
    for settings, found in both:
        carbon = settings.carbon_price_usd_per_tonne
        assert found == [carbon, carbon + settings.site_it_mw, carbon]
    assert [name for name, _ in made] == ["a", "b", "a", "b", "a", "b"]
