"""Net present cost against the numbers that Microgrids.jl asserts for itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.economics.net_present_cost import (
    Equipment,
    NetPresentCost,
    lcoe_of_present_cost,
    life_in_use,
    net_present_cost,
)


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict:
    return json.loads((shared / "cases" / "microgrids_x" / "economics_expected.json").read_text())


def rounded(cost: NetPresentCost, digits: int, scale: float = 1.0) -> dict[str, float]:
    return {
        "investment": round(cost.investment_usd / scale, digits),
        "replacement": round(cost.replacement_usd / scale, digits),
        "om": round(cost.om_usd / scale, digits),
        "fuel": round(cost.fuel_usd / scale, digits),
        "salvage": round(cost.salvage_usd / scale, digits),
        "total": round(cost.total_usd / scale, digits),
        "npc": round(cost.total_usd / scale, digits),
    }


@pytest.mark.parametrize(("key", "rate"), [("r0", 0.0), ("r5pct", 0.05)])
def test_system(expected: dict, key: str, rate: float) -> None:
    case = expected["system"]["inputs"]
    gen, battery, pv = case["gen"], case["battery"], case["pv"]
    years = case["lifetime_yr"]
    parts = [
        Equipment(
            gen["usd_per_kw"] * case["gen_kw"],
            gen["om_per_kw_h"] * case["gen_kw"] * case["gen_hours"],
            gen["life_h"] / case["gen_hours"],
            fuel_usd_per_year=case["gen_fuel_l"] * case["fuel_usd_per_l"],
        ),
        Equipment(
            battery["usd_per_kwh"] * case["battery_kwh"],
            battery["om"] * case["battery_kwh"],
            life_in_use(battery["life_yr"], battery["cycles"], case["storage_cycles"]),
        ),
        Equipment(pv["usd_per_kw"] * case["pv_kw"], pv["om"] * case["pv_kw"], pv["life_yr"]),
    ]
    total = NetPresentCost(0.0, 0.0, 0.0, 0.0, 0.0)
    for part in parts:
        total = total + net_present_cost(part, rate, years)
    wanted = dict(expected["system"]["expected_musd"][key])
    lcoe = wanted.pop("lcoe")
    got = rounded(total, 3, 1e6)
    assert {name: got[name] for name in wanted} == wanted
    served_mwh = case["served_kwh_per_yr"] / 1000.0
    assert round(lcoe_of_present_cost(total, served_mwh, rate, years) / 1000.0, 3) == lcoe


@pytest.mark.parametrize(
    ("key", "rate", "cycles"),
    [("r0_0cycles", 0.0, 0.0), ("r0_300cycles_per_yr", 0.0, 300.0), ("r5_0cycles", 0.05, 0.0)],
)
def test_battery(expected: dict, key: str, rate: float, cycles: float) -> None:
    case = expected["battery"]["inputs"]
    part = Equipment(
        case["kwh"] * case["usd_per_kwh"],
        case["om"] * case["kwh"],
        life_in_use(case["life_yr"], case["cycles"], cycles),
        replacement_frac=case["replacement_ratio"],
        salvage_frac=case["salvage_ratio"],
    )
    got = rounded(net_present_cost(part, rate, case["project_yr"]), 2)
    wanted = expected["battery"]["expected"][key]
    assert {name: got[name] for name in wanted} == wanted


@pytest.mark.parametrize(("key", "rate"), [("r0", 0.0), ("r5", 0.05)])
def test_solar(expected: dict, key: str, rate: float) -> None:
    case = expected["pv"]["inputs"]
    part = Equipment(
        case["kw"] * case["usd_per_kw"],
        case["om"] * case["kw"],
        case["life_yr"],
        replacement_frac=case["replacement_ratio"],
        salvage_frac=case["salvage_ratio"],
    )
    got = rounded(net_present_cost(part, rate, case["project_yr"]), 2)
    wanted = expected["pv"]["expected"][key]
    assert {name: got[name] for name in wanted} == wanted
