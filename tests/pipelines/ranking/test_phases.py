"""Over the phases: the published product is the sum over phases, what is not built in phases stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts.costs import Chosen, SimPhases
from pipelines.economics.value import margin_usd_per_mw_year, value_columns
from pipelines.errors import ContractError
from pipelines.plant.catalogue import STACK_DIR
from pipelines.ranking.phases import described_phases, over_phases, priced_phases
from pipelines.settings import Settings

SETTINGS = Settings()
MONTHS = SETTINGS.horizon_months
LOAD = 9_600.0 * SETTINGS.site_it_mw
KINDS = {pl.String: "", pl.Int64: 0, pl.Boolean: False, pl.Float64: 0.0}


def row(table: type, stack: str, **figures: object) -> dict:
    """Return a row of a table of costed designs."""
    blank = {name: KINDS[type(column.dtype)] for name, column in table.columns().items()}
    available = float(figures.get("availability_frac", 0.9995))  # type: ignore[arg-type]
    served = LOAD * available
    own = {"region_id": "a", "stack_id": stack, "design_id": f"{stack}-1", "load_mwh": LOAD, "served_mwh": served}
    return blank | own | {"availability_frac": available, "full_service_hours_frac": 0.999} | figures


def chosen(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema={name: column.dtype for name, column in Chosen.columns().items()})


figures = st.tuples(st.floats(40, 300), st.floats(0.9, 1.0), st.floats(0, 20), st.floats(0, 900), st.floats(0.0, 5.0))


@given(early=figures, late=figures)
def test_value_at_the_means_is_the_sum_over_the_phases(early, late) -> None:
    phases = pl.DataFrame(
        [
            row(
                SimPhases, "s", phase=number, phase_id=str(number), online_years_discounted=years,
                lcoe_usd_per_mwh=lcoe, availability_frac=available, interruptions_per_year=trips, co2_kg_per_mwh=carbon,
                firm_charge_usd_per_year=lcoe * LOAD * available,
            )
            for number, (lcoe, available, trips, carbon, years) in ((1, early), (2, late))
        ]
    )  # fmt: skip
    lcoe, available, trips, carbon, _ = late
    permanent = row(
        Chosen, "s", lcoe_usd_per_mwh=lcoe, availability_frac=available, interruptions_per_year=trips,
        co2_kg_per_mwh=carbon, firm_charge_usd_per_year=lcoe * LOAD * available,
    )  # fmt: skip
    mean = over_phases(chosen(permanent), phases)
    earned = margin_usd_per_mw_year(SETTINGS)
    total = 0.0
    for lcoe, available, trips, _, years in (early, late):
        restart = trips * SETTINGS.restart_hours / 8760.0 * earned
        total += years * (available * (earned - lcoe * LOAD / SETTINGS.site_it_mw) - restart)
    share = np.zeros((1, MONTHS))
    net = value_columns(mean, share, SETTINGS)["net_usd_per_mw_year"][0]
    assert net * (early[-1] + late[-1]) == pytest.approx(total, rel=1e-9, abs=1e-3)
    # The parts of the cost sum to it, and carbon is what is emitted over what is served.
    assert mean["firm_charge_usd_per_year"][0] / mean["served_mwh"][0] == pytest.approx(mean["lcoe_usd_per_mwh"][0])
    weights = [own[-1] * own[1] for own in (early, late)]
    if sum(weights) > 1e-6:
        emitted = sum(weight * own[3] for weight, own in zip(weights, (early, late), strict=True))
        assert mean["co2_kg_per_mwh"][0] == pytest.approx(emitted / sum(weights), rel=1e-6, abs=1e-6)
    # What is held to limits is the permanent plant's.
    assert mean["availability_frac"][0] == late[1]


def test_a_stack_without_phases_stays_as_it_is() -> None:
    plain = chosen(row(Chosen, "gas_recip", lcoe_usd_per_mwh=80.0, interruptions_per_year=3.0))
    nothing = pl.DataFrame(SimPhases.create_empty())
    mean = over_phases(plain, nothing)
    assert mean.select(plain.columns).equals(plain)
    assert mean["online_availability_frac"].equals(plain["availability_frac"], check_names=False)
    assert mean["online_interruptions_per_year"][0] == 3.0


def both(early_years: float) -> tuple[pl.DataFrame, np.ndarray, np.ndarray, pl.DataFrame]:
    """Return a chosen reactor site, its shares by phase, when they begin, and its key."""
    sizes = {"firm_technology": "recip_genset", "firm_units": 6, "firm_unit_mw": 3.75, "design_id": "smr_hybrid-r2-n6"}
    frame = chosen(row(Chosen, "smr_hybrid", lcoe_usd_per_mwh=100.0, baseload_units=2, baseload_unit_mw=10.0, **sizes))
    share = np.zeros((1, 2, MONTHS))
    share[0, 0, 24 : 24 + round(12 * early_years)] = 0.75
    share[0, 1, 100:] = 1.0
    return frame, share, np.array([[24.0, 100.0]]), frame.select("region_id", "stack_id")


def test_a_phase_without_a_price_is_refused_where_modules_run_in_it() -> None:
    frame, share, begins, key = both(6.0)
    nothing = frame.clear().drop("is_target_met", "is_composition_met")
    with pytest.raises(ContractError, match=r"smr_hybrid-engines-n6x3\.75"):
        priced_phases(frame, nothing, key, share, begins, SETTINGS)
    never = priced_phases(frame, nothing, key, np.where(np.arange(2)[None, :, None] == 0, 0.0, share), begins, SETTINGS)
    assert never["phase_id"].to_list() == ["permanent"]
    assert over_phases(frame, never)["lcoe_usd_per_mwh"][0] == 100.0


def test_the_phases_are_described_in_order_with_what_runs() -> None:
    frame, share, begins, key = both(6.0)
    engines = {"design_id": "smr_hybrid-engines-n6x3.75", "lcoe_usd_per_mwh": 75.0, "co2_kg_per_mwh": 450.0}
    priced = frame.drop("is_target_met", "is_composition_met").with_columns(
        pl.lit(value).alias(name) for name, value in engines.items()
    )
    found = described_phases(priced_phases(frame, priced, key, share, begins, SETTINGS), SETTINGS)
    assert found["phase_id"].to_list() == ["engines", "permanent"]
    assert found["running"].to_list() == ["gas engines", "reactors and gas engines"]
    assert found["from_months_p50"].to_list() == [24.0, 100.0]
    assert found["until_months_p50"].to_list() == [100.0, None]
    assert found["lcoe_usd_per_mwh"].to_list() == [75.0, 100.0]
    mean = over_phases(frame, priced_phases(frame, priced, key, share, begins, SETTINGS))
    assert 75.0 < mean["lcoe_usd_per_mwh"][0] < 100.0


RENTED = (STACK_DIR / "smr_hybrid.py").read_text()


def rented(folder: Path, **terms: float) -> Settings:
    """Return settings with a reactor stack whose engines are rented on these terms until the reactors run."""
    said = ", ".join(f"{name}={value}" for name, value in terms.items())
    text = RENTED.replace("import Fleet, Floor, Phase, Stack", "import Fleet, Floor, Phase, Rental, Stack")
    text = text.replace('id="smr_hybrid"', 'id="rented_engines"')
    text = text.replace('ends_with="commissioning"', f'ends_with="commissioning", rental=Rental({said})')
    folder.mkdir()
    (folder / "rented_engines.py").write_text(text)
    return Settings(stacks_dir=folder)


def rented_phases(settings: Settings) -> pl.DataFrame:
    """Return the phases of a site of the rented stack: 76 months on six rented engines."""
    frame, share, begins, key = both(6.0)
    frame, key = (
        table.with_columns(pl.lit("rented_engines").alias("stack_id"), *names)
        for table, names in ((frame, [pl.lit("rented_engines-r2-n6").alias("design_id")]), (key, []))
    )
    engines = {"design_id": "rented_engines-engines-n6x3.75", "lcoe_usd_per_mwh": 45.0, "lcoe_simple_usd_per_mwh": 44.0}
    priced = frame.drop("is_target_met", "is_composition_met").with_columns(
        pl.lit(value).alias(name) for name, value in engines.items()
    )
    return priced_phases(frame, priced, key, share, begins, settings)


def test_hire_and_exit_are_spread_over_the_energy_of_the_phase(tmp_path: Path) -> None:
    terms = {"hire_usd_per_kw_month": 40.0, "minimum_months": 24.0, "exit_usd_per_kw": 50.0}
    engines, permanent = rented_phases(rented(tmp_path / "a", **terms)).to_dicts()
    kw = 6 * 3750.0
    paid = kw * (40.0 * 76.0 + 50.0)
    assert engines["fixed_om_usd_per_year"] == pytest.approx(paid * 12.0 / 76.0)
    for name, before in (("lcoe_usd_per_mwh", 45.0), ("lcoe_simple_usd_per_mwh", 44.0)):
        assert engines[name] - before == pytest.approx(paid * 12.0 / 76.0 / engines["served_mwh"])
    assert permanent["lcoe_usd_per_mwh"] == 100.0


def test_a_longer_minimum_term_never_costs_less(tmp_path: Path) -> None:
    costs = [
        rented_phases(rented(tmp_path / str(least), hire_usd_per_kw_month=40.0, minimum_months=least))[
            "lcoe_usd_per_mwh"
        ][0]
        for least in (0.0, 76.0, 77.0, 120.0)
    ]
    assert costs[0] == costs[1] < costs[2] < costs[3]


def test_rent_for_nothing_leaves_fuel_and_upkeep_alone(tmp_path: Path) -> None:
    free = rented_phases(rented(tmp_path / "free", hire_usd_per_kw_month=0.0))
    assert free["lcoe_usd_per_mwh"].to_list() == [45.0, 100.0]
    assert free["fixed_om_usd_per_year"].to_list() == [0.0, 0.0]
    settings = rented(tmp_path / "terms", hire_usd_per_kw_month=0.0)
    assert described_phases(free, settings)["is_rented"].to_list() == [True, False]
