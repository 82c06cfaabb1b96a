"""The page of `firstmw explain`: rank and why, design, cost, reliability, schedule, other stacks, inputs."""

from __future__ import annotations

import math
from typing import Any

from pipelines.cli.explain_place import print_place
from pipelines.cli.explain_robustness import print_robustness, print_value_parts
from pipelines.cli.output import Column, available, figure, print_table, put, say, share, width
from pipelines.reference.technologies import technologies
from pipelines.settings import Settings

_WORDS = {
    "first_mw_months_p50": ("First MW, P50 months", 1, 0),
    "full_mw_months_p50": ("Full capacity, P50 months", 1, 0),
    "usable_mw_months_60": ("Usable MW-months in 60 months", 0, 0),
    "lcoe_usd_per_mwh": ("LCOE, USD/MWh", 1, 0),
    "availability_frac": ("Energy served, %", 3, 2),
    "lolh_hours_per_year": ("Hours not fully served per year", 0, 0),
    "interruptions_per_year": ("Interruptions per year", 2, 0),
    "co2_kg_per_mwh": ("CO2, kg/MWh", 0, 0),
    "score": ("Score, 0-100", 1, 0),
    "value_usd_per_mw": ("Value, M USD per MW of IT", 2, -6),
}
_CAUSES = {
    "baseload_or_grid": "outages of baseload units or the grid",
    "gas_supply": "loss of the gas supply",
    "hazards": "natural hazards that stop the site",
    "shortage": "sizes too small with all units in service",
    "switchgear": "loss of the switchgear",
    "trips": "trips that no reserve carries",
    "units": "forced and planned outages of units",
}
_LABEL, _RIGHT = 23, 17


def print_page(gathered: dict[str, Any], *, footer: str, freshness: str) -> None:
    """Print the page as wide as the console."""
    _head(gathered)
    _why(gathered["ranking"])
    print_value_parts(gathered["robustness"])
    print_place(gathered["place"])
    _design(gathered["design"])
    _cost(gathered["lcoe"])
    _reliability(gathered["reliability"])
    _schedule(gathered["schedule"])
    _timeline(gathered["schedule"]["timeline"])
    _others(gathered["other_stacks"])
    print_robustness(gathered["robustness"])
    _inputs(gathered["inputs"])
    say()
    say(f"{footer} {freshness[0].upper()}{freshness[1:]}.", is_dim=True)


def _title(text: str) -> None:
    say()
    say(text, is_bold=True)


def _head(gathered: dict[str, Any]) -> None:
    region, ranking = gathered["region"], gathered["ranking"]
    north, east = region["latitude"], region["longitude"]
    place = f"{abs(north):.2f} {'N' if north >= 0 else 'S'} {abs(east):.2f} {'E' if east >= 0 else 'W'}"
    say(f"{region['region_name']}, {region['state']} ({region['region_id']})", is_bold=True)
    say(f"{region['county_name']}, {region['iso']}, {place}, {figure(region['elevation_m'], 0)} m")
    say(
        f"Region {ranking['region_rank']} of {ranking['regions']}, row {ranking['rank']} of {ranking['rows']:,}, "
        f"with {gathered['design']['stack_id']}"
        f"{'' if ranking['is_target_met'] else ', which misses the availability target'}"
        f"{'' if ranking.get('is_eligible', True) else ', where no site may be built tonight'}."
    )


def _why(ranking: dict[str, Any]) -> None:
    _title("Why this rank")
    say(reason(ranking), indent=2)
    rows = []
    for row in ranking["quantities"]:
        words, digits, power = _WORDS[row["quantity"]]
        here, middle, difference = (row[key] for key in ("value", "median_site_value", "difference"))
        rows.append(
            [
                words,
                *(
                    available(value) if row["quantity"] == "availability_frac" else figure(value, digits, power=power)
                    for value in (here, middle)
                ),
                figure(difference, digits, plus=True, power=power),
                f"{row['place']} of {ranking['regions']}",
            ]
        )
    columns = [Column(""), *(Column(name, is_right=True) for name in ("Here", "Median site", "Difference", "Place"))]
    points = ", ".join(
        f"{row['component']} {figure(row['difference'], 1, plus=True)}" for row in ranking["score_points"]
    )
    print_table(columns, rows, indent=2)
    say(f"Score points against the median site: {points}.", indent=2)


