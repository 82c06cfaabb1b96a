"""Network files: what is checked, and what every stack holds."""

from __future__ import annotations

import pytest

from pipelines.errors import InputError
from pipelines.plant.catalogue import stacks
from pipelines.settings import Settings
from pipelines.timeline.network import read_network

STACKS = tuple(stacks(Settings()))

HEAD = "activity,description,duration_id,predecessors,scope,quantity\n"
GOOD = (
    "site_control,d,site_control,,site,\n"
    "mv_switchgear,d,mv_switchgear,site_control,site,\n"
    "unit_transformers,d,unit_transformers,,site,\n"
    "compute_modules,d,compute_modules,,site,\n"
    "commissioning,d,commissioning,mv_switchgear;unit_transformers;compute_modules,site,\n"
)


@pytest.mark.parametrize("stack_id", STACKS)
def test_every_stack_waits_for_switchgear_transformers_and_modules(stack_id):
    network = read_network(stack_id)
    by_name = {activity.activity: activity for activity in network.activities}
    waited_for, stack = set(), ["commissioning"]
    while stack:
        for name in by_name[stack.pop()].predecessors:
            if name not in waited_for:
                waited_for.add(name)
                stack.append(name)
    assert {"mv_switchgear", "unit_transformers", "compute_modules", "local_permits", "site_control"} <= waited_for
    assert set(by_name) == waited_for | {"commissioning"}
    assert network.names[-1] == "commissioning"
    places = {name: place for place, name in enumerate(network.names)}
    assert all(places[before] < places[name] for name in places for before in by_name[name].predecessors)


def test_networks_differ_where_stacks_differ():
    has = {stack: set(read_network(stack).names) for stack in STACKS}
    assert {stack for stack in STACKS if "gas_lateral" in has[stack]} == {
        *("gas_recip", "gas_turbine", "fuel_cell", "solar_bess_gas", "smr_hybrid")
    }
    assert "air_permit" not in has["fuel_cell"] and "air_permit" not in has["solar_bess"]
    assert {stack for stack in STACKS if "grid_connection" in has[stack]} == {"grid", "flexible_grid_bess"}
    assert {"ups", "standby_gensets"} <= has["grid"] and "smr_licence" in has["smr_hybrid"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("site_control,d,site_control,,", "site_control,d,site_control,mv_switchgear,"), "cycle"),
        (GOOD.replace("mv_switchgear,d,mv_switchgear,site_control", "mv_switchgear,d,mv_switchgear,land"), "'land'"),
        (
            GOOD.replace("unit_transformers,d,unit_transformers,,site,\n", "").replace("unit_transformers;", ""),
            "missing",
        ),
        (GOOD + "painting,d,painting,,site,\n", "painting"),
        (
            GOOD.replace("compute_modules,d,compute_modules,,site,", "compute_modules,d,compute_modules,,month,"),
            "scope",
        ),
        (
            GOOD.replace("compute_modules,d,compute_modules,,site,", "compute_modules,d,compute_modules,,unit,"),
            "quantity",
        ),
        (GOOD.replace("compute_modules,d,compute_modules,,site,", "compute_modules,d,compute_modules,,unit,kg"), "kg"),
        (GOOD + "site_control,d,site_control,,site,\n", "twice"),
        (GOOD.replace("site_control,d,site_control,,site", "site_control,d,site_control,,full"), "only later modules"),
    ],
)
def test_faults_are_named(tmp_path, text, message):
    (tmp_path / "stack.csv").write_text(HEAD + text)
    with pytest.raises(InputError, match=message):
        read_network("stack", tmp_path)


def test_a_sound_file_is_read(tmp_path):
    (tmp_path / "stack.csv").write_text(HEAD + GOOD)
    assert len(read_network("stack", tmp_path).activities) == 5
    with pytest.raises(InputError, match="missing"):
        read_network("no_such_stack", tmp_path)
