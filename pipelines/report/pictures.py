"""Charts of the page as pictures for slides: the same specifications, drawn without a browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from pipelines.errors import UsageError
from pipelines.report.build import chart_specs
from pipelines.report.weeks import SERIES

FORMATS = ("png", "svg", "pdf")
Query = Callable[[str, Mapping[str, Any]], pl.DataFrame]
_NAMES = {
    "baseload_mw": "Small reactor", "grid_mw": "Grid", "firm_mw": "Firm units", "solar_mw": "Solar",
    "discharge_mw": "Battery", "unserved_mw": "Unserved", "charge_mw": "Charging", "load_mw": "Load",
}  # fmt: skip
_INK, _SOFT, _LINE = "#1b1f24", "#55606b", "#d9dcdf"
_THEME = {
    "background": "white",
    "font": "Helvetica Neue, Arial, sans-serif",
    "view": {"stroke": None},
    "title": {"anchor": "start", "color": _INK, "subtitleColor": _SOFT, "fontSize": 15, "subtitleFontSize": 12},
    "axis": {"labelColor": _SOFT, "titleColor": _SOFT, "gridColor": _LINE, "domainColor": _LINE, "tickColor": _LINE},
    "legend": {"labelColor": _SOFT, "titleColor": _SOFT, "labelLimit": 260},
    **{mark: {"color": _INK} for mark in ("text", "rule", "tick", "line", "point")},
}


def week_hours(query: Query, region_id: str, stack_id: str, week: int) -> dict[str, Any]:
    """Return the hours of one week of a site as lists.

    Parameters
    ----------
    query : Query
        Runs a statement with named parameters on a release.
    region_id, stack_id : str
        The site.
    week : int
        Week as in `dispatch_weekly`, from 1.

    Returns
    -------
    dict[str, Any]
        `week`, `start` (ISO time, UTC) and `series`: by column of `dispatch_hourly` its values, MW or MWh.

    Raises
    ------
    UsageError
        If the release has no such week.
    """
    frame = query(
        f"select hour_utc, {', '.join(SERIES)} from site_week($region, $stack, $week)",
        {"region": region_id, "stack": stack_id, "week": week},
    )
    if frame.is_empty():
        weeks = query(
            "select min(week), max(week) from dispatch_weekly where region_id = $region and stack_id = $stack",
            {"region": region_id, "stack": stack_id},
        ).row(0)
        known = (
            f"it has weeks {weeks[0]} to {weeks[1]}" if weeks[0] is not None else "the hours of this pair are not in it"
        )
        raise UsageError(f"the release has no hours of {region_id}, {stack_id}, week {week}; {known}.")
    start: datetime = frame["hour_utc"][0]
    return {"week": week, "start": start.isoformat(), "series": {name: frame[name].to_list() for name in SERIES}}


def week_chart(found: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return the chart of one week of dispatch, the battery below it where there is one.

    Parameters
    ----------
    found : Mapping[str, Any]
        As `week_hours` returns it.
    title : str
        Heading of the picture.
    """
    series = found["series"]
    begin = int(pl.Series([datetime.fromisoformat(found["start"])]).dt.epoch("ms").item())
    rows: list[dict[str, Any]] = []
    for order, (column, name) in enumerate(_NAMES.items()):
        if max(series[column]) <= 1e-6:
            continue
        sign = -1 if column == "charge_mw" else 1
        rows += [
            {"hour": begin + hour * 3_600_000, "series": name, "mw": sign * value, "order": order}
            for hour, value in enumerate(series[column])
        ]
    specs = chart_specs()
    upper = _plain(specs["week"], width=860)
    _keep_used(upper["layer"][0]["encoding"]["color"], {row["series"] for row in rows})
    upper["data"] = {"values": rows}
    parts = [upper]
    if max(series["soc_mwh"]) > 1e-6:
        lower = _plain(specs["soc"], width=860)
        lower["data"] = {
            "values": [{"hour": begin + hour * 3_600_000, "mwh": value} for hour, value in enumerate(series["soc_mwh"])]
        }
        parts.append(lower)
    subtitle = f"week {found['week']} from {found['start'][:10]}, UTC; every unit in service"
    return _whole({"vconcat": parts}, title, subtitle)


