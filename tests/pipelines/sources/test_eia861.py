"""Reliability by utility and state: the real workbook row by row, totals counted apart, damage refused."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date
from functools import cache

import openpyxl
import place_damage as damage
import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.contracts.base import validate
from pipelines.reference.load import load_reference
from pipelines.reliability.common_mode import grid_service
from pipelines.settings import REFERENCE_DIR, Settings
from pipelines.sources import eia861
from pipelines.sources.asking import Asking
from pipelines.sources.base import SourceBroken
from pipelines.sources.fips import STATES

MED, NO_MED = "All Events (With Major Event Days)", "Without Major Event Days"
SUPPLY = "Loss of Supply Removed (With Major Event Days)"
SAIDI, SAIFI, CAIDI = "SAIDI (minutes per year)", "SAIFI (times per year)", "CAIDI (minutes per interruption)"
INDICES = [
    "saidi_all_events_minutes",
    "saifi_all_events",
    "saidi_without_major_event_days_minutes",
    "saifi_without_major_event_days",
]
HEADERS = [
    ["Utility Characteristics", *[""] * 4, "IEEE Standard", *[""] * 11, "Other Standard", *[""] * 10],
    [*[""] * 5, MED, "", "", NO_MED, "", "", SUPPLY, "", "", ".", "", "", MED, "", "", NO_MED, "", "", ".", *[""] * 4],
    [
        "Data Year", "Utility Number", "Utility Name", "State", "Ownership", *[SAIDI, SAIFI, CAIDI] * 3,
        "Number of Customers", "Highest Dist. Voltage", "Outages Recorded Automatically",
        SAIDI, SAIFI, "CAIDI With MED", SAIDI, SAIFI, "CAIDI Without MED", "Number of Customers",
        "Inactive Accounts Included", "Momentary Interruptions", "Highest Dist. Voltage",
        "Outages Recorded Automatically",
    ],
]  # fmt: skip


def invented_rows():
    """Return reports of utilities that do not exist, in the workbook's columns: every third under another standard."""
    draw = random.Random(861)
    rows = []
    for number in range(780):
        state = [state for state in STATES if state not in {"AS", "GU", "MP", "PR", "VI"}][number % 51]
        without, extra = draw.uniform(20, 300), draw.uniform(0, 500)
        index = [without + extra, 2.5, (without + extra) / 2.5, without, 1.5, without / 1.5]
        customers = draw.randint(300, 900_000)
        ieee = [*index, without, 1.4, without / 1.4, customers, 34.5, "Y", *["."] * 7, "", "", ".", ""]
        other = [*["."] * 11, "", *index, customers, "Y", "O", 12.5, "N"]
        rows.append(
            [2024, 1_000 + number, f"Utility {number}", state, "Municipal", *(other if number % 3 == 0 else ieee)]
        )
    return rows


ROWS = invented_rows()


def workbook(rows, headers=HEADERS, sheet="Reliability_States", note="CAIDI = SAIDI / SAIFI."):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate([*headers, *rows, [note]]):
            page.write_row(number, 0, row)
    return out.getvalue()


def parsed(content, key="reliability/2024"):
    return eia861.parse(damage.payload("eia861", key, content))


@pytest.fixture(scope="module")
def bytes_2024(shared):
    return (shared / "real/reliability/Reliability_2024.xlsx").read_bytes()


@pytest.fixture(scope="module")
def real(bytes_2024):
    return parsed(bytes_2024)


@pytest.fixture(scope="module")
def cells(bytes_2024):
    book = openpyxl.load_workbook(io.BytesIO(bytes_2024), read_only=True, data_only=True)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def is_number(cell):
    return isinstance(cell, int | float)


def test_the_real_workbook_parses_whole(real, cells, capsys):
    utilities, states = real
    data = [row for name in ("Reliability_States", "Reliability_Territories") for row in cells[name][3:-1]]
    with capsys.disabled():
        kept, rejected = utilities.rows.height, utilities.rejects.height
        print(f"\neia861 2024: {utilities.rows_in} in = {kept} kept + {rejected} rejected")
    assert utilities.rows_in == len(data) == 971 + 3
    assert utilities.rows.height == 973
    (reject,) = utilities.rejects.iter_rows(named=True)
    assert cells["Reliability_States"][reject["source_row"] - 1][2] == "Nashville Electric Service"
    assert "without major-event days is above" in reject["reason"]
    assert states.rows_in == states.rows.height == 51
    validate(states.rows, "core.grid_reliability")
    # Reports with SAIDI over all events, under either standard, as the sheet has them: 965 of states, 3 of territories.
    assert sum(is_number(row[5]) or is_number(row[17]) for row in data) == 968
    kept = utilities.rows.drop_nulls("saidi_all_events_minutes")
    assert kept.height == 967
    assert dict(kept["standard"].value_counts().iter_rows()) == {
        "ieee": sum(is_number(row[5]) for row in data) - 1,
        "other": sum(is_number(row[17]) for row in data),
    }
    customers = sum(row[14] if is_number(row[14]) else row[23] for row in data)
    assert utilities.rows["customers"].sum() == pytest.approx(customers - 452_888)
    assert len(utilities.notes) == 2


