"""FRED tables of both header generations, the answers of its API, and tables that are not what they claim."""

from __future__ import annotations

import json
from datetime import date, datetime

import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.settings import Settings
from pipelines.sources import fred
from pipelines.sources.asking import Asking
from pipelines.sources.base import Payload, SourceBroken

ARRIVED = datetime(2026, 11, 22, 3, 0)
GAS = {"DHHNGSP_2010_2025", "DHHNGSP_old_quoted_header", "PNGASUSUSDM"}


def answer(content, key="A35SUO"):
    content = content if isinstance(content, bytes) else content.encode()
    return Payload("fred", key, content, "https://fred.stlouisfed.org/graph/fredgraph.csv", 200, ARRIVED)


def lines(path):
    """Count rows and rows with a figure by hand: the last cell of every line after the first."""
    values = [line.rpartition(",")[2].strip() for line in path.read_text().splitlines()[1:]]
    return values, [float(value) for value in values if value not in {"", ".", "NA"}]


def test_every_recorded_table_is_read_without_unexplained_loss(shared):
    files = sorted((shared / "real" / "fred").glob("*.csv"))
    assert len(files) == 18
    for file in files:
        values, priced = lines(file)
        parsed = fred.parse(answer(file.read_bytes(), file.stem))
        validate(parsed.rows, parsed.table)
        print(f"fred {file.name}: {len(values)} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
        assert parsed.rows_in == len(values) == parsed.rows.height + parsed.rejects.height
        assert parsed.rows.height == len(priced)
        figure = "price" if parsed.table.startswith("core.gas_prices") else "value"
        assert parsed.rows[figure].sum() == pytest.approx(sum(priced), rel=1e-12)
        assert (file.stem in GAS) == (figure == "price")


def test_known_figures(shared):
    folder = shared / "real" / "fred"
    orders = fred.parse(answer((folder / "A35SUO.csv").read_bytes())).rows
    assert orders.select("period", "value").rows()[0] == ("1992-01", 12_830.0)
    assert orders.select("period", "value").rows()[-1] == ("2026-05", 54_574.0)
    assert orders.height == 413
    assert orders.select("measure", "category", "unit", "is_seasonally_adjusted").unique().rows() == [
        ("unfilled_orders", "35S", "million_USD", True)
    ]
    prices = fred.parse(answer((folder / "PCU335311335311.csv").read_bytes())).rows
    assert prices.filter(pl.col("period") == "2026-05")["value"].item() == 457.057
    assert prices["equipment_class"].unique().to_list() == ["transformers"]


def test_holidays_are_rejected_and_counted_in_both_header_generations(shared):
    folder = shared / "real" / "fred"
    new = fred.parse(answer((folder / "DHHNGSP_2010_2025.csv").read_bytes(), "DHHNGSP"))
    old = fred.parse(answer((folder / "DHHNGSP_old_quoted_header.csv").read_bytes(), "DHHNGSP"))
    assert new.rejects.height == 134
    assert set(new.rejects["reason"]) | set(old.rejects["reason"]) == {"no figure is published"}
    both = new.rows.join(old.rows, on="day", suffix="_old")
    assert both.height > 2_000
    assert (both["price"] - both["price_old"]).abs().max() < 0.2
    assert (both["price"] == both["price_old"]).mean() > 0.99


@pytest.mark.parametrize("header", ["observation_date", "DATE", '"date"', "\ufeffobservation_date"])
@pytest.mark.parametrize("missing", ["", ".", "NA"])
def test_header_generations(header, missing):
    parsed = fred.parse(answer(f"{header},A35SUO\n2026-03-01,100\n2026-04-01,{missing}\n2026-05-01,101\n"))
    assert parsed.rows.select("period", "value").rows() == [("2026-03", 100.0), ("2026-05", 101.0)]
    assert parsed.rejects.select("source_row", "reason").rows() == [(3, "no figure is published")]


def test_two_series_in_one_table_are_counted_by_cell():
    text = "observation_date,A35SUO,A35SNO\n2026-03-01,100,50\n2026-04-01,,51\n2026-05-01,102\n"
    parsed = fred.parse(answer(text))
    assert (parsed.rows_in, parsed.rows.height, parsed.rejects.height) == (6, 3, 3)
    assert parsed.rejects["source_row"].is_unique().all()
    with pytest.raises(SourceBroken, match="mixes"):
        fred.parse(answer("observation_date,A35SUO,DHHNGSP\n2026-03-01,100,3\n"))


def test_the_answer_of_the_api_is_read_and_absurd_figures_do_not_pass(shared):
    cassette = yaml.safe_load((shared / "real" / "fred" / "vcr_test_get_series_json.yaml").read_text())
    text = next(
        found
        for entry in cassette["interactions"]
        if "observations" in (found := entry["response"]["body"]["string"]) and "GDP" in entry["request"]["uri"]
    )
    rows = len(json.loads(text)["observations"])
    with pytest.raises(SourceBroken, match="GDP"):
        fred.parse(answer(text, "GDP"))
    parsed = fred.parse(answer(text, "PCU335311335311"))
    print(
        f"fred vcr_test_get_series_json.yaml: {rows} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected"
    )
    assert parsed.rows_in == rows == parsed.rows.height + parsed.rejects.height
    assert parsed.rows["value"].max() <= 5_000
    short = {**json.loads(text), "observations": json.loads(text)["observations"][:-1]}
    with pytest.raises(SourceBroken, match="of"):
        fred.parse(answer(json.dumps(short), "PCU335311335311"))


@pytest.mark.parametrize("slip", ["545740", "5457", "1e12", "-54574", "abc", "0"])
def test_a_slipped_digit_is_left_out(shared, slip):
    text = (shared / "real" / "fred" / "A35SUO.csv").read_text()
    assert "2026-04-01,54577" in text
    parsed = fred.parse(answer(text.replace("2026-04-01,54577", f"2026-04-01,{slip}")))
    assert parsed.rejects.height == 1
    assert "2026-04" not in parsed.rows["period"].to_list()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "<!DOCTYPE html><html></html>",
        "observation_date\n2026-01-01\n",
        "value,A35SUO\n2026-01-01,3\n",
        "A35SUO,observation_date\n3,2026-01-01\n",
        "observation_date,XYZ\n2026-01-01,3\n",
        "observation_date,A35SUO\n",
        "observation_date,A35SUO\n2026-01-01,54",
        'observation_date,A35SUO\n2026-01-01,"3\n',
        '{"error_code":400,"error_message":"Bad Request."}',
        '{"observations":[]}',
    ],
)
def test_what_is_no_table_is_broken(text):
    with pytest.raises(SourceBroken):
        fred.parse(answer(text))


