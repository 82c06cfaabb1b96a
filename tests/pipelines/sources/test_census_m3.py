"""The M3 survey: the layout of the service, its ways to say nothing, and what must not land in core."""

from __future__ import annotations

import json
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.settings import Settings
from pipelines.sources import census_m3, fred
from pipelines.sources.asking import Asking
from pipelines.sources.base import NotPublishedYet, Payload, SourceBroken, SourceRefused

ARRIVED = datetime(2026, 11, 22, 3, 0)
# The order of the service: what was asked for, what it was filtered on once more, the time, the geography.
NAMES = [
    *("cell_value", "data_type_code", "time_slot_id", "seasonally_adj", "category_code", "error_data"),
    *("category_code", "data_type_code", "time", "seasonally_adj", "us"),
]


def answer(body, status=200):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Payload("census_m3", "35S/UO/no", content, "https://api.census.gov/", status, ARRIVED)


def row(month, value, category="35S", data_type="UO", adjusted="yes"):
    return [value, data_type, "0", adjusted, category, "no", category, data_type, month, adjusted, "1"]


def table(shared, name="A35SUO"):
    """Return the survey's figures, as FRED passes them on, in the layout of the Census service."""
    lines = (shared / "real" / "fred" / f"{name}.csv").read_text().splitlines()[1:]
    return [NAMES, *(row(line[:7], line.split(",")[1], name[1:4], name[4:]) for line in lines)]


def test_the_same_figures_come_out_as_from_fred(shared):
    for name in ("A35SUO", "A35SNO", "AMTMUO", "A33HUO"):
        own = census_m3.parse(answer(table(shared, name)))
        relayed = fred.parse(
            Payload("fred", name, (shared / "real" / "fred" / f"{name}.csv").read_bytes(), "https://x/", 200, ARRIVED)
        )
        same = ["series_id", "period", "measure", "category", "value", "unit", "is_seasonally_adjusted"]
        assert own.rows.select(same).equals(relayed.rows.select(same))
        print(f"census_m3 {name}: {own.rows_in} in = {own.rows.height} kept + {own.rejects.height} rejected")
        assert own.rows_in == len(table(shared, name)) - 1 == own.rows.height


def test_positions_count_not_names(shared):
    body = table(shared)
    order = [8, 9, 10, 0, 1, 2, 3, 4, 5, 6, 7]
    shuffled = [[line[at] for at in order] for line in body]
    assert census_m3.parse(answer(shuffled)).rows.equals(census_m3.parse(answer(body)).rows)
    body[5][1] = "NO"
    assert "disagree" in census_m3.parse(answer(body)).rejects["reason"][0]


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_answer_is_not_published_yet(status):
    with pytest.raises(NotPublishedYet):
        census_m3.parse(answer(b"", status))


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<html><head><title>Missing Key</title></head><body>A valid key must be included</body></html>", 200),
        (b"<html><head><title>Invalid Key</title></head></html>", 200),
        (b"error: unknown predicate variable: 'categorycode'", 400),
    ],
)
def test_a_missing_key_is_a_refusal(content, status):
    with pytest.raises(SourceRefused):
        census_m3.parse(answer(content, status))


@pytest.mark.parametrize(
    "content",
    [
        b"<html>maintenance</html>",
        b"{}",
        b"[]",
        b"[1]",
        b"[[]]",
        json.dumps([NAMES]).encode(),
        json.dumps([NAMES[:8], row("2026-05", "1")[:8]]).encode(),
        json.dumps([NAMES, row("2026-05", "100")]).encode()[:-9],
        json.dumps([NAMES, row("2026-05", "100")]).encode("utf-16"),
    ],
)
def test_what_is_no_table_is_broken(content):
    with pytest.raises(SourceBroken):
        census_m3.parse(answer(content))


@pytest.mark.parametrize(
    "bad",
    [
        row("2026-05", "(S)"),
        row("2026-05", None),
        row("2026-05", "1e9999"),
        row("2026-5", "100"),
        row("2027-01", "100"),
        row("2026-05", "100", category="99Z"),
        row("2026-05", "100", data_type="XX"),
        row("2026-05", "100", adjusted="maybe"),
        row("2026-05", "100")[:-1],
        row({"a": 1}, ["b"]),
    ],
)
def test_a_bad_row_is_left_out(shared, bad):
    parsed = census_m3.parse(answer([*table(shared)[:-1], bad]))
    assert (parsed.rows.height, parsed.rejects.height) == (412, 1)


def test_requests_ask_with_a_key_only_where_there_is_one():
    def asked(**keys):
        return census_m3.requests(Asking(date(2026, 11, 22), pl.DataFrame(), Settings(**keys)))

    assert len({request.key for request in asked()}) == len(asked()) == 12
    assert not any(request.secret_param for request in asked())
    assert {request.secret_param for request in asked(census_api_key="a-marked-fake-key")} == {"key"}
    assert all(dict(request.params)["for"] == "us:*" for request in asked())


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    value=st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.lists(st.text()),
    column=st.integers(0, 10),
    line=st.integers(0, 24),
    cut=st.one_of(st.none(), st.integers(0, 2500)),
)
def test_mutated_answers_end_in_rejects_or_in_a_named_error(value, column, line, cut):
    body = [list(NAMES), *(row(f"{2024 + m // 12}-{m % 12 + 1:02d}", f"{50_000 + m}") for m in range(24))]
    body[line][column] = value
    try:
        parsed = census_m3.parse(answer(json.dumps(body).encode()[:cut]))
    except (SourceBroken, SourceRefused, NotPublishedYet):
        return
    assert parsed.rows_in == 24 == parsed.rows.height + parsed.rejects.height
    validate(parsed.rows, parsed.table)
    assert parsed.rows["value"].is_between(15_000, 160_000).all()
