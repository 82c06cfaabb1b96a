"""A phase on rented units: never later than without, over when its permit is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.settings import Settings
from pipelines.timeline.network import NETWORK_DIR
from pipelines.timeline.time_to_power import TimelineResult, time_to_power

STACK = """
from pipelines.plant.stack import Fleet, Phase, Rental, Stack, Units

STACK = Stack(
    id="{name}",
    label="{name}",
    sentence="Turbines after rented engines.",
    phases=(
        Phase("rented", frozenset({{"firm"}}), "engines", ends_with="commissioning",
              units=Units("recip_genset", 2.5), rental=Rental(40.0, permit_months={permit})),
        Phase("permanent", frozenset({{"firm", "reserve"}}), "gas turbines"),
    ),
    firm=Fleet(("gas_turbine_small_industrial",), spare_share=1.2),
    design_name="n{{units}}",
)
"""


def network(*, are_slow: bool) -> str:
    """Return the network of gas turbines that only the permanent plant waits for, with rented units beside them."""
    text = (NETWORK_DIR / "gas_turbine.csv").read_text()
    for begin in ("firm_delivery,", "firm_installation,"):
        own = next(line for line in text.splitlines() if line.startswith(begin))
        text = text.replace(own, own.replace(",site,", ",full,").replace(",unit,", ",full,"))
    delivery = "turbine_delivery" if are_slow else "supply_contracts"
    rented = (
        f"rental_delivery,Rented units delivered,{delivery},supply_contracts,site,\n"
        "rental_installation,Rented units set,firm_installation,rental_delivery;civil_works,unit,phase_mw\n"
    )
    text = text.replace("\ncommissioning,", f"\n{rented}commissioning,")
    # The island is commissioned on the rented units; the permanent plant waits for its own as well.
    text = text.replace("firm_installation;reserve", "rental_installation;reserve")
    return text.replace("gas_lateral;island_commissioning", "gas_lateral;firm_installation;island_commissioning")


def result(folder: Path, tables, regions, designs, *, are_slow: bool = False, permit: float | None = None):
    """Return the time to power of turbines with and without rented units before them, in one region."""
    (folder / "rented.py").write_text(STACK.format(name="rented", permit=permit))
    (folder / "rented.csv").write_text(network(are_slow=are_slow))
    turbine = designs.filter(pl.col("stack_id") == "gas_turbine")
    both = pl.concat([turbine, turbine.with_columns(pl.lit("rented").alias("stack_id"))])
    where = regions.filter(pl.col("region_id") == "abilene_tx")
    chosen = where.select("region_id").join(both, how="cross")
    settings = Settings(timeline_samples=2000, stacks_dir=folder)
    used = [tables[name] for name in ("equipment_lead_times", "policy", "queue_statistics")]
    found: TimelineResult = time_to_power(where, chosen, *used, settings, 1)
    return found


@pytest.mark.parametrize("are_slow", [False, True])
def test_rented_units_never_make_a_row_later(tmp_path: Path, tables, regions, designs, are_slow: bool) -> None:
    found = result(tmp_path, tables, regions, designs, are_slow=are_slow)
    turbines, rented = found.time_to_power.to_dicts()
    for name in ("first_mw_months_p10", "first_mw_months_p50", "first_mw_months_p90", "full_mw_months_p50"):
        assert rented[name] <= turbines[name] + 1e-9
    assert (found.online_share[1] >= found.online_share[0] - 1e-9).all()
    # What runs is in one phase or the other.
    np.testing.assert_allclose(found.phase_share.sum(axis=1), found.online_share, atol=1e-12)
    assert found.phase_begins[1, 0] == rented["first_mw_months_p50"]
    assert found.phase_begins[1, 1] == rented["plant_complete_months_p50"]
    if not are_slow:
        assert rented["first_mw_months_p50"] < turbines["first_mw_months_p50"]
        assert found.phase_share[1, 0].sum() > 1.0


def test_a_phase_ends_with_its_permit(tmp_path: Path, tables, regions, designs) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "permit").mkdir()
    free = result(tmp_path / "open", tables, regions, designs)
    bound = result(tmp_path / "permit", tables, regions, designs, permit=2.0)
    last = int(free.phase_begins[1, 0] + 2.0)
    np.testing.assert_array_equal(bound.phase_share[1, 0, :last], free.phase_share[1, 0, :last])
    assert (bound.phase_share[1, 0, last:] == 0.0).all()
    assert free.phase_share[1, 0, last] > 0.0
    np.testing.assert_array_equal(bound.phase_share[1, 1], free.phase_share[1, 1])
    np.testing.assert_allclose(bound.online_share[1], bound.phase_share[1].sum(axis=0))
    np.testing.assert_array_equal(bound.online_share[0], free.online_share[0])