def reason(ranking: dict[str, Any]) -> str:
    """Return the sentence that says how the row differs from the median site in what decides the order."""
    by_name = {row["quantity"]: row for row in ranking["quantities"]}
    median_site = ranking["median_site"]
    value = by_name["value_usd_per_mw"]["difference"] / 1e6
    parts = [
        _differs(by_name["first_mw_months_p50"]["difference"], 1, "the first MW {} months {}", "sooner", "later"),
        _differs(by_name["lcoe_usd_per_mwh"]["difference"], 1, "power {} USD/MWh {}", "cheaper", "dearer"),
        _differs(
            -100 * by_name["availability_frac"]["difference"], 3, "{} points {} of the energy served", "more", "less"
        ),
    ]
    told = [part for part in parts if part]
    place = f"the median site, {median_site['region_name']} with {median_site['stack_id']}"
    if ranking["region_rank"] == (ranking["regions"] + 1) // 2:
        return f"This region is {place}."
    side = "above" if value >= 0 else "below"
    tail = "; ".join(told) if told else "no difference in speed, cost or energy served that shows"
    return f"Worth {figure(abs(value), 2)} M USD per MW of IT {side} {place}: {tail}."


def _differs(difference: float, digits: int, words: str, low: str, high: str) -> str:
    shown = figure(abs(difference), digits)
    if float(shown.replace(",", "")) == 0:
        return ""
    return words.format(shown, low if difference < 0 else high)


def design_words(design: dict[str, Any]) -> list[str]:
    """Return the parts of a design in words, one each."""
    parts = []
    if design["solar_mw"] > 0:
        parts.append(f"{figure(design['solar_mw'])} MW AC of solar")
    if design["bess_mwh"] > 0:
        parts.append(f"battery of {figure(design['bess_mw'])} MW / {figure(design['bess_mwh'])} MWh")
    if design["grid_mw"] > 0:
        parts.append(f"grid service of {figure(design['grid_mw'])} MW")
    known = technologies(Settings())
    for role in ("baseload", "firm"):
        units = design[f"{role}_units"]
        if units > 0:
            name = design[f"{role}_technology"]
            own = known.get(name)
            parts.append(f"{units} x {figure(design[f'{role}_unit_mw'], 2)} MW {own.label if own else name}")
    if design["reserve_mw"] > 0:
        parts.append(f"reserve battery of {figure(design['reserve_mw'])} MW / {figure(design['reserve_mwh'], 2)} MWh")
    return parts


def _design(design: dict[str, Any]) -> None:
    _title(f"Design ({design['design_id']})")
    say(", ".join(design_words(design)) + ".", indent=2)
    say(
        f"Capital {figure(design['capex_usd_per_kw'], 0)} USD per kW of IT; "
        f"{share(design['renewable_frac'], 0)} of the load from solar.",
        indent=2,
    )


def _cost(lcoe: dict[str, Any]) -> None:
    _title(f"LCOE {figure(lcoe['lcoe_usd_per_mwh'])} USD/MWh served at the bus")
    parts = [row for row in lcoe["components"] if abs(row["cost_usd_per_mwh"]) + abs(row["median_site"]) >= 0.05]
    longest = max((row["cost_usd_per_mwh"] for row in parts), default=1.0)
    room = max(6, width() - 62)
    rows = [
        [
            row["component"].replace("_", " "),
            figure(row["cost_usd_per_mwh"]),
            figure(row["median_site"]),
            figure(row["difference"], 1, plus=True),
            "#" * round(room * max(0.0, row["cost_usd_per_mwh"]) / longest),
        ]
        for row in parts
    ]
    total = sum(row["cost_usd_per_mwh"] for row in lcoe["components"])
    middle = sum(row["median_site"] for row in lcoe["components"])
    rows.append(["total", figure(total), figure(middle), figure(total - middle, 1, plus=True), ""])
    columns = [
        Column("USD/MWh"),
        *(Column(name, is_right=True) for name in ("Here", "Median site", "Difference")),
        Column(""),
    ]
    print_table(columns, rows, indent=2)


def _reliability(reliability: dict[str, Any]) -> None:
    _title("Reliability")
    goal = reliability["availability_target"]
    verdict = "meets" if reliability["is_target_met"] else "misses"
    aim = f", {verdict} the target of {share(goal, 2)}" if goal is not None else f", {verdict} the target"
    say(
        f"Energy served {available(reliability['availability_frac'])} %{aim}; "
        f"{share(reliability['full_service_hours_frac'], 3)} of hours fully served; "
        f"{figure(reliability['lolh_hours_per_year'])} h and {figure(reliability['eue_mwh_per_year'], 0)} MWh short "
        f"per year; {figure(reliability['interruptions_per_year'], 2)} interruptions of the whole site per year.",
        indent=2,
    )
    lost = [row for row in reliability["lost_hours_per_year"] if row["lost_hours_per_year"] >= 0.005]
    if lost:
        causes = "; ".join(
            f"{_CAUSES.get(row['cause'], row['cause'])} {figure(row['lost_hours_per_year'], 2)}" for row in lost
        )
        services = "; ".join(_service(row) for row in reliability["fuel_services"])
        say(f"Full-load hours lost per year: {causes}.{f' Gas: {services}.' if services else ''}", indent=2)
    _sampled(reliability["adequacy"])


