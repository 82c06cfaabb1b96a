"""Charges per dollar against the general after-tax model, flow by flow."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.economics.after_tax import Asset, Project, after_tax_lcoe
from pipelines.economics.capital import degradation_allowance
from pipelines.economics.charges import SOURCES
from pipelines.economics.costs import unit_costs
from pipelines.economics.credits import CreditDates
from pipelines.economics.finance import level, schedule, terms
from pipelines.reference.load import load_reference

RUNNING = ("fixed_om", "variable_om", "fuel", "grid_energy", "carbon")


@pytest.fixture(scope="module")
def rules(facts):
    return load_reference("tax_rules", facts.settings.reference_dir)


class WholeCredits(CreditDates):
    """Every part's whole investment credit, without dates."""

    def expected(self, designs):
        from pipelines.economics.credits import no_credits

        frame = no_credits(designs)
        return frame.with_columns(
            **{name: 0.3 for name in frame.columns if name.endswith("_credit_frac")}  # type: ignore[arg-type]
        )


def parts_of(row: dict) -> list[tuple[str, str, float]]:
    """Return part, technology and capital of what a design is built of."""
    found = []
    for part, names in SOURCES.items():
        if part == "grid":
            found += [
                ("grid", "site_works", row["grid_capex_usd"] - row["ups_capex_usd"]),
                ("grid", "ups", row["ups_capex_usd"]),
            ]
        else:
            found.append((part, names[0] if names else row[f"{part}_technology"], row[f"{part}_capex_usd"]))
    return [(part, technology, capex) for part, technology, capex in found if capex > 0.0]


def project_of(row: dict, facts, rules, own) -> Project:
    """Build the cash flows of a design from its capital and yearly costs, without the charges."""
    settings = facts.settings
    costs = {item["technology"]: item for item in unit_costs(facts.parameters, settings).iter_rows(named=True)}
    years = np.arange(1, own.years + 1)
    rise = (1.0 + own.inflation) ** years
    assets, exchanges = [], np.zeros(own.years)
    for part, technology, capex in parts_of(row):
        item = costs[technology]
        shares = schedule(rules, "site_works" if technology == "ups" else technology, settings)
        grown = 1.0 + ((1.0 + own.real_capital_rate) ** (item["construction_months"] / 24.0) - 1.0)
        modules = 1.0
        if part == "solar":
            modules += degradation_allowance(own.real_equity_rate, own.years, item["degradation_per_year"])
        life = item["life_years"]
        times = [life * k for k in range(1, 40) if life * k < own.years - 1e-9]
        left = ((len(times) + 1) * life - own.years) / life if item["is_movable"] else 0.0
        assets.append(
            Asset(
                capex * modules * (1.0 + item["soft_frac"]) * grown,
                shares,
                credit_frac=row.get(f"{part}_credit_frac", 0.0),
                salvage_usd=settings.salvage_frac * left * capex * modules * (1.0 + own.inflation) ** own.years,
            )
        )
        assets += [Asset(capex * (1.0 + own.inflation) ** when, shares, year=int(when)) for when in times]
        if item["exchange_years"] > 0.0:
            kw = 1000.0 * row[f"{part}_units"] * row[f"{part}_unit_mw"]
            for when in np.arange(item["exchange_years"], own.years - 1e-9, item["exchange_years"]):
                low, share = int(when), when - int(when)
                exchanges[low - 1] += (1.0 - share) * kw * item["exchange_usd_per_kw"]
                exchanges[low] += share * kw * item["exchange_usd_per_kw"]
    running = sum(row[f"{name}_usd_per_year"] for name in RUNNING)
    return Project(
        tuple(assets),
        np.full(own.years, row["served_mwh"]),
        {"running": running * rise, "exchanges": exchanges * rise},
    )


@pytest.mark.parametrize("is_credited", [False, True])
@pytest.mark.parametrize("bonus", [True, False])
def test_the_published_cost_is_the_general_models_price(
    facts, rules, make_year, stacks, some_regions, is_credited: bool, bonus: bool
) -> None:
    settings = facts.settings.model_copy(update={"has_bonus_depreciation": bonus})
    own = terms(facts.parameters, rules, settings)
    dates = WholeCredits(rules, None, np.zeros(1), {}, settings) if is_credited else None  # type: ignore[arg-type]
    rows = facts.candidates(*make_year(stacks, some_regions[:1]), settings=settings, credits=dates)
    changed = type(facts)(settings, *(getattr(facts, name) for name in list(vars(facts))[1:]))
    assert rows.height == len(stacks)
    for row in rows.iter_rows(named=True):
        cost = after_tax_lcoe(project_of(row, changed, rules, own), own.finance)
        assert cost.lcoe_usd_per_mwh / (1.0 + own.inflation) == pytest.approx(row["lcoe_usd_per_mwh"], rel=1e-9), row[
            "stack_id"
        ]
        discount = (1.0 + own.finance.equity_rate) ** -np.arange(1.0, len(cost.equity_flows_usd) + 1.0)
        scale = np.abs(cost.equity_flows_usd) @ discount
        assert abs(cost.equity_flows_usd @ discount) <= 1e-6 * max(1.0, scale)


def test_a_price_path_is_worth_its_level(facts, rules) -> None:
    own = terms(facts.parameters, rules, facts.settings)
    path = np.linspace(2.0, 6.0, own.years)
    rise = (1.0 + own.inflation) ** np.arange(1, own.years + 1)
    energy = np.ones(own.years)
    paid = after_tax_lcoe(Project((), energy, {"fuel": path * rise}), own.finance).lcoe_usd_per_mwh
    assert paid / (1.0 + own.inflation) == pytest.approx(level(path, own), rel=1e-12)
    assert level(np.full(own.years, 3.0), own) == pytest.approx(3.0)


def test_parts_of_the_plant_sum_to_its_charges(plausible) -> None:
    parts = sum(plausible[f"{part}_charge_usd_per_year"] for part in SOURCES)
    names = [f"{part}_capital" for part in SOURCES]
    names += ["soft_capital", "construction_financing", "replacement", "tax", "credits", "salvage"]
    whole = sum(plausible[f"{name}_usd_per_year"] for name in names)
    assert parts.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-12)
