"""The data dictionary says of every column what it is."""

from __future__ import annotations

import dataframely as dy
import pytest

from pipelines.contracts.base import REGISTRY, TableInfo, number, text
from pipelines.warehouse import contract_hash, data_dictionary


def test_every_table_and_column_of_the_contracts_is_on_the_page() -> None:
    page = data_dictionary(REGISTRY)
    for name, info in REGISTRY.items():
        assert f"### `{name.removeprefix('mart.')}`\n\n{info.comment}\n" in page
        for column in info.columns:
            assert f"`{column}`" in page
    assert page.endswith("|\n")


def test_a_row_shows_key_type_unit_bounds_and_meaning() -> None:
    page = data_dictionary({"mart.test_sites": REGISTRY["mart.test_sites"]})
    assert "| **`stack_id`** | VARCHAR |  | grid, gas_recip | Stack |" in page
    assert "| `solar_mw` | DOUBLE | MW | >= 0; or null | Solar installed |" in page
    assert "| `as_of_utc` | TIMESTAMP | UTC |  | Logical date |" in page
    assert "| `is_target_met` | BOOLEAN |" in page
    assert "## Published tables" in page
    assert "## Core tables" not in page


def test_the_page_does_not_depend_on_the_order_of_registration() -> None:
    assert data_dictionary(REGISTRY) == data_dictionary(dict(reversed(REGISTRY.items())))


class Wide(dy.Schema):
    """A table."""

    region_id = text("Region", key=True)
    x_mw = number("Power", "MW", minimum=0.0)


class Narrow(dy.Schema):
    """The same table with another bound."""

    region_id = text("Region", key=True)
    x_mw = number("Power", "MW", minimum=0.0, maximum=10.0)


@pytest.mark.parametrize(("schema", "is_same"), [(Wide, True), (Narrow, False)])
def test_the_fingerprint_changes_with_a_bound(schema: type[dy.Schema], is_same: bool) -> None:
    first = contract_hash(TableInfo("mart.t", Wide, "One row.", ""))
    assert (contract_hash(TableInfo("mart.t", schema, "One row.", "")) == first) is is_same
