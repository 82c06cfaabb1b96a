"""The producer prices: the layout of the service, refusals with status 200, and what must not land in core."""

from __future__ import annotations

import json
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.settings import Settings
from pipelines.sources import bls_ppi, fred
from pipelines.sources.asking import Asking
from pipelines.sources.base import NotPublishedYet, Payload, SourceBroken, SourceRefused

ARRIVED = datetime(2026, 11, 22, 3, 0)


def answer(body, status=200):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Payload("bls_ppi", "producer_prices", content, "https://api.bls.gov/", status, ARRIVED)


def figure(month, value, *codes):
    footnotes = [{"code": code, "text": "Preliminary."} for code in codes] or [{}]
    year, number = month.split("-")
    return {
        "year": year,
        "period": f"M{number}",
        "periodName": date(2000, int(number), 1).strftime("%B") if int(number) < 13 else "Annual",
        "value": value,
        "footnotes": footnotes,
    }


def body(series, status="REQUEST_SUCCEEDED", message=()):
    listed = [{"seriesID": series_id, "data": data} for series_id, data in series.items()]
    return {"status": status, "responseTime": 233, "message": list(message), "Results": {"series": listed}}


def recorded(shared, series_id, first="2017"):
    """Return the index, as FRED passes it on, in the layout of the BLS service: newest first, annual means between."""
    lines = (shared / "real" / "fred" / f"{series_id}.csv").read_text().splitlines()[1:]
    months = [(line[:7], line.split(",")[1]) for line in lines if line >= first]
    data = [figure(month, value, *(["P"] if month > "2026-01" else [])) for month, value in reversed(months)]
    return [figure("2025-13", "441.0"), *data]


def test_the_same_figures_come_out_as_from_fred(shared):
    series = {name: recorded(shared, name) for name in ("PCU335311335311", "WPU114", "WPU117")}
    parsed = bls_ppi.parse(answer(body(series, message=["No Data Available for Series WPU1175 Year: 2027"])))
    count = sum(len(data) for data in series.values())
    print(f"bls_ppi: {count} in = {parsed.rows.height} kept + {parsed.rejects.height} rejected")
    assert parsed.rows_in == count == parsed.rows.height + 3
    assert set(parsed.rejects["reason"]) == {"it is an annual average"}
    assert any("WPU1175" in note for note in parsed.notes)
    for name in series:
        content = (shared / "real" / "fred" / f"{name}.csv").read_bytes()
        relayed = fred.parse(Payload("fred", name, content, "https://x/", 200, ARRIVED)).rows
        own = parsed.rows.filter(pl.col("series_id") == name).sort("period")
        assert own.select("period", "value").equals(
            relayed.filter(pl.col("period") >= "2017-01").select("period", "value")
        )
    newest = parsed.rows.filter((pl.col("series_id") == "PCU335311335311") & (pl.col("period") == "2026-05"))
    assert newest.select("value", "is_preliminary", "unit").row(0) == (457.057, True, "index")
    assert parsed.rows.filter(~pl.col("is_preliminary"))["period"].max() == "2026-01"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (
            {
                "status": "REQUEST_NOT_PROCESSED",
                "message": [
                    "Request could not be serviced, as the daily threshold for total number of requests is reached."
                ],
                "Results": {},
            },
            200,
        ),
        ({"status": "REQUEST_FAILED_INVALID_PARAMETERS", "message": ["Invalid series"], "Results": None}, 200),
        ({"status": "REQUEST_NOT_PROCESSED", "message": []}, 400),
    ],
)
def test_a_used_up_day_is_a_refusal_although_the_status_is_200(content, status):
    with pytest.raises(SourceRefused):
        bls_ppi.parse(answer(content, status))


def test_series_without_figures_are_not_published_yet():
    with pytest.raises(NotPublishedYet):
        bls_ppi.parse(answer(body({"WPU114": []}, message=["No Data Available for Series WPU114 Year: 2026"])))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Request blocked</html>",
        b"[]",
        b"{}",
        b'{"status": 5}',
        json.dumps(body({})).encode(),
        b'{"status": "REQUEST_SUCCEEDED", "Results": {"series": [1]}}',
        b'{"status": "REQUEST_SUCCEEDED", "Results": {"series": [{"seriesID": "WPU114"}]}}',
        b'{"status": "REQUEST_SUCCEEDED", "Results": "none"}',
        json.dumps(body({"WPU114": [figure("2026-05", "3")]})).encode()[:-5],
    ],
)
def test_what_is_no_answer_is_broken(content):
    with pytest.raises(SourceBroken):
        bls_ppi.parse(answer(content))


@pytest.mark.parametrize(
    "bad",
    [
        figure("2026-05", "-"),
        figure("2026-05", None),
        figure("2026-05", "3767.6"),
        figure("2026-05", "nonsense"),
        {**figure("2026-05", "376"), "period": "Q02"},
        {**figure("2026-05", "376"), "year": "26"},
        {**figure("2026-05", "376"), "year": "2027"},
        7,
    ],
)
def test_a_bad_figure_is_left_out(shared, bad):
    data = [row for row in recorded(shared, "WPU114") if (row["year"], row["period"]) != ("2026", "M05")]
    good = bls_ppi.parse(answer(body({"WPU114": data}))).rows.height
    parsed = bls_ppi.parse(answer(body({"WPU114": [bad, *data]})))
    assert (parsed.rows.height, parsed.rejects.height) == (good, 2)


def test_one_request_holds_what_is_free_without_a_key():
    (request,) = bls_ppi.requests(Asking(date(2026, 11, 22), pl.DataFrame(), Settings()))
    assert request.method == "POST"
    assert len(request.json_body["seriesid"]) == 8
    assert int(request.json_body["endyear"]) - int(request.json_body["startyear"]) + 1 == 10
    assert not request.secret_param


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(["year", "period", "value", "footnotes", "seriesID", "data", "status"]),
    value=st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=6)
    | st.lists(st.none()),
    at=st.integers(0, 23),
    cut=st.one_of(st.none(), st.integers(0, 3000)),
)
def test_mutated_answers_end_in_rejects_or_in_a_named_error(name, value, at, cut):
    data = [figure(f"{2024 + m // 12}-{m % 12 + 1:02d}", f"{300 + m}.5") for m in range(24)]
    whole = body({"WPU114": data})
    holder = whole if name in whole else whole["Results"]["series"][0] if name in {"seriesID", "data"} else data[at]
    holder[name] = value
    try:
        parsed = bls_ppi.parse(answer(json.dumps(whole).encode()[:cut]))
    except (SourceBroken, SourceRefused, NotPublishedYet):
        return
    assert parsed.rows_in == parsed.rows.height + parsed.rejects.height
    validate(parsed.rows, parsed.table)
    assert parsed.rows["value"].is_between(90, 1_000).all()
