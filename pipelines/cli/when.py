"""`firstmw when`: months to power of one region as its equipment is bought and with what is there already."""

from __future__ import annotations

from typing import Any

import click
import numpy as np
import polars as pl

from pipelines.cli.numbers import Number
from pipelines.cli.output import Column, echo_json, figure, print_table, put, say, share
from pipelines.cli.reading import Reading, choose_name, choose_region, choose_stack, common_options, reading
from pipelines.contracts.permits import PERMIT_CLASSES
from pipelines.contracts.procurement import PATHS, POSTURES
from pipelines.errors import UsageError
from pipelines.places.permit_durations import minor_id, mixed_id, registration_id
from pipelines.reference.load import load_reference
from pipelines.settings import Settings
from pipelines.timeline.acceleration import Site, Step, accelerate
from pipelines.timeline.buying import Buying, activities_of_premises
from pipelines.timeline.draws import TIMELINE_SEED
from pipelines.timeline.one_site import SiteMonths, months_of_site, scaled_design
from pipelines.timeline.paths import CLASSES
from pipelines.timeline.premiums import Plant
from pipelines.timeline.rows import site_cases

_EPILOG = """\b
Examples:
  firstmw when abilene_tx                                  the region's best stack, bought as the posture says
  firstmw when abilene_tx --stack fuel_cell --mw 5 --posture framework
  firstmw when abilene_tx --path firm_delivery=rental --premise gas_ready
  firstmw when abilene_tx --hold unit_transformers=1 --hold mv_switchgear=0

\b
Months count from the decision to build with money committed, a held item from the signed contract. A path is a row of
procurement_paths; what no path is named for is bought as posture_paths says. A premise is met: what it covers takes no
time. The design is the published one, scaled to --mw.
"""
_NET = "net_usd_per_mw_year"
_DESIGN = ("stack_id", "firm_technology", "firm_units", "firm_unit_mw", "solar_mw", "bess_mwh", "reserve_mwh")


@click.command(epilog=_EPILOG)
@click.argument("region")
@click.option("--stack", metavar="STACK", help="Power stack; default the region's best.")
@click.option("--mw", "it_mw", type=Number(min=0, min_open=True), help="IT load of the site (MW); default site_it_mw.")
@click.option("--posture", help="new_order, open or framework; default FIRSTMW_POSTURE.")
@click.option("--path", "paths", multiple=True, metavar="CLASS=PATH", help="Buy a class this way (repeatable).")
@click.option("--hold", "holds", multiple=True, metavar="CLASS=MONTHS", help="A slot or item held (repeatable).")
@click.option("--premise", "premises", multiple=True, metavar="NAME", help="What is there already (repeatable).")
@click.option("--permit-class", help="Class of the air permit, whatever place and plant say.")
@common_options
def when(region: str, **options: Any) -> int:
    """Say when the first megawatt, 5 MW and all of a site can run, and what holds them up."""
    settings = Settings()
    with reading(options) as release:
        known = choose_region(release, region)
        row = _design_of(release, known, options["stack"])
        buying = _buying(options, settings)
        place = release.query("select * from regions where region_id = $region", {"region": known})
        if options["permit_class"]:
            buying = _with_permit(buying, options["permit_class"], str(place["state"][0]))
        it_mw = options["it_mw"] or settings.site_it_mw
        design = scaled_design(row, it_mw, settings)
        settings = settings.model_copy(update={"site_it_mw": it_mw})
        used = release.query("select * from lead_times")
        policy = load_reference("policy", settings.reference_dir)
        found = months_of_site(place, design, used, policy, settings, TIMELINE_SEED, buying)
        steps = _faster(place, design, used, policy, settings, buying)
        header = release.header()
        answer = {
            "region_id": known,
            "stack_id": row["stack_id"],
            "it_mw": it_mw,
            "posture": buying.posture,
            **_months(found, it_mw, settings),
            "path": dict(found.row.paths),
            "bridge": None,
            "binding": found.binding(),
            "accelerations": [step._asdict() for step in steps],
            "as_of": header["as_of"],
            "run_id": header["run_id"],
        }
        if options["as_json"]:
            echo_json(answer)
        else:
            _show(answer)
            say(release.footer(), is_dim=True)
        return release.exit_code()


def _design_of(release: Reading, region: str, stack: str | None) -> dict[str, Any]:
    rows = release.query(
        f"select {', '.join(_DESIGN)}, {_NET}, design_id, is_region_best from ranked_sites where region_id = $region",
        {"region": region},
    )
    if stack is None:
        row = rows.filter("is_region_best").row(0, named=True)
    else:
        wanted = choose_stack(release, sorted(rows["stack_id"]), stack.lower())
        row = rows.row(by_predicate=pl.col("stack_id") == wanted, named=True)
    run = release.one(
        "select avg(firm_mwh order by weather_year) as firm_mwh from dispatch_annual "
        "where region_id = $region and design_id = $design",
        {"region": region, "design": row["design_id"]},
    )
    return {name: row[name] for name in (*_DESIGN, _NET)} | run


