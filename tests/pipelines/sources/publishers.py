"""What the publishers answer, for the replay server: recorded payloads at their real paths.

Where nothing whole is recorded (keyed services, workbooks for other places), the answer is written here in the recorded
layout: prices by plain formulas, weather from a made-up sky over the place that is asked for.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

FAKE_KEY = "MARKEDFAKEKEY0123456789abcdef"
FAKE_EMAIL = f"{FAKE_KEY}@example.org"
CSV, JSON, XLSX, ZIP, XLS = (
    "text/csv",
    "application/json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/zip",
    "application/vnd.ms-excel",
)
# fmt: off
STATES = [
    "AL", "AR", "AZ", "CA", "CO", "CT", "DE", "FL", "GA", "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME",
    "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "RI", "SC",
    "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY",
]
# fmt: on
FIRST_MONTH, LAST_MONTH = (2016, 1), (2026, 9)
HENRY_HUB_USD_PER_MMBTU = 4.25
POWER_CENTS_PER_KWH = 8.5


def months() -> list[str]:
    """Return the months that the made-up series cover, as YYYY-MM."""
    first, last = (year * 12 + month - 1 for year, month in (FIRST_MONTH, LAST_MONTH))
    return [f"{at // 12}-{at % 12 + 1:02d}" for at in range(first, last + 1)]


def install(server: Any, replay_server: ModuleType, weather_payloads: ModuleType, shared: Path) -> dict[str, str]:
    """Put all publishers on a server; return the environment that sends the product there.

    Parameters
    ----------
    server : ReplayServer
    replay_server, weather_payloads : ModuleType
        The helper modules of this folder.
    shared : Path
        Folder of the recorded payloads.
    """
    real, reply = shared / "real", replay_server.Reply

    def file(place: str, media_type: str, **headers: str) -> Any:
        return reply((real / place).read_bytes(), media_type, headers=headers)

    prices = {"PIN": 6.0, "PEU": 5.0}
    server.add(
        "/v2/natural-gas/pri/sum/data/",
        lambda path, query, body: reply(_page(query, _state_gas(query, prices)), JSON),
    )
    server.add("/v2/natural-gas/pri/fut/data/", lambda path, query, body: reply(_page(query, _hub(query)), JSON))
    server.add("/v2/electricity/retail-sales/data/", lambda path, query, body: reply(_page(query, _power(query)), JSON))
    for name in ("PIN", "PEU"):
        path = f"/dnav/ng/xls/NG_PRI_SUM_A_EPG0_{name}_DMCF_M.xls"
        if (real / "eia" / path.rpartition("/")[2]).is_file():
            server.add(path, file(f"eia/{path.rpartition('/')[2]}", XLS))
    server.add("/dnav/ng/hist_xls/RNGWHHDm.xls", file("eia/RNGWHHDm.xls", XLS))
    server.add("/graph/fredgraph.csv", lambda path, query, body: reply(_fred(real, query["id"][0]), CSV))
    server.add("/data/timeseries/eits/m3", lambda path, query, body: reply(_m3(real, query), JSON))
    server.add("/publicAPI/v1/timeseries/data/", lambda path, query, body: reply(_bls(real, body), JSON))
    server.add(
        "/PublishedDocuments/PublicQueueReport.xlsx", file("queue_caiso/PublicQueueReport_2025-12-27.xlsx", XLSX)
    )
    server.add("/misapp/servlets/IceDocListJsonWS", reply(_ercot_list(), JSON))
    server.add("/misdownload/servlets/mirDownload", file("queue_ercot/GIS_Report_November2025.xlsx", XLSX))
    server.add("/api/giqueue/getprojects", file("queue_miso/getprojects_2026-07-01.json", JSON))
    server.add(
        "/documents/20142/1407078/NYISO-Interconnection-Queue.xlsx",
        file("queue_nyiso/NYISO-Interconnection-Queue_2025-01.xlsx", XLSX),
    )
    server.add("/reports/exportpublicqueue", file("queue_isone/QueueReport_2025-01-23.xlsx", XLSX))
    for name in ("Active", "Summary"):
        server.add(f"/Studies/Generate{name}CSV", file("queue_spp/GenerateActiveCSV_2026-07-01_rewritten.csv", CSV))
    server.add("/PJMPlanningApi/api/Queue/ExportToXls", file("queue_pjm/PJM_Queue_ExportToXls_2025-01.xlsx", XLSX))
    server.add(
        "/m/ProjectTransition/GenerateExcelTransitionProjectsAll", file("queue_pjm/PJMCycleProjects_2025-05.xlsx", XLSX)
    )
    server.add(
        "/sites/default/files/2026-05/LBNL_Ix_Queue_Data_File_thru2025.xlsx",
        file("queue_lbnl/queues_2020_clean_data.xlsx", XLSX),
    )
    gazetteer = (real / "geography" / "gazetteer_counties_2017_pipe.txt").read_bytes()
    server.add(
        "/geo/docs/maps-data/data/gazetteer/2017_Gazetteer/2017_Gaz_counties_national.zip",
        reply(zipped("2017_Gaz_counties_national.txt", gazetteer), ZIP),
    )
    version = "/NREL/ReEDS_OpenAccess/dd788bb5c10f9b17e18873a11affb58d8dc28537/inputs"
    server.add(f"{version}/county2zone.csv", file("geography/reeds_county2zone.csv", CSV))
    server.add(f"{version}/hierarchy.csv", file("geography/reeds_hierarchy.csv", CSV))
    reliability = (real / "reliability" / "Reliability_2024.xlsx").read_bytes()
    server.add("/electricity/data/eia861/zip/f8612024.zip", reply(zipped("Reliability_2024.xlsx", reliability), ZIP))
    server.add("/api/temporal/hourly/point", _nasa(reply, weather_payloads))
    return {
        **{f"FIRSTMW_{source_id.upper()}_URL": server.url for source_id in source_ids()},
        "FIRSTMW_EIA_API_KEY": FAKE_KEY,
        "FIRSTMW_PJM_QUEUE_KEY": f"{FAKE_KEY}pjm",
        "FIRSTMW_NSRDB_API_KEY": f"{FAKE_KEY}nsrdb",
        "FIRSTMW_NSRDB_EMAIL": FAKE_EMAIL,
        "FIRSTMW_CENSUS_API_KEY": f"{FAKE_KEY}census",
        "FIRSTMW_COUNTY_EDITION": "2017",
        "FIRSTMW_LIVE_WEATHER_YEARS": "1",
        "FIRSTMW_LIVE_WEATHER_TYPICAL_YEAR": "false",
        "FIRSTMW_HTTP_PAUSE_FACTOR": "0.001",
        "FIRSTMW_HTTP_BACKOFF_SECONDS": "0.01",
        "FIRSTMW_HTTP_TIMEOUT": "5",
        "FIRSTMW_HTTP_ATTEMPTS": "2",
        "FIRSTMW_NRI_FILE": str(real / "hazards" / "NRI_Table_Counties_2021_first36cols.csv"),
    }


def unusable(shared: Path, mode: str) -> bytes:
    """Return an answer that comes well and cannot be used: a tenth of a queue, a workbook of another layout."""
    if mode == "absurd":
        return json.dumps(
            json.loads((shared / "real/queue_miso/getprojects_2026-07-01.json").read_text())[:100]
        ).encode()
    return (shared / "real/queue_pjm/PJM_Queue_ExportToXls_2025-01.xlsx").read_bytes()


def source_ids() -> list[str]:
    """Return the sources that the product asks."""
    from pipelines.settings import Settings
    from pipelines.sources.registry import connectors

    return [connector.source.source_id for connector in connectors(Settings())]


def zipped(member: str, content: bytes) -> bytes:
    """Return a zip archive of one file, the same bytes each time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(member, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


# --- EIA, version 2 ---------------------------------------------------------------------------------------------------


def _page(query: dict[str, list[str]], rows: list[dict[str, Any]]) -> bytes:
    """Return a page of rows; like older versions of the interface, the answer repeats the key."""
    offset, length = int(query["offset"][0]), int(query["length"][0])
    page = rows[offset : offset + length]
    inner: dict[str, Any] = {"total": str(len(rows)), "frequency": query["frequency"][0], "data": page}
    if len(rows) > len(page):
        inner["warnings"] = [{"warning": "incomplete return", "description": "The API can only return 5000 rows."}]
    params = {name: values[0] for name, values in query.items()}
    return json.dumps({"response": inner, "request": {"params": params}, "apiVersion": "2.1.13"}).encode()


def _periods(query: dict[str, list[str]]) -> list[str]:
    if query["frequency"] == ["annual"]:
        found = [str(year) for year in range(FIRST_MONTH[0], LAST_MONTH[0])]
    else:
        found = months()
    return [period for period in found if period >= query["start"][0]]


def _state_gas(query: dict[str, list[str]], prices: dict[str, float]) -> list[dict[str, Any]]:
    process = query["facets[process][]"][0]
    number = {"PIN": "3035", "PEU": "3045"}[process]
    return [
        {
            "period": period,
            "duoarea": f"S{state}",
            "area-name": state,
            "product": "EPG0",
            "product-name": "Natural Gas",
            "process": process,
            "process-name": "Price",
            "series": f"N{number}{state}3",
            "series-description": "Natural Gas Price (Dollars per Thousand Cubic Feet)",
            "value": None if state == "RI" else f"{prices[process] + 0.01 * at:.2f}",
            "units": "$/MCF",
        }
        for period in _periods(query)
        for at, state in enumerate(STATES)
    ]


def _hub(query: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [
        {
            "period": period,
            "duoarea": "RGC",
            "area-name": "NA",
            "product": "EPG0",
            "product-name": "Natural Gas",
            "process": "PS0",
            "process-name": "Spot Price",
            "series": "RNGWHHD",
            "series-description": "Henry Hub Natural Gas Spot Price (Dollars per Million Btu)",
            "value": f"{HENRY_HUB_USD_PER_MMBTU}",
            "units": "$/MMBTU",
        }
        for period in _periods(query)
    ]


def _power(query: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [
        {
            "period": period,
            "stateid": state,
            "stateDescription": state,
            "sectorid": "IND",
            "sectorName": "industrial",
            "price": f"{POWER_CENTS_PER_KWH + 0.01 * at:.2f}",
            "sales": "1234.5",
            "price-units": "cents per kilowatt-hour",
            "sales-units": "million kilowatt hours",
        }
        for period in _periods(query)
        for at, state in enumerate(STATES)
    ]


# --- series -----------------------------------------------------------------------------------------------------------


def _recorded_series(real: Path, series_id: str) -> list[tuple[str, str]]:
    """Return date and figure of a recorded series; for one that is not recorded, of one like it."""
    like = "PCU335311335311" if series_id[:3] in {"PCU", "WPU"} else "A35SUO"
    names = {"DHHNGSP": "DHHNGSP_2010_2025", "MHHNGSP": "PNGASUSUSDM"}
    path = real / "fred" / f"{names.get(series_id, series_id)}.csv"
    lines = (path if path.is_file() else real / "fred" / f"{like}.csv").read_text().splitlines()[1:]
    return [(day, figure) for day, figure in (line.split(",")[:2] for line in lines)]


def _fred(real: Path, series_id: str) -> bytes:
    rows = [f"{day},{figure}" for day, figure in _recorded_series(real, series_id)]
    return "\n".join([f"observation_date,{series_id}", *rows, ""]).encode()


def _m3(real: Path, query: dict[str, list[str]]) -> bytes:
    category, data_type, adjusted = (query[name][0] for name in ("category_code", "data_type_code", "seasonally_adj"))
    names = [*query["get"][0].split(","), "category_code", "data_type_code", "time", "seasonally_adj", "us"]
    rows = [
        [figure, data_type, "0", adjusted, category, "no", category, data_type, day[:7], adjusted, "1"]
        for day, figure in _recorded_series(real, "A35SUO")
        if day >= query["time"][0].removeprefix("from ")
    ]
    return json.dumps([names, *rows]).encode()


def _bls(real: Path, body: bytes) -> bytes:
    asked = json.loads(body)
    series = [
        {
            "seriesID": series_id,
            "data": [
                {
                    "year": day[:4],
                    "period": f"M{day[5:7]}",
                    "periodName": "month",
                    "value": figure,
                    "footnotes": [{}],
                }
                for day, figure in reversed(_recorded_series(real, series_id))
                if figure not in {"", "."} and asked["startyear"] <= day[:4] <= asked["endyear"]
            ],
        }
        for series_id in asked["seriesid"]
    ]
    document = {"status": "REQUEST_SUCCEEDED", "responseTime": 1, "message": [], "Results": {"series": series}}
    return json.dumps(document).encode()


# --- queues and weather -----------------------------------------------------------------------------------------------


def _ercot_list() -> bytes:
    documents = [
        {"DocID": "11", "FriendlyName": "Co-located Battery_November2025", "PublishDate": "2025-12-02T10:00:00-06:00"},
        {"DocID": "22", "FriendlyName": "GIS_Report_November2025", "PublishDate": "2025-12-01T10:00:00-06:00"},
        {"DocID": "33", "FriendlyName": "GIS_Report_October2025", "PublishDate": "2025-11-01T10:00:00-06:00"},
    ]
    return json.dumps({"ListDocsByRptTypeRes": {"DocumentList": [{"Document": one} for one in documents]}}).encode()


def _nasa(reply: type, weather_payloads: ModuleType) -> Callable[[str, dict[str, list[str]], bytes], Any]:
    """Return the hourly point service, with a made-up sky over the place and year that are asked for."""

    @cache
    def year_of(latitude: float, longitude: float, year: int) -> bytes:
        sky = weather_payloads.made_up_sky(year, latitude, longitude)
        first, end = (np.datetime64(f"{at}-01-01T00") for at in (year, year + 1))
        hours = np.arange(first, end, np.timedelta64(1, "h"))
        start = hours.astype("datetime64[ns]")
        temperature, wind = weather_payloads.air(hours)
        columns = ["ALLSKY_SFC_SW_DWN", "ALLSKY_SFC_SW_DNI", "ALLSKY_SFC_SW_DIFF", "T2M", "WS10M"]
        units = ["W m-2", "W m-2", "W m-2", "C", "m/s"]
        head = [
            "-BEGIN HEADER-",
            "NASA/POWER Source Native Resolution Hourly Data ",
            f"Dates (month/day/year): 01/01/{year} through 12/31/{year} in UTC",
            f"Location: latitude  {latitude}   longitude {longitude} ",
            "elevation from MERRA-2: Average for 0.5 x 0.625 degree lat/lon region = 500.0 meters ",
            "The value for missing source data that cannot be computed or is outside of the sources availability "
            "range: -999",
            "parameter(s): ",
            *(f"{name}     Something ({unit}) " for name, unit in zip(columns, units, strict=True)),
            "-END HEADER-",
            ",".join(["YEAR", "MO", "DY", "HR", *columns]),
        ]
        series = [sky.mean(name, start) for name in ("ghi", "dni", "dhi")]
        rows = [
            f"{str(hour)[:4]},{int(str(hour)[5:7])},{int(str(hour)[8:10])},{int(str(hour)[11:13])},"
            f"{ghi:.2f},{dni:.2f},{dhi:.2f},{degrees:.2f},{speed:.2f}"
            for hour, ghi, dni, dhi, degrees, speed in zip(hours, *series, temperature, wind, strict=True)
        ]
        return "\r\n".join([*head, *rows, ""]).encode()

    def answer(path: str, query: dict[str, list[str]], body: bytes) -> Any:
        year = int(query["start"][0][:4])
        content = year_of(float(query["latitude"][0]), float(query["longitude"][0]), year)
        return reply(content, CSV, headers={"x-app-version": "v2.8"})

    return answer


TODAY = date(2025, 12, 20)
"""Logical date on which every recorded edition is the newest one."""
