"""The validator of the traces shows as a check of its own on the published hours, and blocks them."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from assets.definitions import defs
from assets.mart.dispatch_hourly import TRACE_CHECK
from assets.table_asset import CONTRACT_CHECK, Check, Made, key_of, materialise
from pipelines.dispatch.chosen import TraceError
from pipelines.errors import ContractError

NAME = "mart.dispatch_hourly"
CHECKS = {TRACE_CHECK: Check("holds", TraceError)}


@pytest.fixture
def night() -> Any:
    return SimpleNamespace(run_id="run", as_of=date(2026, 11, 22), finish_step=lambda *_, **__: None)


def _results(night: Any, make: Any) -> dict[str, dg.AssetCheckResult]:
    found = materialise(night, NAME, make, CHECKS).check_results or []
    return {str(result.check_name): result for result in found}


def test_the_published_hours_have_a_blocking_check_beside_their_contract() -> None:
    graph = defs.resolve_asset_graph()
    own = {key.name: graph.get(key) for key in graph.asset_check_keys if key.asset_key == key_of(NAME)}
    assert set(own) == {CONTRACT_CHECK, TRACE_CHECK}
    assert all(check.blocking for check in own.values())


def test_traces_that_hold_pass_both_and_show_how_many_they_are(night: Any) -> None:
    results = _results(night, lambda _: Made(rows=5, checked={TRACE_CHECK: {"traces": 8}}))
    assert [result.passed for result in results.values()] == [True, True]
    assert results[TRACE_CHECK].metadata["traces"].value == 8


def test_a_trace_that_breaks_fails_its_own_check_and_is_named(night: Any) -> None:
    def make(_: Any) -> Made:
        raise TraceError("the trace of solar_bess in abilene_tx breaks supply equals load")

    results = _results(night, make)
    assert not results[TRACE_CHECK].passed
    assert "abilene_tx" in str(results[TRACE_CHECK].description)
    assert results[CONTRACT_CHECK].passed


def test_a_broken_contract_fails_the_contract(night: Any) -> None:
    def make(_: Any) -> Made:
        raise ContractError("a column is missing")

    results = _results(night, make)
    assert results[TRACE_CHECK].passed
    assert not results[CONTRACT_CHECK].passed