def test_a_utility_in_two_states_has_two_rows(real):
    rows = real[0].rows.filter(pl.col("utility_id") == 84).sort("state")
    assert rows.select("state", "standard", "saidi_all_events_minutes", "customers").rows() == [
        ("MD", "other", 29.102, 317.0),
        ("VA", "other", 108.546, 37628.0),
    ]


def test_caidi_is_the_quotient_that_the_note_under_the_table_says(real):
    rows = real[0].rows.filter(pl.col("saifi_all_events") > 0)
    quotient = rows["saidi_all_events_minutes"] / rows["saifi_all_events"]
    assert ((quotient - rows["caidi_all_events_minutes"]).abs() < 0.02).all()


def test_state_means_are_those_of_the_sheet_where_it_counts_the_same_customers(real, cells):
    """The sheet of state totals leaves out many utilities; where it leaves out none, its figures are ours."""
    utilities = real[0].rows.filter(pl.col("standard") == "ieee")
    partly = utilities.filter(pl.any_horizontal(pl.col(INDICES).is_null()))["state"]
    utilities = utilities.filter(~pl.col("state").is_in(partly.to_list()))
    counted = dict(utilities.group_by("state").agg(pl.col("customers").sum()).iter_rows())
    means = {row["state"]: row for row in real[1].rows.iter_rows(named=True)}
    same = [row for row in cells["State Totals"][3:-1] if abs(row[2] - counted.get(row[1], 0)) < 2]
    assert {row[1] for row in same} >= {"DC", "HI", "ME", "WV"}
    for row in same:
        mean = means[row[1]]
        assert mean["saidi_all_events_minutes"] == pytest.approx(row[3], abs=0.06)
        assert mean["saifi_all_events"] == pytest.approx(row[4], abs=6e-4)
        assert mean["saidi_without_major_event_days_minutes"] == pytest.approx(row[6], abs=0.06)
        assert mean["saifi_without_major_event_days"] == pytest.approx(row[7], abs=6e-4)


def test_state_means_go_on_where_the_history_by_state_ends(real):
    history = load_reference("grid_reliability", REFERENCE_DIR).filter(pl.col("year") >= 2019)
    name = "saidi_without_major_event_days_minutes"
    both = real[1].rows.join(history.group_by("state").agg(pl.col(name).mean().alias("before")), on="state")
    ratio = both.drop_nulls("before")[name] / both.drop_nulls("before")["before"]
    assert 0.9 < ratio.median() < 1.15
    # Not Georgia, which Helene took out of service for days, nor Hawaii, where one small utility reports by IEEE.
    assert set(both.filter((pl.col(name) / pl.col("before")) > 1.6)["state"]) <= {"GA", "HI"}


def test_the_new_year_serves_the_grid_service(real):
    history = load_reference("grid_reliability", REFERENCE_DIR)
    longer = pl.concat([history, real[1].rows])
    for state in ("TX", "VA", "CT"):
        service = grid_service(longer, state)
        rows = longer.filter(pl.col("state") == state).drop_nulls("saidi_all_events_minutes")
        total = service.routine_hours + service.major_hours
        assert total == pytest.approx(rows["saidi_all_events_minutes"].mean() / 60, rel=0.02)
        assert service.source["as_of"] == "2024"


def test_all_reports_cover_more_customers_than_ieee_alone(real):
    any_standard = eia861.state_means(real[0].rows, standard="any")
    alabama = pl.col("state") == "AL"
    assert any_standard.filter(alabama)["saidi_all_events_minutes"].item() > 0
    assert "all reports" in any_standard["source_title"][0]
    assert validate(any_standard.filter(alabama), "core.grid_reliability").height == 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 1e6), st.floats(0, 1e4), st.floats(0, 50)), min_size=1, max_size=8))
