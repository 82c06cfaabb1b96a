"""Vocabularies, days, headers, limits of archives, ERCOT's listing: each against values written down by hand."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime
from urllib.parse import parse_qs

import polars as pl
import pytest
from queue_payloads import answer, workbook

from pipelines.contracts.queues import STATUSES, TECHNOLOGIES
from pipelines.settings import Settings
from pipelines.sources import (
    queue_caiso,
    queue_ercot,
    queue_isone,
    queue_lbnl,
    queue_miso,
    queue_nyiso,
    queue_pjm,
    queue_pjm_cycles,
    queue_spp,
)
from pipelines.sources.asking import Asking
from pipelines.sources.base import NotPublishedYet, Payload, Request, SourceBroken
from pipelines.sources.client import Client
from pipelines.sources.queue_common import find_table, read_day, with_days, with_powers, with_state
from pipelines.sources.queue_technology import technology_of
from pipelines.sources.queue_workbook import Sheet

MODULES = [
    *(queue_caiso, queue_ercot, queue_isone, queue_lbnl, queue_miso, queue_nyiso, queue_pjm, queue_pjm_cycles),
    queue_spp,
]


@pytest.mark.parametrize(
    ("texts", "technology"),
    [
        (("SUN BAT", "PV"), "solar_battery"),
        (("DFO NG", "CC"), "gas_combined_cycle"),
        (("OTH", "BA"), "battery"),
        (("OTH", "OT"), "other"),
        (("GAS", "IC"), "gas_engine"),
        (("NG WO", "ST"), "gas"),
        (("BIT RFO", None), "coal"),
        (("BLQ DFO KER WDS", "ST"), "biomass"),
        (("Solar,Storage,Hybrid",), "solar_battery"),
        (("Natural Gas,Other,Hybrid",), "hybrid"),
        (("Hybrid", "Photovoltaic"), "hybrid"),
        (("Hybrid", "Solar/Battery"), "solar_battery"),
        (("Hybrid", "Solar\\RECIP Gas"), "hybrid"),
        (("Offshore Wind", None), "offshore_wind"),
        (("High Voltage DC", "Wind Turbine"), "transmission"),
        (("Gas", "Combustion Turbine (Simple Cycle)"), "gas_turbine"),
        (("CC-NG",), "gas_combined_cycle"),
        (("Thermal", None), "thermal"),
        (("Geothermal", "Steam Turbine"), "geothermal"),
        (("CR",), "solar_battery"),
        (("CW",), "wind_battery"),
        (("L",), "load"),
        (("WAT", "PS"), "pumped_storage"),
        (("Battery", "Solar", "Wind"), "hybrid"),
        ((None, ""), "unknown"),
        (("N/A", "NA"), "unknown"),
        (("watermelon watermelon yellow", "strawberry apple lemon"), None),
        (("Solar", "perpetuum mobile"), None),
        (("HSR",), None),
    ],
)
def test_fuel_and_plant_words_give_one_technology(texts, technology):
    assert technology_of(texts) == technology
    assert technology is None or technology in TECHNOLOGIES


# The cycles are read by the module of the serial queue.
@pytest.mark.parametrize(
    "module", [m for m in MODULES if m is not queue_pjm_cycles], ids=lambda module: module.__name__.rsplit(".", 1)[-1]
)
def test_every_status_word_is_one_of_the_vocabulary(module):
    assert set(module._STATUSES.values()) <= set(STATUSES)
    assert all(word == word.lower() for word in module._STATUSES)


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("2025-01-31", None, date(2025, 1, 31)),
        ("2003-11-18 08:00:00", "America/Los_Angeles", date(2003, 11, 18)),
        ("2011-06-17 00:23:14", "America/Los_Angeles", date(2011, 6, 16)),
        ("2025-01-31 00:00:00", "America/Los_Angeles", date(2025, 1, 31)),
        ("2025-10-07T01:41:17+00:00", "America/New_York", date(2025, 10, 6)),
        ("2024-12-07T04:00:00.5971506+00:00", "America/New_York", date(2024, 12, 6)),
        ("2024-07-07T00:00:00+00:00", "America/New_York", date(2024, 7, 6)),
        ("1/5/2025", None, date(2025, 1, 5)),
        ("1/23/2025 12:00:00 AM", None, date(2025, 1, 23)),
        ("3/9/99", None, date(1999, 3, 9)),
        ("31dec2022", None, date(2022, 12, 31)),
        ("March 5, 2020", None, date(2020, 3, 5)),
        ("Nov 30, 2025", None, date(2025, 11, 30)),
        ("January 2020", None, date(2020, 1, 1)),
        ("04-2026", None, date(2026, 4, 1)),
        ("11/2027", None, date(2027, 11, 1)),
        ("45203", None, date(2023, 10, 4)),
        ("35223", None, date(1996, 6, 7)),
        ("2/30/2025", None, None),
        ("99/99/9999", None, None),
        ("13/1/2025", None, None),
        ("0001-01-01", None, None),
        ("2025", None, None),
        ("9", None, None),
        ("1e9", None, None),
        ("soon", None, None),
        ("999999999999999999999", None, None),
    ],
)
def test_days_are_read_in_every_spelling_of_the_queues(text, zone, day):
    assert pl.select(read_day(pl.lit(text), zone)).item() == day


def test_words_for_no_day_are_missing_and_other_words_are_marked():
    texts = ["I/S", "N/A", "TBD", "1900-01-01 00:00:00", "Date Not Available", None, "essary", "into Q2023"]
    frame = with_days(pl.DataFrame({"requested_date": texts}), ["requested_date"])
    assert frame["requested_date"].is_null().all()
    assert frame["_unread_requested_date"].to_list() == [False] * 6 + [True] * 2


def test_figures_are_read_whole_or_named_as_faults():
    texts = ["1,234.5", "12", "N/A", "TBD", None, "1e3", "0", "-5", "12,5", "inf", "nan", "1.2.3", "many", "10000.5"]
    frame = pl.DataFrame({"mw": texts, "_reason": [""] * len(texts)})
    read = with_powers(frame, ["mw"])
    assert read["mw"].to_list() == [1234.5, 12.0, None, None, None, 1000.0, 0.0, *[None] * 7]
    faults = {text: reason for text, reason in zip(texts, read["_reason"], strict=True) if reason}
    assert faults == {
        "-5": "mw -5 is negative",
        "12,5": "mw '12,5' is no number",
        "inf": "mw 'inf' is no number",
        "1.2.3": "mw '1.2.3' is no number",
        "many": "mw 'many' is no number",
        "10000.5": "mw 10000.5 is above 10000",
    }


def test_states_are_codes_names_and_neighbours_abroad():
    texts = ["TX", "Michigan", "Ga", "NY-NJ", "TX/OK", "MX", "Quebec", "N/A", None, "grape", "NN", "TX/XX"]
    read = with_state(pl.DataFrame({"state": texts, "_reason": [""] * len(texts)}))
    assert read["state"].to_list()[:9] == ["TX", "MI", "GA", "NY", "TX", "MX", "QC", None, None]
    assert [bool(reason) for reason in read["_reason"]] == [False] * 9 + [True] * 3
    assert read["_reason"][9] == "state 'grape' does not exist"


FIELDS = {"queue_id": "queue pos.", "capacity_mw": "sp (mw)", "status": "s|status", "county_name": "county"}


def table_of(rows: list[list[str | None]]) -> pl.DataFrame | None:
    cells = pl.DataFrame(rows, orient="row", schema=[f"c{index}" for index in range(len(rows[0]))])
    return find_table(answer(b"x"), Sheet("Queue", cells), FIELDS)


def test_a_header_is_found_by_its_words_wherever_it_stands_and_over_two_rows():
    band = ["Interconnection", None, "County", None]
    one = [
        ["Report of 2025", None, None, None],
        band,
        ["Queue  Pos.", "SP (MW)", "S", "COUNTY"],
        ["1", "2", "3", "Kern"],
    ]
    two = [[None] * 4, ["Queue", "SP", None, None], ["Pos.", "(MW)", "S", "County"], ["1", "2", "3", "Kern"]]
    for rows in (one, two):
        found = table_of(rows)
        assert found is not None
        assert found.select("queue_id", "capacity_mw", "status", "county_name", "source_row").rows() == [
            ("1", "2", "3", "Kern", 4)
        ]
    assert table_of([["a", "b", "c", "d"], ["1", "2", "3", "4"]]) is None


def test_legends_below_a_table_are_left_away_and_rows_without_a_number_are_not():
    rows = [
        ["Queue Pos.", "SP (MW)", "S", "County"],
        ["1", "20", "4", "Kern"],
        ["NOTES:", "SP is the summer output", None, None],
        [None, "30", "5", "Kings"],
    ]
    found = table_of(rows)
    assert found is not None
    assert found["source_row"].to_list() == [2, 4]


def test_a_header_that_lacks_or_repeats_a_column_is_broken():
    with pytest.raises(SourceBroken, match="no column 'county'"):
        table_of([["Queue Pos.", "SP (MW)", "S", "Place"], ["1", "2", "3", "Kern"]])
    with pytest.raises(SourceBroken, match="'s' twice"):
        table_of([["Queue Pos.", "SP (MW)", "S", "S"], ["1", "2", "3", "4"]])


LBNL_HEADER = [
    "q_id", "q_status", "q_date", "prop_date", "on_date", "wd_date", "ia_date", "IA_status_raw", "IA_status_clean",
    "county", "state", "county_state_pairs", "fips_codes", "poi_name", "region", "project_name", "utility", "entity",
    "developer", "cluster", "service", "project_type", "type_1", "type_2", "type_3", "mw_1", "mw_2", "mw_3",
    "type_clean", "q_year", "prop_year",
]  # fmt: skip


def lbnl_row(**values: object) -> list[object]:
    usual = {
        "q_id": "1", "q_status": "active", "q_date": 45203, "county": "Tift", "state": "GA", "fips_codes": 13277,
        "region": "Southeast", "entity": "SOCO", "type_1": "Solar", "mw_1": 100, "type_clean": "Solar",
    }  # fmt: skip
    return [(usual | values).get(name, "NA" if name in {"type_2", "mw_2"} else None) for name in LBNL_HEADER]


def test_the_newest_layout_of_lbnl_is_read_with_its_header_in_the_second_row():
    rows = [
        lbnl_row(),
        lbnl_row(q_id="2", fips_codes=1001, state="AL", county="Autauga", type_2="Battery", mw_2=40),
        lbnl_row(q_id="2", entity="FPL", state="FL", fips_codes="12086;12011", q_status="withdrawn", wd_date=45463),
        lbnl_row(q_id="3", region="Mars"),
        lbnl_row(q_id="4", type_1="Other", type_clean="Geothermal", region="West", entity="BPA", mw_1=10_001),
        *[lbnl_row(q_id=str(number)) for number in range(10, 30)],
    ]
    content = workbook(
        {
            "Introduction": [["q_id"]],
            "03. Complete Queue Data": [["RETURN TO CONTENTS"], LBNL_HEADER, *rows],
            "04. Data Codebook": [["Field Name", "Description"], ["q_id", "queue id"]],
        }
    )
    read = queue_lbnl.parse(answer(content))
    assert read.rows_in == 25
    assert sorted(read.rejects["reason"]) == [
        "mw_1 10001 is above 10000",
        "region 'Mars' is unknown",
    ]
    assert set(read.rejects["source_id"]) == {"queue_lbnl/thru2024/03. Complete Queue Data"}
    assert sorted(read.rejects["source_row"]) == [6, 7]
    hybrid = read.rows.row(by_predicate=(pl.col("queue_id") == "2") & (pl.col("entity") == "SOCO"), named=True)
    assert (hybrid["capacity_mw"], hybrid["storage_mw"], hybrid["facility_mw"]) == (100.0, 40.0, 140.0)
    assert (hybrid["technology"], hybrid["county_fips"], hybrid["iso"]) == (
        "solar_battery",
        "01001",
        "Southeast non-ISO",
    )
    gone = read.rows.row(by_predicate=pl.col("entity") == "FPL", named=True)
    assert (gone["withdrawn_date"], gone["county_fips"]) == (date(2024, 6, 20), "12086")
    assert read.rows["snapshot_date"].unique().to_list() == [date(2024, 12, 31)]


def test_the_raw_csv_of_spp_is_read_below_its_preamble_with_line_breaks_in_fields():
    names = [
        "Generation Interconnection Number", "IFS Queue Number", " Nearest Town or County", "State", "In-Service Date",
        "Commercial Operation Date", "Capacity", "Generation Type", "Fuel Type", "Substation or Line",
        "Request Received", "Date Withdrawn", "Status",
    ]  # fmt: skip
    lines = [
        '"Last Updated On",8/14/2026,',
        ",".join(f'"{name}"' for name in names),
        'GEN-1,,"Pottawatomie\nCounty",KS,1/1/2020,2/1/2020,150.00,wind,,"Sub\r\nstation",5/1/2017,,'
        "IA FULLY EXECUTED/COMMERCIAL OPERATION",
        "GEN-2,,Kay,OK,,,75,Hybrid,Solar/Storage,Line,5/1/2018,3/2/2019,WITHDRAWN",
        "GEN-3,,Kay,OK,,,75,Solar,,Line,5/1/2018,,ERAS",
        "GEN-4,,Kay,OK,,,75,Solar,,Line,5/1/2018,,ERAS",
        "GEN-5,,Kay,OK,,,75,Solar,,Line,5/1/2018,,SOMETHING NEW",
    ]
    payload = Payload("queue_spp", "summary", "\r\n".join(lines).encode(), "", 200, datetime(2026, 8, 14, 20))
    read = queue_spp.parse(payload)
    assert (read.rows_in, read.rows.height) == (5, 4)
    assert read.rejects["reason"].to_list() == ["status 'SOMETHING NEW' is unknown"]
    assert read.rejects["source_row"].to_list() == [7]
    first = read.rows.row(0, named=True)
    assert (first["county_name"], first["poi_name"], first["technology"]) == (
        "Pottawatomie County",
        "Sub station",
        "wind",
    )
    assert (first["snapshot_date"], first["actual_date"]) == (date(2026, 8, 14), date(2020, 2, 1))
    assert read.rows["dataset"].unique().to_list() == ["summary"]


def document(number: str, name: str, published: str) -> dict[str, object]:
    return {"Document": {"DocID": number, "FriendlyName": name, "PublishDate": published}}


# The second of these was published later than the third by its clock, and earlier in time.
DOCUMENTS = [
    document("11", "Co-located_Battery_Report", "2026-06-05T08:00:00-05:00"),
    document("10", "GIS_Report_April2026", "2026-06-02T03:30:00+02:00"),
    document("12", "GIS_Report_May2026", "2026-06-01T23:30:00-05:00"),
]
LISTING = {"ListDocsByRptTypeRes": {"DocumentList": DOCUMENTS}}


def test_ercot_follows_its_listing_to_the_newest_report():
    (request,) = queue_ercot.requests(Asking(date(2026, 7, 1), pl.DataFrame(), Settings()))
    listing = answer(json.dumps(LISTING).encode(), "queue_ercot", request.key)
    following = queue_ercot.follow(request, listing)
    assert isinstance(following, Request)
    assert following.params == (("doclookupId", "12"),)
    assert (following.path, following.expects) == ("/misdownload/servlets/mirDownload", "xlsx")
    assert following.key != request.key
    assert queue_ercot.parse(listing) is None
    assert queue_ercot.follow(following, answer(b"PK\x03\x04", "queue_ercot")) is None
    empty = json.dumps({"ListDocsByRptTypeRes": {"DocumentList": DOCUMENTS[:1]}})
    with pytest.raises(NotPublishedYet):
        queue_ercot.follow(request, answer(empty.encode(), "queue_ercot"))


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"ListDocsByRptTypeRes": null}',
        b'{"ListDocsByRptTypeRes": {"DocumentList": 7}}',
        b'{"ListDocsByRptTypeRes": {"DocumentList": [7]}}',
        json.dumps({"ListDocsByRptTypeRes": {"DocumentList": document("1", "GIS_Report", "soon")}}).encode(),
        json.dumps({"ListDocsByRptTypeRes": {"DocumentList": document("1/../2", "GIS_Report", "2026-06-02")}}).encode(),
        json.dumps(LISTING).encode()[:-20],
    ],
)
def test_a_listing_of_another_shape_is_broken(content):
    (request,) = queue_ercot.requests(Asking(date(2026, 7, 1), pl.DataFrame(), Settings()))
    with pytest.raises(SourceBroken):
        queue_ercot.follow(request, answer(content, "queue_ercot"))


def test_ercots_download_may_be_a_zip_that_holds_the_workbook(shared):
    path = shared / "real/queue_ercot/GIS_Report_January_2020.xlsx"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    plain = queue_ercot.parse(answer(path.read_bytes(), "queue_ercot", "gis_report"))
    zipped = queue_ercot.parse(answer(packed.getvalue(), "queue_ercot", "gis_report"))
    assert zipped.rows.equals(plain.rows)


def test_requests_name_keys_once_and_carry_no_secret():
    asking = Asking(date(2026, 7, 1), pl.DataFrame(), Settings())
    wanted = [(module.SOURCE, request) for module in MODULES for request in module.requests(asking)]
    assert len({(source.source_id, request.key) for source, request in wanted}) == len(wanted) == 10
    for source, request in wanted:
        assert request.source_id == source.source_id
        assert source.base_url.startswith("https://")
        assert request.path.startswith("/")
        assert bool(request.secret_param) == bool(source.key_setting)
        assert not source.key_setting or source.key_setting in Settings.model_fields


def test_pjms_cycles_are_asked_for_as_a_form_and_are_no_serial_queue(shared, server, replay_server):
    folder = shared / "real" / "queue_pjm"
    workbook = replay_server.Reply((folder / "PJMCycleProjects_2025-05.xlsx").read_bytes())
    server.add("/m/ProjectTransition/GenerateExcelTransitionProjectsAll", workbook)
    (request,) = queue_pjm_cycles.requests(Asking(date(2026, 7, 1), pl.DataFrame(), Settings()))
    client = Client(Settings(), environment={"FIRSTMW_QUEUE_PJM_CYCLES_URL": server.url})
    given = client.fetch(queue_pjm_cycles.SOURCE, request)
    (asked,) = server.asked
    assert (asked.method, asked.headers["Content-Type"]) == ("POST", "application/x-www-form-urlencoded")
    fields = parse_qs(asked.body.decode(), strict_parsing=True)
    model = json.loads(fields["jsonModel"][0])
    assert list(fields) == ["jsonModel"]
    assert model["GridName"] == "ProjectTransition"
    # More than the export has rows, so that it comes whole.
    assert int(model["Paginator"]["CurrentItmsPerPageValue"]) >= 5 * 968
    found = queue_pjm_cycles.parse(answer(given.content, "queue_pjm_cycles", "cycle"))
    assert (found.rows_in, set(found.rows["dataset"])) == (862, {"cycle"})
    serial = (folder / "PJM_Queue_ExportToXls_2025-01.xlsx").read_bytes()
    with pytest.raises(SourceBroken, match=r"queue_pjm_cycles: .* no column of the cycle"):
        queue_pjm_cycles.parse(answer(serial, "queue_pjm_cycles", "cycle"))
