"""The catalogue of stacks: read from files, faults named, earlier ids understood."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.errors import InputError, UsageError
from pipelines.plant.catalogue import STACK_DIR, former_ids, present_id, renamed, stacks
from pipelines.settings import Settings
from pipelines.timeline.network import NETWORK_DIR, network_of

FILE = (STACK_DIR / "gas_recip.py").read_text()


def own(folder: Path, text: str, name: str = "engines") -> Settings:
    """Return settings with a folder that holds one stack."""
    (folder / f"{name}.py").write_text(text)
    return Settings(stacks_dir=folder)


def test_every_file_is_a_stack_and_the_order_is_that_of_the_ids() -> None:
    known = stacks(Settings())
    assert list(known) == sorted(path.stem for path in STACK_DIR.glob("*.py") if path.stem != "__init__")
    assert len({stack.label for stack in known.values()}) == len(known)
    assert all(not (stack.phases[0].parts - stack.parts) for stack in known.values())


def test_a_stack_of_a_folder_is_beside_the_others(tmp_path: Path) -> None:
    settings = own(tmp_path, FILE.replace('id="gas_recip"', 'id="engines"'))
    found = stacks(settings)["engines"]
    assert found.folder == tmp_path
    assert set(stacks(settings)) == {*stacks(Settings()), "engines"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NOTHING = 1\n", "defines no STACK"),
        (FILE, "named 'gas_recip', its file 'engines'"),
        (FILE.replace("STACK = Stack(", "STACK = Stack((", 1), "cannot be read"),
        (FILE.replace('id="gas_recip"', 'id="engines"').replace('"reserve"', '"windmill"'), "'windmill' is no part"),
        (FILE.replace('id="gas_recip"', 'id="engines"').replace('{"firm", "reserve"}', '{"reserve"}'), "'firm'"),
    ],
)
def test_faults_are_named_with_the_file(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        stacks(own(tmp_path, text))
    assert str(tmp_path / "engines.py") in str(caught.value)


def test_a_second_stack_of_an_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="already"):
        stacks(own(tmp_path, FILE, "gas_recip"))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="FIRSTMW_STACKS_DIR"):
        stacks(Settings(stacks_dir=tmp_path / "none"))


def test_earlier_ids_are_understood() -> None:
    known = stacks(Settings())
    former = former_ids(known)
    assert former == {"grid_bess_bridge": "flexible_grid_bess"}
    assert present_id("grid_bess_bridge", known, former) == present_id("flexible_grid_bess", known, former)
    with pytest.raises(UsageError, match="choose among"):
        present_id("windmill", known, former)


def test_a_table_of_an_earlier_release_has_the_present_ids() -> None:
    known = stacks(Settings())
    frame = pl.DataFrame(
        {
            "stack_id": ["grid_bess_bridge", "grid"],
            "other_stack_id": ["grid", "grid_bess_bridge"],
            "design_id": ["grid_bess_bridge-b4h-n0", "grid-n12"],
            "note": ["grid_bess_bridge", ""],
        }
    )
    again = renamed(frame, known)
    assert again["stack_id"].to_list() == ["flexible_grid_bess", "grid"]
    assert again["other_stack_id"].to_list() == ["grid", "flexible_grid_bess"]
    assert again["design_id"].to_list() == ["flexible_grid_bess-b4h-n0", "grid-n12"]
    assert again["note"].equals(frame["note"])
    assert renamed(again, known).equals(again)
    design = known["flexible_grid_bess"].first_named(again["design_id"][0])
    assert design == frame["design_id"][0]


PHASED = (STACK_DIR / "smr_hybrid.py").read_text().replace('id="smr_hybrid"', 'id="engines"')


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (', ends_with="commissioning"', "", "does not say which activity ends it"),
        ('"reactors and gas engines"', '"reactors", ends_with="commissioning"', "ends with an activity"),
        ('Phase("permanent"', 'Phase("engines"', "the same id"),
        ('Phase("engines", frozenset({"firm", "reserve"})', 'Phase("engines", frozenset({"reserve"})', "firm units"),
        ('Phase("engines", frozenset({"firm",', 'Phase("engines", frozenset({"solar", "firm",', "no solar"),
    ],
)
def test_faults_of_phases_are_named(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert stacks(own(tmp_path, PHASED))["engines"].early
    folder = tmp_path / "other"
    folder.mkdir()
    assert before in PHASED
    with pytest.raises(InputError, match=message):
        stacks(own(folder, PHASED.replace(before, after)))


def test_an_end_that_is_not_in_the_network_is_named(tmp_path: Path) -> None:
    settings = own(tmp_path, PHASED.replace("commissioning", "ribbon_cutting"))
    (tmp_path / "engines.csv").write_text((NETWORK_DIR / "smr_hybrid.csv").read_text())
    with pytest.raises(InputError, match="'ribbon_cutting'"):
        network_of("engines", settings)