def test_means_are_weighted_by_customers(reports):
    names = pl.DataFrame(schema=eia861_schema())
    rows = [
        {"utility_id": number + 1, "state": "TX", "year": 2024, "standard": "ieee", "customers": customers,
         "saidi_all_events_minutes": saidi, "saidi_without_major_event_days_minutes": saidi,
         "saifi_all_events": saifi, "saifi_without_major_event_days": saifi}
        for number, (customers, saidi, saifi) in enumerate(reports)
    ]  # fmt: skip
    (mean,) = eia861.state_means(pl.concat([names, pl.DataFrame(rows)], how="diagonal_relaxed")).iter_rows(named=True)
    total = sum(customers for customers, _, _ in reports)
    assert mean["saidi_all_events_minutes"] == pytest.approx(
        sum(c * saidi for c, saidi, _ in reports) / total, abs=1e-9
    )
    assert mean["saifi_all_events"] == pytest.approx(sum(c * saifi for c, _, saifi in reports) / total, abs=1e-9)


def eia861_schema():
    from pipelines.contracts.base import REGISTRY

    return {name: column.dtype for name, column in REGISTRY["core.utility_reliability"].schema.columns().items()}


def test_the_workbook_in_the_forms_zip_says_the_same(real, bytes_2024):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("Service_Territory_2024.xlsx", b"PK")
        archive.writestr("Reliability_2024.xlsx", bytes_2024)
    for part, alone in zip(parsed(out.getvalue()), real, strict=True):
        assert part.rows.equals(alone.rows)
        assert part.rejects.equals(alone.rejects)


def test_bad_rows_are_rejected_with_their_line_and_reason():
    rows = [list(row) for row in ROWS]
    rows[1][5] = 1e9
    rows[2][8] = rows[2][5] + 1
    rows[4][17] = 12.0
    rows[5][0] = 2019
    rows[10][7] = rows[10][7] + 5
    rows[7][5:17], rows[7][17:] = ["."] * 12, ["."] * 11
    rows[8][3] = "ZZ"
    utilities, _ = parsed(workbook(rows))
    assert utilities.rejects["source_row"].to_list() == [5, 6, 8, 9, 11, 12, 14]
    reasons = utilities.rejects["reason"].to_list()
    assert "not between" in reasons[0]
    assert "above the one with" in reasons[1]
    assert "another standard" in reasons[2]
    assert "another year than 2024" in reasons[3]
    assert "no index" in reasons[4]
    assert "state" in reasons[5]
    assert "SAIDI / SAIFI" in reasons[6]
    assert utilities.rows_in == utilities.rows.height + 7 == len(ROWS)


def test_moved_columns_and_missing_header_rows_are_refused():
    moved = [[*row[:5], *row[8:11], *row[5:8], *row[11:]] for row in [*HEADERS, *ROWS]]
    renamed = [HEADERS[0], HEADERS[1], [cell.replace("SAIDI", "SAIFI") for cell in HEADERS[2]]]
    for content in (
        workbook(moved[3:], headers=moved[:3]),
        workbook(ROWS, headers=HEADERS[2:]),
        workbook(ROWS, headers=renamed),
        workbook([row[:20] for row in ROWS], headers=[row[:20] for row in HEADERS]),
        workbook(ROWS, sheet="Sheet1"),
        workbook(ROWS[:400]),
        workbook(ROWS)[:20_000],
        *damage.BODIES,
    ):
        with pytest.raises(SourceBroken):
            parsed(content)


@cache
def whole():
    return parsed(workbook(ROWS))[0].rows


@settings(max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damage_never_lands(data):
    truth = [whole()]
    rows = [list(row) for row in ROWS]
    value = data.draw(st.sampled_from(["twelve", 9e99, -5.0, True, "1e999", "inf", "2024-01-01"]))
    # Columns that the row in question reports in, by its standard.
    places = data.draw(st.lists(st.integers(0, 10), min_size=1, max_size=3, unique=True))
    for number in range(data.draw(st.integers(0, 60)), len(rows), data.draw(st.sampled_from([2, 11, 101]))):
        start = 17 if number % 3 == 0 else 5
        for place in places:
            rows[number][0 if place == 10 else start + min(place, 5)] = value
    content = workbook(rows)
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    damage.holds_up(eia861.parse, damage.payload("eia861", "reliability/2024", content), truth)


@pytest.mark.parametrize(("night", "year"), [((2026, 8, 20), 2024), ((2026, 10, 2), 2025), ((2026, 1, 1), 2024)])
def test_the_newest_final_report_is_asked_for_once(night, year):
    asking = Asking(date(*night), pl.DataFrame(), Settings())
    (request,) = eia861.requests(asking)
    assert request.path == f"/electricity/data/eia861/zip/f861{year}.zip"
    held = Asking(date(*night), pl.DataFrame(), Settings(), frozenset({request.key}))
    assert eia861.requests(held) == []
