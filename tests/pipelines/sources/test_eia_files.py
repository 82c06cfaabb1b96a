"""The EIA workbooks: counts and prices against an independent reading of the cells, and damaged bytes."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.reference.load import load_reference
from pipelines.settings import Settings
from pipelines.sources import eia_files
from pipelines.sources.asking import Asking
from pipelines.sources.base import Payload, SourceBroken

ARRIVED = datetime(2026, 11, 22, 3, 0)
STATES = "NG_PRI_SUM_A_EPG0_PIN_DMCF_M"


def answer(content, key="industrial/monthly"):
    return Payload("eia_files", key, content, "https://www.eia.gov/", 200, ARRIVED)


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "real" / "eia"


@pytest.fixture(scope="module")
def parsed(folder):
    return {file.stem: eia_files.parse(answer(file.read_bytes(), file.stem)) for file in sorted(folder.glob("*.xls"))}


def cells(path):
    """Read the data sheet with another library: (source key, date, value or empty)."""
    sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name("Data 1")
    rows = sheet.to_python(skip_empty_area=False)
    return [(key, row[0], value) for row in rows[3:] for key, value in zip(rows[1][1:], row[1:], strict=True)]


def test_every_workbook_is_read_without_unexplained_loss(folder, parsed):
    assert len(parsed) == 3
    for name, result in parsed.items():
        found = cells(folder / f"{name}.xls")
        priced = [value for _, _, value in found if value != ""]
        validate(result.rows, result.table)
        print(f"eia_files {name}: {len(found)} in = {result.rows.height} kept + {result.rejects.height} rejected")
        assert result.rows_in == len(found) == result.rows.height + result.rejects.height
        assert result.rows.height == len(priced)
        assert result.rows["price"].sum() == pytest.approx(sum(priced), rel=1e-12)


def test_known_totals_of_the_state_workbook(parsed):
    rows, rejects = parsed[STATES].rows, parsed[STATES].rejects
    assert parsed[STATES].rows_in == 52 * 292
    assert rows["state"].n_unique() == 51
    assert rows.filter(pl.col("state") == "DC").is_empty()
    assert rejects.filter(pl.col("reason").str.contains("N3035DC3")).height == 292
    assert rejects["reason"].str.ends_with("no figure is published").all()
    assert rejects["source_row"].is_unique().all()
    assert (rows["period"].min(), rows["period"].max()) == ("2001-01", "2025-04")
    assert rows["unit"].unique().to_list() == ["USD_per_Mcf"]


def test_states_are_known_by_their_key_although_a_name_is_misspelt(folder, parsed):
    nevada = {row[1].strftime("%Y-%m"): row[2] for row in cells(folder / f"{STATES}.xls") if row[0] == "N3035NV3"}
    rows = parsed[STATES].rows.filter(pl.col("state") == "NV")
    assert dict(rows.select("period", "price").iter_rows()) == nevada
    assert rows["geography"].unique().to_list() == ["Nevada"]


def test_the_workbook_agrees_with_the_reference_table(parsed):
    live = pl.concat([parsed[STATES].rows, parsed["RNGWHHDm"].rows])
    reference = load_reference("gas_prices", Settings().reference_dir)
    key = ["geography_type", "geography", "sector", "frequency", "period"]
    both = live.join(reference, on=key, suffix="_reference")
    assert both.height > 1_000
    assert (both["unit"] == both["unit_reference"]).all()
    assert (both["price"] - both["price_reference"]).abs().max() < 0.011


def test_the_mean_of_trading_days_is_the_monthly_price(parsed):
    by_month = pl.col("day").dt.strftime("%Y-%m").alias("period")
    monthly = parsed["RNGWHHDd"].rows.group_by(by_month).agg(pl.col("price").mean())
    published = parsed["RNGWHHDm"].rows
    both = published.join(monthly, on="period", suffix="_mean")
    assert both.height > 340
    # Both are published to the cent; single days have been revised since the month was closed.
    assert (both["price"] - both["price_mean"]).abs().max() < 0.03
    assert ((both["price"] - both["price_mean"]).abs() < 0.0051).mean() > 0.95


def test_requests_ask_for_workbooks_without_a_key():
    asked = eia_files.requests(Asking(date(2026, 11, 22), pl.DataFrame(), Settings()))
    assert [request.expects for request in asked] == ["xls"] * 3
    assert not any(request.secret_param for request in asked)


@pytest.mark.parametrize(
    "content", [b"", b"<html>moved</html>", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 90]
)
def test_what_is_no_workbook_is_broken(content):
    with pytest.raises(SourceBroken):
        eia_files.parse(answer(content))


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_bytes_end_in_rows_that_keep_the_contract_or_in_a_named_error(folder, data):
    content = bytearray((folder / "RNGWHHDm.xls").read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["cut", "flip", "zeros", "gap"]))
    if kind == "cut":
        content = content[:at]
    elif kind == "flip":
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=60)):
            content[place] ^= data.draw(st.integers(1, 255))
    elif kind == "zeros":
        content[at : at + 2000] = bytes(len(content[at : at + 2000]))
    else:
        del content[at : at + 100]
    try:
        parsed = eia_files.parse(answer(bytes(content), "henry_hub/monthly"))
    except SourceBroken:
        return
    assert parsed.rows_in == parsed.rows.height + parsed.rejects.height
    validate(parsed.rows, parsed.table)
    assert parsed.rows["price"].is_between(0, 200).all()
