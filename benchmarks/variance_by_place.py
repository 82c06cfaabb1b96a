"""What tells regions apart, stack by stack: distinct months, and shares of the variance of value, from a release.

`python -m benchmarks.variance_by_place RELEASE [--write docs/methods/place.md]` prints two tables in Markdown, or puts
them between the markers of a page.

Value = discounted years online x net earnings of a year. The years are fitted by least squares on the durations that
follow from the place (air permit, gas lateral, grid connection), each an indicator: the fitted part of each is what it
moves. The levelised cost is split by component; of the capital of a plant with sun, what a straight line in the
solar capacity factor explains is the sun's. Each cause moves the value at the means of everything else; its share is
the covariance of that part with the value over the variance of the value, so that the shares of a stack sum to one with
what is left over.
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]
CAUSES = ("gas", "permit", "lateral", "capital", "sun", "grid power", "other months", "left over")
_ACTIVITIES = {"permit": "air_permit", "lateral": "gas_lateral", "grid power": "grid_connection"}
_COMPONENTS = {
    **dict.fromkeys(("fuel", "carbon"), "gas"),
    "lateral_capital": "lateral",
    **dict.fromkeys(("grid_energy", "large_load_terms", "grid_capital"), "grid power"),
}
BEGIN, END = "<!-- variance by place: begin -->", "<!-- variance by place: end -->"
_FEWEST = 10


def rows_of(folder: Path) -> pl.DataFrame:
    """Read the eligible rows that meet the target, with cost by cause (USD/MWh) and the durations of their place."""
    with duckdb.connect(str(folder / "firstmw.duckdb"), read_only=True) as release:
        ranked = release.sql(
            "select s.*, r.solar_capacity_factor_frac from ranked_sites s join regions r using (region_id) "
            "where s.is_target_met and s.is_eligible order by stack_id, region_id"
        ).pl()
        parts = release.sql("select * from lcoe_components order by region_id, stack_id, component_order").pl()
        path = release.sql("select region_id, stack_id, activity, duration_id from critical_path").pl()
    key = ["region_id", "stack_id"]
    costs = (
        parts.with_columns(pl.col("component").replace_strict(_COMPONENTS, default="capital").alias("cause"))
        .group_by(*key, "cause", maintain_order=True)
        .agg(pl.col("cost_usd_per_mwh").implode().list.sum())
        .pivot("cause", index=key, values="cost_usd_per_mwh")
    )
    for cause, activity in _ACTIVITIES.items():
        own = path.filter(pl.col("activity") == activity).select(*key, pl.col("duration_id").alias(f"{cause}_duration"))
        ranked = ranked.join(own, on=key, how="left", maintain_order="left")
    return ranked.join(costs, on=key, how="left", suffix="_cost", maintain_order="left")


def shares(rows: pl.DataFrame) -> dict[str, float]:
    """Compute the share of each cause in the variance of the value of one stack's rows."""
    value, years = rows["value_usd_per_mw"].to_numpy(), rows["online_years_discounted"].to_numpy()
    available, net = rows["availability_frac"].to_numpy(), rows["net_usd_per_mw_year"].to_numpy()
    bus_mwh = (rows["power_usd_per_mw_year"] / rows["lcoe_usd_per_mwh"]).to_numpy()
    per_usd = -years.mean() * available.mean() * bus_mwh.mean()
    parts = dict.fromkeys(CAUSES, np.zeros(len(value)))
    for cause in ("gas", "lateral", "capital", "grid power"):
        parts[cause] = per_usd * rows[cause].fill_null(0.0).to_numpy()
    if (rows["solar_mw"] > 0.0).any():
        explained = per_usd * _line(rows["solar_capacity_factor_frac"].to_numpy(), rows["capital"].to_numpy())
        parts["sun"], parts["capital"] = explained, parts["capital"] - explained
    fitted = _fitted(years, {cause: rows[f"{cause}_duration"] for cause in _ACTIVITIES})
    for cause, moved in fitted.items():
        parts[cause] = parts[cause] + net.mean() * moved
    parts["other months"] = net.mean() * (years - sum(fitted.values()))
    parts["left over"] = value - sum(parts.values())
    around = value - value.mean()
    return {name: float(np.mean((part - part.mean()) * around) / np.mean(around**2)) for name, part in parts.items()}


def _line(x: Array, y: Array) -> Array:
    """Fit y on a straight line in x."""
    design = np.stack([np.ones_like(x), x], axis=1)
    return np.asarray(design @ np.linalg.lstsq(design, y, rcond=None)[0])


def _fitted(years: Array, durations: dict[str, pl.Series]) -> dict[str, Array]:
    """Fit the years on one indicator per duration, jointly; the part of each cause, shape (n_rows,)."""
    columns, owners = [], []
    for cause, names in durations.items():
        for name in sorted(set(names.drop_nulls()))[1:]:
            columns.append((names == name).fill_null(False).to_numpy().astype(np.float64))
            owners.append(cause)
    if not columns:
        return {}
    design = np.stack([np.ones(len(years)), *columns], axis=1)
    weights = np.linalg.lstsq(design, years, rcond=None)[0][1:]
    return {
        cause: np.asarray(sum(w * c for w, c, own in zip(weights, columns, owners, strict=True) if own == cause))
        for cause in dict.fromkeys(owners)
    }


def tables(found: pl.DataFrame) -> str:
    """Write both tables in Markdown: months by stack, and shares of the variance of value."""
    months = [
        "| stack | regions | distinct months, to 0.1 | first MW, P50 | air permit, P50 | lateral, km |",
        "|---" * 6 + "|",
    ]
    variance = [f"| stack | {' | '.join(CAUSES)} |", "|---" * (1 + len(CAUSES)) + "|"]
    for stack in found["stack_id"].unique().sort():
        rows = found.filter(pl.col("stack_id") == stack)
        if rows.height < _FEWEST:
            continue
        first = rows["first_mw_months_p50"]
        spans = [_span(rows[name]) for name in ("first_mw_months_p50", "air_permit_months_p50", "gas_lateral_km")]
        months.append(f"| {stack} | {rows.height} | {first.round(1).n_unique()} | {' | '.join(spans)} |")
        of_cause = shares(rows)
        variance.append(f"| {stack} | {' | '.join(f'{round(100.0 * of_cause[name]) + 0} %' for name in CAUSES)} |")
    return "\n".join([*months, "", *variance])


def _span(values: pl.Series) -> str:
    """Write the range of a column; a dash where nothing is known."""
    known = values.drop_nulls()
    return f"{known.min():.1f} to {known.max():.1f}" if len(known) else "-"


@click.command()
@click.argument("release", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--write", "page", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Page to update.")
def main(release: Path, page: Path | None) -> None:
    """Print what tells regions apart, or put it between the markers of a page."""
    made = tables(rows_of(release))
    if page is None:
        click.echo(made)
        return
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
