"""A stack from a folder of the user's own: one file, its network and rows of reference tables; no module is touched."""

from __future__ import annotations

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


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a folder of stacks and a folder of reference tables with a technology of the user's own."""
    own = tmp_path_factory.mktemp("stacks")
    (own / "linear_generator.py").write_text(STACK)
    shutil.copy(NETWORK_DIR / "gas_recip.csv", own / "linear_generator.csv")
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
        *("refresh", "--regions", "abilene_tx", "--as-of", "2026-11-22"),
        data_dir=tmp_path,
        stacks_dir=str(own),
        reference_dir=str(reference),
    )
    assert ran.code == 0, ran.err
    with open_release(tmp_path) as release:
        ranked = release.table("ranked_sites")
        stacks = release.table("stacks")
    assert ranked.height == 9
    here = ranked.filter(pl.col("stack_id") == "linear_generator").row(0, named=True)
    engines = ranked.filter(pl.col("stack_id") == "gas_recip").row(0, named=True)
    assert here["firm_technology"] == "linear_genset"
    # Made of the same figures, it costs and takes what engines do.
    assert here["firm_units"] == engines["firm_units"]
    assert here["lcoe_usd_per_mwh"] == pytest.approx(engines["lcoe_usd_per_mwh"], rel=1e-9)
    assert here["first_mw_months_p50"] == engines["first_mw_months_p50"]
    labels = stacks.filter(pl.col("stack_id") == "linear_generator").row(0, named=True)
    assert (labels["label"], labels["firm_label"]) == ("Linear generators", "linear generators")


def test_the_command_line_knows_it(firstmw, folders: tuple[Path, Path], tmp_path: Path) -> None:
    own, reference = folders
    ran = firstmw(
        *("size", "--region", "abilene_tx", "--it-mw", "20", "--stack", "linear_generator"),
        data_dir=tmp_path,
        stacks_dir=str(own),
        reference_dir=str(reference),
    )
    assert ran.code == 0, ran.err
    assert "linear_genset" in ran.out