def _buying(options: dict[str, Any], settings: Settings) -> Buying:
    posture = choose_name("posture", POSTURES, options["posture"] or settings.posture)
    known = sorted(activities_of_premises())
    paths = [_pair(text, "--path", "PATH") for text in options["paths"]]
    holds = [_pair(text, "--hold", "MONTHS") for text in options["holds"]]
    return Buying(
        posture,
        tuple((name, choose_name("path", PATHS, path)) for name, path in paths),
        tuple((name, _held_months(name, text)) for name, text in holds),
        frozenset(choose_name("premise", known, name) for name in options["premises"]),
        settings.compute_ready_months,
    )


def _pair(text: str, option: str, value: str) -> tuple[str, str]:
    name, equals, given = text.partition("=")
    if not equals or not given:
        raise UsageError(f"{option} {text!r} is not of the form CLASS={value}.")
    return choose_name("class", CLASSES, name.strip()), given.strip()


def _held_months(name: str, text: str) -> float:
    try:
        months = float(text)
    except ValueError:
        months = -1.0
    if not 0.0 <= months < 1e4:
        raise UsageError(f"--hold {name}={text}: {text!r} is no number of months from 0 to 10,000.")
    return months


def _with_permit(buying: Buying, permit_class: str, state: str) -> Buying:
    """Return the purchase with the months of a permit class in a state."""
    choose_name("permit class", PERMIT_CLASSES, permit_class)
    permit = {
        "registration": registration_id(state),
        "minor": minor_id(state),
        "synthetic_minor": minor_id(state),
        "major_psd": mixed_id(state, "major", 0),
        "nonattainment_nsr": mixed_id(state, "nsr", 0),
    }.get(permit_class, "no_combustion_plant")
    needs_application = permit_class not in {"none", "exempt", "registration"}
    application = "air_permit_application" if needs_application else "no_combustion_plant"
    return buying.with_variants((("air_permit", permit), ("air_permit_application", application)))


def _months(found: SiteMonths, it_mw: float, settings: Settings) -> dict[str, float | None]:
    rows: dict[str, Any] = {
        "first_mw": found.points(found.first),
        "mw_5": (None, None, None),
        "full_mw": found.points(found.full),
    }
    if it_mw >= 5.0:
        module = int(np.ceil(5.0 / settings.module_mw - 1e-9)) - 1
        rows["mw_5"] = tuple(float(value) for value in found.modules[:, min(module, found.modules.shape[1] - 1)])
    return {
        f"{name}_months_p{point}": values[place]
        for name, values in rows.items()
        for place, point in enumerate((10, 50, 90))
    }


def _faster(
    place: pl.DataFrame,
    design: dict[str, Any],
    used: pl.DataFrame,
    policy: pl.DataFrame,
    settings: Settings,
    buying: Buying,
) -> list[Step]:
    chosen = pl.DataFrame([{**design, "region_id": place["region_id"][0]}])
    (case,) = site_cases(place, chosen, policy, settings)
    site = Site(case, Plant.of(design, case.case, settings), design["net_usd_per_mw_year"])
    (steps,) = accelerate([site], used, policy, settings, TIMELINE_SEED, buying)
    return steps


def _show(answer: dict[str, Any]) -> None:
    title = f"{answer['region_id']}, {answer['stack_id']}, {answer['it_mw']:g} MW of IT, posture {answer['posture']}"
    put(title)
    columns = [Column("Months to"), *(Column(f"P{point}", is_right=True) for point in (10, 50, 90))]
    named = (("first MW", "first_mw"), ("5 MW", "mw_5"), ("full", "full_mw"))
    rows = [
        [label, *(figure(answer[f"{name}_months_p{point}"]) for point in (10, 50, 90))]
        for label, name in named
        if answer[f"{name}_months_p50"] is not None
    ]
    print_table(columns, rows)
    put("")
    print_table([Column("Class"), Column("Bought by")], [list(pair) for pair in answer["path"].items()])
    put("")
    binding = [[row["activity"], share(row["criticality_frac"])] for row in answer["binding"]]
    print_table([Column("Held up by"), Column("Share of the months", is_right=True)], binding)
    taken = [step for step in answer["accelerations"] if step["is_taken"]]
    if taken:
        put("")
        put("Bought faster, the step worth most first; a premium that nobody publishes is marked *")
        columns = [Column("Class"), Column("From"), Column("To"), Column("Months saved", is_right=True)]
        columns += [Column(name, is_right=True) for name in ("Worth up to, USD/MW", "Premium, USD/MW")]
        print_table(columns, [_step_row(step) for step in taken])


def _step_row(step: dict[str, Any]) -> list[str]:
    mark = "*" if step["is_cost_assumed"] else ""
    return [
        step["equipment_class"],
        step["from_path"],
        step["to_path"],
        figure(step["months_saved_p50"]),
        figure(step["break_even_usd_per_mw"], 0),
        f"{figure(step['cost_usd_per_mw'], 0)}{mark}",
    ]