def _service(row: dict[str, Any]) -> str:
    """Return one way to secure the gas in a few words: the chosen one in full, the others by what they change."""
    aim = "" if row["is_target_met"] else ", misses the target"
    cost = f"{figure(row['lcoe_usd_per_mwh'], 1)} USD/MWh"
    served = f"{available(row['availability_frac'])} %"
    if row["is_chosen"]:
        return f"{row['label']} is chosen, {row['firm_units']} units, {cost}, {served}{aim}"
    return f"{row['label']} {cost}, {served}{aim}"


def _sampled(found: dict[str, Any]) -> None:
    """Print what the sampled years say beside the convolution."""
    say(
        f"{found['mc_years']} sampled years: {_with_error(found, 'mc_lolh_hours_per_year', 1)} h in "
        f"{_with_error(found, 'mc_lole_events_per_year', 2)} events and {_with_error(found, 'mc_eue_mwh_per_year', 0)} "
        f"MWh short per year; in a year P50 {figure(found['mc_unserved_mwh_p50'], 0)}, "
        f"P95 {figure(found['mc_unserved_mwh_p95'], 0)}, P99 {figure(found['mc_unserved_mwh_p99'], 0)} MWh; longest "
        f"event {figure(found['mc_longest_outage_hours'], 0)} h. The battery bridges "
        f"{_with_error(found, 'mc_bridged_mwh_per_year', 0)} MWh of it per year.",
        indent=2,
    )
    if found["survives_8h_frac"] is not None:
        lengths = ", ".join(f"{hours} h {share(found[f'survives_{hours}h_frac'], 1)}" for hours in (1, 4, 8, 24))
        what = found["survival_of"].replace("_", " ")
        say(f"Rides through a loss of {what} from a random hour: {lengths}.", indent=2)


def _with_error(found: dict[str, Any], name: str, digits: int) -> str:
    """Return a sampled mean with its standard error."""
    return f"{figure(found[name], digits)} +- {figure(found[f'{name}_se'], digits)}"


def _schedule(schedule: dict[str, Any]) -> None:
    _title("Critical path to the first MW (months from the decision to build)")
    chance = ", ".join(f"{share(schedule[f'p_first_mw_{month}_months'], 0)} by {month}" for month in (12, 24, 36, 60))
    # Only what decides: a path has twenty activities, most of them never critical.
    path = [row for row in schedule["activities"] if row["on_critical_path_frac"] >= 0.05]
    room = max(20, width() - 2 - _LABEL - _RIGHT)
    last = max(schedule["full_mw_months_p90"], 1.0)
    rows = [_bar_line(row, room, last) for row in path]
    for label, key in (("First MW, P10-P50-P90", "first_mw"), ("Full, P10-P50-P90", "full_mw")):
        low, mid, high = (schedule[f"{key}_months_p{point}"] for point in (10, 50, 90))
        rows.append(_range_line(label, low, mid, high, room, last))
    head = f"{'':<{_LABEL}}{_axis(room, last)}{'on path':>9}{'saves':>8}"
    put(f"  {head}", is_bold=True)
    for row in rows:
        put(f"  {row}")
    condition = schedule["completion_probability"]
    tail = f" The grid connection is energised at all with {share(condition, 0)}." if condition < 1 else ""
    say(
        f"First MW: {chance} months.{tail} Bars run from mean start to mean finish; on path is the share of samples in "
        "which the activity decides, saves is the median gain in months if it took no time.",
        indent=2,
    )
    bought = "; ".join(
        f"{row['posture']} {figure(row['first_mw_months_p50'])} "
        f"({figure(row['first_mw_months_p10'])} to {figure(row['first_mw_months_p90'])})"
        for row in schedule["by_posture"]
    )
    ended = schedule["never_finished"]
    given_up = (
        f" Of {ended['cancelled'] + ended['finished']} real projects that ended {ended['cancelled']} were given up: "
        f"{share(ended['never_finished_frac'], 0)} never run "
        f"({share(ended['never_finished_low_frac'], 0)} to {share(ended['never_finished_high_frac'], 0)})."
        if ended
        else ""
    )
    if bought:
        say(f"First MW by posture, P50 (P10 to P90): {bought}.{given_up}", indent=2)


