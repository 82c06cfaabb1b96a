"""What makes the value of one stack differ between regions: shares of the variance by cause, from published releases.

`python -m benchmarks.variance_by_cause RELEASE...` prints one table per release folder (the one that holds
`firstmw.duckdb`), with the spread of the levelised cost beside it.

Value = years online x net earnings of a year. Each cause's part of a row is what it alone moves the value by, from the
mean of the stack, at the means of everything else; its share is the covariance of that part with the value over the
variance of the value, so the shares sum to one with what is left over (products of causes, and what has no column).
"""

from __future__ import annotations

from pathlib import Path

import click
import duckdb
import numpy as np
import polars as pl

CAUSES = ("gas_price", "fuel_burnt", "carbon", "plant", "upkeep", "grid_energy", "speed", "availability", "left_over")
_OF_COMPONENT = {
    "fuel": "fuel",
    "fuel_service": "upkeep",
    "carbon": "carbon",
    "grid_energy": "grid_energy",
    "large_load_terms": "grid_energy",
} | (dict.fromkeys(("fixed_om", "variable_om"), "upkeep"))


def sites(folder: Path) -> pl.DataFrame:
    """Read the rows that meet the target, with their levelised cost by cause (USD/MWh)."""
    with duckdb.connect(str(folder / "firstmw.duckdb"), read_only=True) as release:
        ranked = release.sql("select * from ranked_sites where is_target_met order by region_id, stack_id").pl()
        parts = release.sql("select * from lcoe_components order by region_id, stack_id, component_order").pl()
    parts = (
        parts.with_columns(pl.col("component").replace_strict(_OF_COMPONENT, default="plant").alias("cause"))
        .group_by("region_id", "stack_id", "cause", maintain_order=True)
        .agg(pl.col("cost_usd_per_mwh").sum())
        .pivot("cause", index=["region_id", "stack_id"], values="cost_usd_per_mwh")
    )
    return ranked.join(parts, on=["region_id", "stack_id"], how="left", maintain_order="left")


def shares(rows: pl.DataFrame) -> dict[str, float]:
    """Return the share of each cause in the variance of the value of the rows of one stack."""
    cost = {name: rows[name].to_numpy() for name in ("fuel", "carbon", "plant", "upkeep", "grid_energy")}
    price = rows["gas_level_usd_per_mmbtu"].to_numpy()
    value, years = rows["value_usd_per_mw"].to_numpy(), rows["online_years_discounted"].to_numpy()
    available, net = rows["availability_frac"].to_numpy(), rows["net_usd_per_mw_year"].to_numpy()
    bus_mwh = (rows["power_usd_per_mw_year"] / rows["lcoe_usd_per_mwh"]).to_numpy()
    per_usd = -years.mean() * available.mean() * bus_mwh.mean()
    burnt = cost["fuel"] / price
    parts = {
        "gas_price": per_usd * burnt.mean() * price,
        "fuel_burnt": per_usd * price.mean() * burnt,
        **{name: per_usd * cost[name] for name in ("carbon", "plant", "upkeep", "grid_energy")},
        "speed": net.mean() * years,
        "availability": years.mean() * available * (net / available).mean(),
    }
    parts["left_over"] = value - sum(parts.values())
    around = value - value.mean()
    return {name: float(np.mean((part - part.mean()) * around) / np.mean(around**2)) for name, part in parts.items()}


@click.command()
@click.argument("releases", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(releases: tuple[Path, ...]) -> None:
    """Print the shares of every stack that burns fuel."""
    for folder in releases:
        found = sites(folder)
        click.echo(f"\n{folder}\n\n| stack | rows | USD/MWh | USD/MMBtu | {' | '.join(CAUSES)} |")
        click.echo("|---" * (4 + len(CAUSES)) + "|")
        burning = found.filter(pl.col("fuel") > 0)
        for stack in burning["stack_id"].unique().sort():
            rows = burning.filter(pl.col("stack_id") == stack)
            if rows.height < 3:
                continue
            spread = [
                f"{rows[name].min():.{digits}f}-{rows[name].max():.{digits}f}"
                for name, digits in (("lcoe_usd_per_mwh", 0), ("gas_level_usd_per_mmbtu", 2))
            ]
            of_cause = shares(rows)
            figures = [f"{100.0 * of_cause[name]:.1f} %" for name in CAUSES]
            click.echo(f"| {' | '.join([stack, str(rows.height), *spread, *figures])} |")


if __name__ == "__main__":
    main()
