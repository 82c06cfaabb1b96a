"""Net present cost against the numbers that Microgrids.jl asserts for itself."""

from __future__ import annotations

import pytest
from published_cases import published_case

from pipelines.economics.net_present_cost import (
    Equipment,
    NetPresentCost,
    lcoe_of_present_cost,
    life_in_use,
    net_present_cost,
)


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
def test_system(key: str, rate: float) -> None:
    published = published_case("microgrids_cost_system")
    inputs = published["inputs"]
    gen, battery, pv = inputs["gen"], inputs["battery"], inputs["pv"]
    years = inputs["lifetime_yr"]
    parts = [
        Equipment(
            gen["usd_per_kw"] * inputs["gen_kw"],
            gen["om_per_kw_h"] * inputs["gen_kw"] * inputs["gen_hours"],
            gen["life_h"] / inputs["gen_hours"],
            fuel_usd_per_year=inputs["gen_fuel_l"] * inputs["fuel_usd_per_l"],
        ),
        Equipment(
            battery["usd_per_kwh"] * inputs["battery_kwh"],
            battery["om"] * inputs["battery_kwh"],
            life_in_use(battery["life_yr"], battery["cycles"], inputs["storage_cycles"]),
        ),
        Equipment(pv["usd_per_kw"] * inputs["pv_kw"], pv["om"] * inputs["pv_kw"], pv["life_yr"]),
    ]
    total = NetPresentCost(0.0, 0.0, 0.0, 0.0, 0.0)
    for part in parts:
        total = total + net_present_cost(part, rate, years)
    wanted = dict(published["expected_musd"][key])
    lcoe = wanted.pop("lcoe")
    got = rounded(total, 3, 1e6)
    assert {name: got[name] for name in wanted} == wanted
    served_mwh = inputs["served_kwh_per_yr"] / 1000.0
    assert round(lcoe_of_present_cost(total, served_mwh, rate, years) / 1000.0, 3) == lcoe


@pytest.mark.parametrize(
    ("key", "rate", "cycles"),
    [("r0_0cycles", 0.0, 0.0), ("r0_300cycles_per_yr", 0.0, 300.0), ("r5_0cycles", 0.05, 0.0)],
)
def test_battery(key: str, rate: float, cycles: float) -> None:
    published = published_case("microgrids_cost_battery")
    inputs = published["inputs"]
    part = Equipment(
        inputs["kwh"] * inputs["usd_per_kwh"],
        inputs["om"] * inputs["kwh"],
        life_in_use(inputs["life_yr"], inputs["cycles"], cycles),
        replacement_frac=inputs["replacement_ratio"],
        salvage_frac=inputs["salvage_ratio"],
    )
    got = rounded(net_present_cost(part, rate, inputs["project_yr"]), 2)
    wanted = published["expected"][key]
    assert {name: got[name] for name in wanted} == wanted


@pytest.mark.parametrize(("key", "rate"), [("r0", 0.0), ("r5", 0.05)])
def test_solar(key: str, rate: float) -> None:
    published = published_case("microgrids_cost_pv")
    inputs = published["inputs"]
    part = Equipment(
        inputs["kw"] * inputs["usd_per_kw"],
        inputs["om"] * inputs["kw"],
        inputs["life_yr"],
        replacement_frac=inputs["replacement_ratio"],
        salvage_frac=inputs["salvage_ratio"],
    )
    got = rounded(net_present_cost(part, rate, inputs["project_yr"]), 2)
    wanted = published["expected"][key]
    assert {name: got[name] for name in wanted} == wanted
