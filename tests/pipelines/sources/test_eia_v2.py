"""The EIA interface: real bodies, pages, errors with status 200, and payloads that are not what they claim."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.settings import Settings
from pipelines.sources import eia_v2
from pipelines.sources.asking import Asking
from pipelines.sources.base import NotPublishedYet, Payload, SourceBroken, SourceRefused

ARRIVED = datetime(2026, 11, 22, 3, 0)
STATES = ("TX", "OH", "VA", "NV", "DC")


def answer(body, key="natural-gas/pri/sum/PIN/monthly", status=200):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Payload("eia_v2", key, content, "https://api.eia.gov/v2/", status, ARRIVED)


def gas(state, period, value, **changes):
    return {
        "period": period,
        "duoarea": f"S{state}",
        "area-name": state,
        "product": "EPG0",
        "product-name": "Natural Gas",
        "process": "PIN",
        "process-name": "Industrial Price",
        "series": f"N3035{state}3",
        "series-description": "Natural Gas Industrial Price (Dollars per Thousand Cubic Feet)",
        "value": value,
        "units": "$/MCF",
        **changes,
    }


def body(rows, *, total=None, offset=0, length=5000, frequency="monthly", **top):
    inner = {"total": str(len(rows) if total is None else total), "frequency": frequency, "data": rows}
    params = {"api_key": "***", "offset": str(offset), "length": str(length)}
    return {"response": inner, "request": {"command": "/v2/x/data/", "params": params}, "apiVersion": "2.1.13", **top}


def asking():
    return Asking(date(2026, 11, 22), pl.DataFrame(), Settings(eia_api_key="a-marked-fake-key"))


def test_every_recorded_answer_is_read_without_unexplained_loss(shared):
    files = sorted((shared / "real" / "eia").glob("v2_*"))
    assert len(files) == 4
    for file in files:
        content = file.read_bytes()
        rows = len(json.loads(content)["response"]["data"]) if file.suffix == ".json" else content.count(b"\n") - 1
        parsed = eia_v2.parse(answer(content, key=file.stem))
        validate(parsed.rows, parsed.table)
        print(f"eia_v2 {file.name}: {rows} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
        assert parsed.rows_in == rows == parsed.rows.height + parsed.rejects.height


def test_recorded_daily_prices_are_those_of_the_file(shared):
    content = (shared / "real" / "eia" / "v2_natural-gas_pri_fut_RNGWHHD_daily_rows.csv").read_bytes()
    rows = list(csv.DictReader(content.decode().splitlines()))
    priced = {row["period"]: float(row["value"]) for row in rows if row["value"]}
    parsed = eia_v2.parse(answer(content))
    assert parsed.table == "core.gas_prices_daily"
    assert dict(zip(parsed.rows["day"].dt.to_string(), parsed.rows["price"], strict=True)) == priced
    assert sum(priced.values()) == pytest.approx(parsed.rows["price"].sum())
    assert parsed.rows["unit"].unique().to_list() == ["USD_per_MMBtu"]


def test_nulls_and_series_without_use_are_rejected_with_the_reason(shared):
    null = eia_v2.parse(answer(body([gas("DC", "2026-05", None), gas("TX", "2026-05", "3.41")])))
    assert null.rejects["reason"].to_list() == ["no figure is published"]
    assert null.rejects["source_row"].to_list() == [1]
    recorded = shared / "real" / "eia" / "v2_natural-gas_pri_fut_RNGC4_weekly_1993-12-24.json"
    assert "RNGC4" in eia_v2.parse(answer(recorded.read_bytes())).rejects["reason"][0]


def test_numbers_may_be_text_or_numbers_and_units_stay():
    parsed = eia_v2.parse(answer(body([gas("TX", "2026-05", "3.41"), gas("OH", "2026-05", 8.2)])))
    assert parsed.rows.select("state", "price", "unit", "sector").rows() == [
        ("TX", 3.41, "USD_per_Mcf", "industrial"),
        ("OH", 8.2, "USD_per_Mcf", "industrial"),
    ]


@pytest.mark.parametrize("units", ["$/MMBTU", None, "", "cents", 7])
def test_a_state_price_in_another_unit_never_lands_in_core(units):
    parsed = eia_v2.parse(answer(body([gas("TX", "2026-05", "3.41", units=units), gas("OH", "2026-05", "8")])))
    assert parsed.rows["state"].to_list() == ["OH"]
    assert "unit" in parsed.rejects["reason"][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"duoarea": "SOH"},
        {"process": "PRS"},
        {"value": True},
        {"value": "NaN3"},
        {"value": "1e300"},
        {"value": -1},
        {"value": [3]},
        {"period": "2027-01"},
        {"period": "2026-13"},
        {"period": 202605},
        {"period": None},
        {"series": None},
        {"series": "N3035ZZ3"},
    ],
)
def test_a_row_that_contradicts_itself_is_left_out(changes):
    rows = [{**gas("TX", "2026-05", "3.41"), **changes}, gas("OH", "2026-05", "8")]
    parsed = eia_v2.parse(answer(body(rows)))
    assert parsed.rows["state"].to_list() == ["OH"]
    assert parsed.rows_in == 2


def test_electricity_is_turned_from_cents_and_million_kilowatt_hours():
    row = {
        "period": "2026-08",
        "stateid": "TX",
        "sectorid": "IND",
        "price": "6.31",
        "sales": "12345.6",
        "price-units": "cents per kilowatt-hour",
        "sales-units": "million kilowatt hours",
    }
    rows = [
        row,
        {**row, "stateid": "OH", "sales": None},
        {**row, "period": "2024-12"},
        {**row, "sectorid": "RES"},
        {**row, "stateid": "NEW"},
        {**row, "price-units": "dollars per megawatthour"},
        {**row, "price": None},
    ]
    parsed = eia_v2.parse(answer(body(rows), key="electricity/retail-sales/IND/monthly"))
    assert parsed.table == "core.power_prices"
    assert parsed.rows.select("state", "period", "price_usd_per_mwh", "sales_mwh", "is_preliminary").rows() == [
        ("TX", "2026-08", 63.1, 12_345_600.0, True),
        ("OH", "2026-08", 63.1, None, True),
        ("TX", "2024-12", 63.1, 12_345_600.0, False),
    ]
    assert parsed.rejects.height == 4


def test_omitted_data_columns_are_an_error_although_the_status_is_200():
    rows = [gas(state, "2026-05", None) for state in STATES]
    for row in rows:
        del row["value"], row["units"]
    with pytest.raises(SourceBroken, match="value"):
        eia_v2.parse(answer(body(rows)))


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"error": {"code": "API_KEY_MISSING", "message": "No api_key was supplied."}}, 403),
        ({"error": {"code": "API_KEY_MISSING", "message": "No api_key was supplied."}}, 200),
        ({"error": {"code": "OVER_RATE_LIMIT", "message": "You have exceeded your rate limit."}}, 200),
        ({"error": "Invalid frequency 'hourly' provided.", "code": 400}, 200),
        ({"error": "Invalid frequency 'hourly' provided.", "code": 400}, 400),
    ],
)
def test_errors_are_refusals_whatever_the_status(content, status):
    with pytest.raises(SourceRefused) as caught:
        eia_v2.parse(answer(content, status=status))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html><html><body>Just a moment...</body></html>",
        b"{",
        b'{"response": null}',
        b'{"response": []}',
        b'{"response": {"total": "many", "data": []}}',
        b'{"response": {"total": "0", "data": []}}',
        b'{"response": {"total": "99999999", "data": [1]}}',
        b'{"response": {"total": "1", "data": {"a": 1}}}',
        b'{"response": {"total": "1", "data": [{"a": 1}]}}',
        '{"response": "ü"}'.encode("latin-1"),
        "{}".encode("utf-16"),
        b"period,value\n",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_no_answer_is_broken(content):
    with pytest.raises(SourceBroken):
        eia_v2.parse(answer(content))


def test_pages_follow_each_other_to_the_last_row_and_the_warning_is_noted_in_both_places():
    request = eia_v2.requests(asking())[0]
    rows = [gas(state, f"{2016 + at // 12}-{at % 12 + 1:02d}", "4") for at in range(120) for state in STATES]
    warning = {"warning": "incomplete return", "description": "The API can only return 5000 rows in JSON format."}
    read, keys = [], []
    while request is not None:
        offset = int(dict(request.params)["offset"])
        page = body(rows[offset : offset + 250], total=len(rows), offset=offset, length=250, warnings=[warning])
        page["response"]["warnings"] = [warning]
        payload = answer(page, key=request.key)
        parsed = eia_v2.parse(payload)
        assert sum("5000 rows" in note for note in parsed.notes) == 1
        keys.append(request.key)
        read.append(parsed.rows)
        request = eia_v2.follow(request, payload)
    assert len(set(keys)) == 3
    together = pl.concat(read)
    assert together.height == 600
    assert together.select("state", "period").is_unique().all()


def test_places_of_rejects_count_on_from_page_to_page():
    rows = [gas("DC", "2026-05", None), gas("TX", "2026-05", "3")]
    rejects = eia_v2.parse(answer(body(rows, total=5_002, offset=5_000))).rejects
    assert rejects.select("source_id", "source_row").rows() == [("eia_v2", 5_001)]


def test_a_page_shorter_than_promised_is_broken_and_ends_the_paging():
    short = answer(body([gas("TX", "2026-05", "3")], total=4000))
    with pytest.raises(SourceBroken, match="promised"):
        eia_v2.parse(short)
    request = eia_v2.requests(asking())[0]
    assert eia_v2.follow(request, answer(b"{")) is None
    assert eia_v2.follow(request, answer(body([], total=9000))) is None


def test_requests_name_their_columns_and_order_and_carry_no_key():
    asked = eia_v2.requests(asking())
    assert len({request.key for request in asked}) == len(asked) == 7
    for request in asked:
        params = dict(request.params)
        assert params["data[0]"] in {"value", "price"}
        assert params["sort[0][column]"] == "period"
        assert params["length"] == "5000"
        assert len(params["start"]) == (7 if params["frequency"] == "monthly" else 4)
        assert request.secret_param == "api_key"
        assert "a-marked-fake-key" not in repr(request)


def test_a_repeated_row_is_counted_once():
    parsed = eia_v2.parse(answer(body([gas("TX", "2026-05", "3"), gas("TX", "2026-05", "4")])))
    assert parsed.rows["price"].to_list() == [3.0]
    assert "repeats row 1" in parsed.rejects["reason"][0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(["period", "duoarea", "process", "series", "value", "units", "extra"]),
    value=JSON,
    drop=st.booleans(),
    at=st.integers(0, 4),
    cut=st.one_of(st.none(), st.integers(0, 1500)),
)
def test_mutated_answers_end_in_rejects_or_in_a_named_error(name, value, drop, at, cut):
    rows = [gas(state, "2026-05", "3.5") for state in STATES]
    if drop:
        for row in rows:
            row.pop(name, None)
    else:
        rows[at][name] = value
    content = json.dumps(body(rows)).encode()[:cut]
    try:
        parsed = eia_v2.parse(answer(content))
    except (SourceBroken, SourceRefused, NotPublishedYet):
        return
    assert parsed.rows_in == 5 == parsed.rows.height + parsed.rejects.height
    validate(parsed.rows, parsed.table)
    assert parsed.rows["price"].is_between(0, 200).all()
    assert set(parsed.rows["unit"].to_list()) <= {"USD_per_Mcf"}