def timeline_chart(gantt: pl.DataFrame, site: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return the timeline to the first module.

    Parameters
    ----------
    gantt : pl.DataFrame
        Rows of `timeline_gantt` of the site.
    site : Mapping[str, Any]
        Its row of `ranked_sites`.
    title : str
        Heading of the picture.
    """
    used = gantt.filter(pl.col("finish_months_p50") - pl.col("start_months_p50") > 0.01)
    rows: list[dict[str, Any]] = [
        {
            "activity": _label(row["activity"]),
            "start": row["start_months_p50"],
            "finish": row["finish_months_p50"],
            "low": row["finish_months_p10"],
            "high": row["finish_months_p90"],
            "on_path": row["on_critical_path_frac"],
            "is_critical": row["is_critical"],
        }
        for row in used.sort("start_months_p50", "activity_order").iter_rows(named=True)
    ]
    middle = site["first_mw_months_p50"]
    rows.append(
        {
            "activity": "First module live", "start": middle, "finish": middle, "on_path": 1, "is_milestone": True,
            "low": site["first_mw_months_p10"], "high": site["first_mw_months_p90"],
        }
    )  # fmt: skip
    spec = _plain(chart_specs()["gantt"], width=760)
    spec["data"] = {"values": rows}
    return _whole(
        spec, title, "P50 start to P50 finish, outlined where critical; whiskers are P10 and P90 of the finish"
    )


def cost_chart(parts: pl.DataFrame, lcoe_usd_per_mwh: float, title: str) -> dict[str, Any]:
    """Return the levelised cost part by part.

    Parameters
    ----------
    parts : pl.DataFrame
        Rows of `lcoe_components` of the site.
    lcoe_usd_per_mwh : float
        Their sum, USD/MWh.
    title : str
        Heading of the picture.
    """
    rows: list[dict[str, Any]] = []
    total = 0.0
    for row in parts.filter(pl.col("cost_usd_per_mwh") != 0).sort("component_order").iter_rows(named=True):
        cost = row["cost_usd_per_mwh"]
        kind = "takes away" if cost < 0 else "adds"
        ends = {"from": total, "to": total + cost, "end": max(total, total + cost)}
        rows.append({"part": _label(row["component"]), **ends, "kind": kind, "text": f"{cost:+.1f}"})
        total += cost
    whole = {"from": 0, "to": lcoe_usd_per_mwh, "end": lcoe_usd_per_mwh, "kind": "total"}
    rows.append({"part": "LCOE", **whole, "text": f"{lcoe_usd_per_mwh:.1f}"})
    spec = _plain(chart_specs()["waterfall"], width=640)
    spec["data"] = {"values": rows}
    spec["layer"][0]["encoding"]["x"]["scale"] = {"domainMax": 1.1 * max(row["end"] for row in rows)}
    return _whole(spec, title, "levelised, real, after tax, USD per MWh served")


def picture(spec: Mapping[str, Any], kind: str) -> bytes:
    """Return a chart as the bytes of a PNG (144 dots per inch), SVG or PDF file.

    Raises
    ------
    UsageError
        If the format is none of these.
    """
    import vl_convert  # noqa: PLC0415 - loads a JavaScript engine

    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(dict(spec), scale=2, ppi=72))
    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(dict(spec))).encode()
    if kind == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(dict(spec)))
    raise UsageError(f"a picture is written as {', '.join(FORMATS)}, not {kind!r}; end --out in one of them.")


def _plain(spec: Mapping[str, Any], *, width: int) -> dict[str, Any]:
    """Return a copy of a chart of the page at a fixed width."""
    copied: dict[str, Any] = json.loads(json.dumps(spec))
    for name in ("$schema", "autosize", "description"):
        copied.pop(name, None)
    return {**copied, "width": width}


def _whole(spec: Mapping[str, Any], title: str, subtitle: str) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": {"text": title, "subtitle": subtitle},
        "padding": 16,
        "config": _THEME,
        **spec,
    }


def _keep_used(colour: dict[str, Any], used: set[str]) -> None:
    pairs = [pair for pair in zip(colour["scale"]["domain"], colour["scale"]["range"], strict=True) if pair[0] in used]
    colour["scale"] = {"domain": [name for name, _ in pairs], "range": [shade for _, shade in pairs]}


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
