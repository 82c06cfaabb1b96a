"""The validator of the traces shows as a check of its own on the published hours, and blocks them."""

from __future__ import annotations

from typing import Any

import dagster as dg

from assets.definitions import defs
from assets.mart.dispatch_hourly import TRACE_CHECK
from assets.night import Night
from assets.table_asset import CONTRACT_CHECK, Check, Made, key_of, materialise
from pipelines.contracts.base import REGISTRY
from pipelines.dispatch.chosen import TraceError
from pipelines.errors import ContractError

NAME = "mart.dispatch_hourly"
CHECKS = {TRACE_CHECK: Check("holds", TraceError)}


def _results(opened: Night, make: Any) -> dict[str, dg.AssetCheckResult]:
    found = materialise(opened, NAME, make, CHECKS).check_results or []
    return {str(result.check_name): result for result in found}


def test_the_published_hours_have_a_blocking_check_beside_their_contract() -> None:
    graph = defs.resolve_asset_graph()
    own = {key.name: graph.get(key) for key in graph.asset_check_keys if key.asset_key == key_of(NAME)}
    assert set(own) == {CONTRACT_CHECK, TRACE_CHECK}
    assert all(check.blocking for check in own.values())


def test_traces_that_hold_pass_both_and_show_how_many_they_are(opened: Night) -> None:
    results = _results(
        opened, lambda _: Made(REGISTRY[NAME].schema.create_empty(), checked={TRACE_CHECK: {"traces": 8}})
    )
    assert [result.passed for result in results.values()] == [True, True]
    assert results[TRACE_CHECK].metadata["traces"].value == 8


def test_a_trace_that_breaks_fails_its_own_check_and_is_named(opened: Night) -> None:
    def make(_: Any) -> Made:
        raise TraceError("the trace of solar_bess in abilene_tx breaks supply equals load")

    results = _results(opened, make)
    assert not results[TRACE_CHECK].passed
    assert "abilene_tx" in str(results[TRACE_CHECK].description)
    assert results[CONTRACT_CHECK].passed


def test_a_broken_contract_fails_the_contract(opened: Night) -> None:
    def make(_: Any) -> Made:
        raise ContractError("a column is missing")

    results = _results(opened, make)
    assert results[TRACE_CHECK].passed
    assert not results[CONTRACT_CHECK].passed