def test_other_encodings_are_broken():
    text = "observation_date,A35SUO\n2026-01-01,3\n"
    for content in (text.encode("utf-16"), text.encode("utf-32"), text.encode() + b"\xff\n"):
        with pytest.raises(SourceBroken):
            fred.parse(answer(content))


def test_requests_ask_one_series_each_without_a_key():
    asked = fred.requests(Asking(date(2026, 11, 22), pl.DataFrame(), Settings()))
    assert len({request.key for request in asked}) == len(asked) == 18
    assert {"DHHNGSP", "MHHNGSP", "A35SUO", "A35CUO", "ATGPUO", "PCU335311335311"} <= {request.key for request in asked}
    assert not any(request.secret_param for request in asked)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    cell=st.text(max_size=12) | st.floats().map(str) | st.integers().map(str),
    column=st.integers(0, 1),
    row=st.integers(0, 30),
    cut=st.one_of(st.none(), st.integers(0, 600)),
)
def test_mutated_tables_end_in_rejects_or_in_a_named_error(cell, column, row, cut):
    grid = [
        ["observation_date", "A35SUO"],
        *([f"{2024 + m // 12}-{m % 12 + 1:02d}-01", f"{50_000 + m}"] for m in range(30)),
    ]
    grid[row][column] = cell
    content = "".join(f"{a},{b}\n" for a, b in grid).encode("utf-8", errors="surrogatepass")[:cut]
    try:
        parsed = fred.parse(answer(content))
    except SourceBroken:
        return
    assert parsed.rows_in == parsed.rows.height + parsed.rejects.height
    validate(parsed.rows, parsed.table)
    # A slip shows by the months around it; of an answer cut to a few rows, the night sees that it is too short.
    if parsed.rows.height > 3:
        assert parsed.rows["value"].is_between(15_000, 160_000).all()
