"""A stack from a folder of the user's own: one file, its network and rows of reference tables; no module is touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines.settings import REFERENCE_DIR
from pipelines.timeline.network import NETWORK_DIR
from pipelines.warehouse import open_release

STACK = '''"""Linear generators alone."""

from pipelines.plant.stack import Fleet, Phase, Stack

STACK = Stack(
    id="linear_generator",
    label="Linear generators",
    sentence="Linear generators on natural gas, islanded, with a battery reserve that bridges a trip.",
    phases=(Phase("permanent", frozenset({"firm", "reserve"}), "linear generators"),),
    firm=Fleet(("linear_genset",), spare_share=1.0),
    design_name="n{units}x{unit_mw:g}",
)
'''


BRIDGE = '''"""Gas turbines, and rented linear generators until they run."""

from pipelines.plant.stack import Fleet, Phase, Rental, Stack, Units

STACK = Stack(
    id="rented_first",
    label="Turbines after rented units",
    sentence="Gas turbines, islanded; rented linear generators run until they do.",
    phases=(
        Phase(
            "rented",
            frozenset({"firm", "reserve"}),
            "rented linear generators",
            ends_with="commissioning",
            units=Units("linear_genset", 2.5),
            rental=Rental(hire_usd_per_kw_month=40.0, minimum_months=12.0, exit_usd_per_kw=50.0),
        ),
        Phase("permanent", frozenset({"firm", "reserve"}), "gas turbines"),
    ),
    firm=Fleet(("gas_turbine_5mw",), spare_share=1.2),
    design_name="n{units}x{unit_mw:g}",
)
'''
RENTED = (
    "rental_delivery,Rented units delivered,supply_contracts,supply_contracts,site,\n"
    "rental_installation,Rented units set,firm_installation,rental_delivery;civil_works,unit,phase_mw\n"
)


def bridge_network() -> str:
    """Return the network of gas turbines in which only the permanent plant waits for them, and rented units are set."""
    text = (NETWORK_DIR / "gas_turbine.csv").read_text()
    for begin in ("firm_delivery,", "firm_installation,"):
        own = next(line for line in text.splitlines() if line.startswith(begin))
        text = text.replace(own, own.replace(",site,", ",full,").replace(",unit,", ",full,"))
    text = text.replace("\ncommissioning,", f"\n{RENTED}commissioning,")
    text = text.replace("firm_installation;reserve", "rental_installation;reserve")
    return text.replace("gas_lateral;island_commissioning", "gas_lateral;firm_installation;island_commissioning")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a folder of stacks and a folder of reference tables with a technology of the user's own."""
    own = tmp_path_factory.mktemp("stacks")
    (own / "linear_generator.py").write_text(STACK)
    shutil.copy(NETWORK_DIR / "gas_recip.csv", own / "linear_generator.csv")
    (own / "rented_first.py").write_text(BRIDGE)
    (own / "rented_first.csv").write_text(bridge_network())
    reference = tmp_path_factory.mktemp("reference") / "tables"
    shutil.copytree(REFERENCE_DIR, reference, ignore=shutil.ignore_patterns("*.py", "__pycache__", "county_editions"))
    for name, begin in (
        ("technology.csv", "recip_genset,"),
        ("technologies.csv", "recip_genset,gas engines,recip,"),
        ("tax_rules.csv", "recip_genset_recovery,recip_genset,"),
    ):
        path = reference / name
        lines = path.read_text().splitlines()
        own_begin = begin.replace("recip", "linear").replace("gas engines", "linear generators")
        rows = [own_begin + line.removeprefix(begin) for line in lines if line.startswith(begin)]
        path.write_text("\n".join([*lines, *rows]) + "\n")
    return own, reference


def test_it_is_sized_dated_priced_and_ranked(firstmw, folders: tuple[Path, Path], tmp_path: Path) -> None:
    own, reference = folders
    ran = firstmw(
        *("refresh", "--publish", "--regions", "abilene_tx", "--as-of", "2026-11-22"),
        data_dir=tmp_path,
        stacks_dir=str(own),
        reference_dir=str(reference),
    )
    assert ran.code == 0, ran.err
    with open_release(tmp_path) as release:
        ranked = release.table("ranked_sites")
        stacks, phases = release.table("stacks"), release.table("phases")
    assert ranked.height == 10
    here = ranked.filter(pl.col("stack_id") == "linear_generator").row(0, named=True)
    engines = ranked.filter(pl.col("stack_id") == "gas_recip").row(0, named=True)
    assert here["firm_technology"] == "linear_genset"
    # Made of the same figures, it costs and takes what engines do.
    assert here["firm_units"] == engines["firm_units"]
    assert here["lcoe_usd_per_mwh"] == pytest.approx(engines["lcoe_usd_per_mwh"], rel=1e-9)
    assert here["first_mw_months_p50"] == engines["first_mw_months_p50"]
    labels = stacks.filter(pl.col("stack_id") == "linear_generator").row(0, named=True)
    assert (labels["label"], labels["firm_label"]) == ("Linear generators", "linear generators")

    # Rented units run before turbines can, at their own cost, until the turbines do.
    turbines, bridged = (
        ranked.filter(pl.col("stack_id") == name).row(0, named=True) for name in ("gas_turbine", "rented_first")
    )
    assert bridged["firm_technology"] == turbines["firm_technology"]
    assert bridged["first_mw_months_p50"] < turbines["first_mw_months_p50"]
    rented, permanent = phases.filter(pl.col("stack_id") == "rented_first").sort("phase").to_dicts()
    assert (rented["is_rented"], permanent["is_rented"]) == (True, False)
    assert rented["from_months_p50"] == bridged["first_mw_months_p50"]
    assert rented["until_months_p50"] == permanent["from_months_p50"] > rented["from_months_p50"]
    assert permanent["lcoe_usd_per_mwh"] == pytest.approx(turbines["lcoe_usd_per_mwh"])
    assert permanent["co2_kg_per_mwh"] == pytest.approx(turbines["co2_kg_per_mwh"])
    weights = [phase["online_years_discounted"] * phase["availability_frac"] for phase in (rented, permanent)]
    assert min(weights) > 0.0
    mean = sum(w * phase["lcoe_usd_per_mwh"] for w, phase in zip(weights, (rented, permanent), strict=True))
    assert bridged["lcoe_usd_per_mwh"] == pytest.approx(mean / sum(weights))


def test_the_command_line_knows_it(firstmw, folders: tuple[Path, Path], tmp_path: Path) -> None:
    own, reference = folders
    ran = firstmw(
        *("size", "--region", "abilene_tx", "--it-mw", "20", "--stack", "linear_generator", "--json"),
        data_dir=tmp_path,
        stacks_dir=str(own),
        reference_dir=str(reference),
    )
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["firm_technology"] == "linear_genset"