def _timeline(steps: list[dict[str, Any]]) -> None:
    """Print the chain that decides most often, one line per step."""
    if not steps:
        return
    _title("The chain that decides most often, step by step")
    rows = [
        [
            f"{figure(row['start_months_p50'])} - {figure(row['finish_months_p50'])}",
            f"{figure(row['finish_months_p10'])} - {figure(row['finish_months_p90'])}",
            row["description"],
            share(row["on_critical_path_frac"], 0),
        ]
        for row in steps
    ]
    columns = [
        Column("Months", is_right=True),
        Column("Done, P10-P90", is_right=True),
        Column("Step", least=24, lines=2),
        Column("Decides", is_right=True),
    ]
    print_table(columns, rows, indent=2)


def _position(months: float, room: int, last: float) -> int:
    return min(room - 1, max(0, round((room - 1) * months / last)))


def _axis(room: int, last: float) -> str:
    """Return month marks at round distances, about ten columns apart."""
    step = next(step for step in (1, 2, 3, 6, 12, 24, 36, 60, 120, 240, 1200) if step * room / last >= 7)
    marks = [" "] * (room + 4)
    for month in range(0, math.ceil(last), step):
        at = _position(month, room, last)
        marks[at : at + len(str(month))] = str(month)
    return "".join(marks)[:room]


def _bar_line(row: dict[str, Any], room: int, last: float) -> str:
    start, finish = (_position(row[f"{end}_mean_months"], room, last) for end in ("start", "finish"))
    bar = " " * start + "=" * max(1, finish - start)
    name = row["activity"].replace("_", " ")
    return (
        f"{name[: _LABEL - 1]:<{_LABEL}}{bar:<{room}}"
        f"{share(row['on_critical_path_frac'], 0):>9}{figure(row['months_saved_if_free']):>8}"
    )


def _range_line(label: str, low: float, mid: float, high: float, room: int, last: float) -> str:
    at = [_position(months, room, last) for months in (low, mid, high)]
    bar = [" "] * room
    bar[at[0] : at[2] + 1] = "-" * (at[2] - at[0] + 1)
    bar[at[0]], bar[at[2]], bar[at[1]] = "|", "|", "o"
    figures = f"{figure(low)} {figure(mid)} {figure(high)}"
    return f"{label:<{_LABEL}}{''.join(bar)}{figures:>{_RIGHT}}"


def _others(others: list[dict[str, Any]]) -> None:
    if not others:
        return
    _title("Other stacks here")
    columns = [
        Column("Stack"),
        *(Column(name, is_right=True) for name in ("Rank", "First MW", "Full", "LCOE", "Energy %", "Short h")),
        Column("CO2", is_right=True, keep=5),
        Column("MUSD/MW", is_right=True),
        Column("Target", keep=6),
    ]
    rows = [
        [
            row["stack_id"],
            str(row["rank"]),
            figure(row["first_mw_months_p50"]),
            figure(row["full_mw_months_p50"]),
            figure(row["lcoe_usd_per_mwh"]),
            available(row["availability_frac"]),
            figure(row["lolh_hours_per_year"], 0),
            figure(row["co2_kg_per_mwh"], 0),
            figure(row["value_usd_per_mw"] / 1e6, 2),
            "met" if row["is_target_met"] else "missed",
        ]
        for row in others
    ]
    print_table(columns, rows, indent=2)


def _inputs(inputs: list[dict[str, Any]]) -> None:
    _title("Inputs")
    columns = [
        Column("Input"),
        Column("Value", is_right=True),
        Column("As of"),
        Column("Age", is_right=True),
        Column("Basis and source", least=24, lines=2),
    ]
    rows = [
        [
            row["input"].replace("_", " "),
            _valued(row),
            row["as_of"] or "-",
            "-" if row["age_months"] is None else f"{figure(row['age_months'], 0)} mo",
            "; ".join(part for part in (row["basis"].replace("_", " "), row["source_title"], row["publisher"]) if part),
        ]
        for row in inputs
    ]
    print_table(columns, rows, indent=2)


def _valued(row: dict[str, Any]) -> str:
    if row["unit"] == "solar capacity factor":
        return f"CF {figure(row['value'], 3)}"
    return f"{figure(row['value'], 2)} {row['unit']}"
