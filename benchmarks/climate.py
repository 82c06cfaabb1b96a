"""How far interpolated months lie from those of climate stations left out, as the table of docs/methods/weather.md.

`python -m benchmarks.climate` prints it: every station in turn from all others, from the nearest one alone, and from
the stations of the markets alone.
"""

from __future__ import annotations

import click
import polars as pl

from pipelines.reference.load import load_reference
from pipelines.reference.regions import reference_regions
from pipelines.settings import Settings
from pipelines.weather.climate import climate_stations, cross_validated, nearest_stations

MEANS = {
    "ghi_kwh_per_m2_day": "global irradiation, kWh/m2/day",
    "dni_kwh_per_m2_day": "beam irradiation, kWh/m2/day",
    "dhi_kwh_per_m2_day": "diffuse irradiation, kWh/m2/day",
    "temperature_mean_c": "mean temperature, deg C",
    "temperature_max_c": "highest temperature, deg C",
    "temperature_min_c": "lowest temperature, deg C",
    "wind_mean_m_per_s": "wind, m/s",
}
OFFSHORE = ["AK", "HI", "GU", "PR", "VI"]


def table() -> list[str]:
    """Compute the lines of the table."""
    folder = Settings().reference_dir
    stations = load_reference("climate_stations", folder)
    months = climate_stations(stations, load_reference("climatology_monthly", folder))
    states = stations.select("station_id", "state")
    donors = nearest_stations(reference_regions(folder), stations)["station_id"].unique()
    few = cross_validated(months, donors).join(states, on="station_id").filter(~pl.col("state").is_in(OFFSHORE))
    every = cross_validated(months).join(states, on="station_id")
    near = every.filter(~pl.col("state").is_in(OFFSHORE))
    lines = [
        f"| monthly mean | stations of the markets ({len(donors)}) | nearest station | all stations | of the mean "
        "| bias | Alaska | Hawaii |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, title in MEANS.items():
        share = "" if "temperature" in name else f"{100 * _rmse(near, f'{name}_error') / near[name].mean():.0f} %"
        cells = [
            _rmse(few, f"{name}_error"),
            _rmse(near, f"{name}_nearest_error"),
            _rmse(near, f"{name}_error"),
            share,
            f"{near[f'{name}_error'].mean():+.2f}",
            *(_rmse(every.filter(pl.col("state") == state), f"{name}_error") for state in ("AK", "HI")),
        ]
        lines.append(f"| {title} | " + " | ".join(c if isinstance(c, str) else f"{c:.2f}" for c in cells) + " |")
    return lines


def _rmse(errors: pl.DataFrame, column: str) -> float:
    return float(errors.select((pl.col(column) ** 2).mean().sqrt()).item())


@click.command()
def main() -> None:
    """Print the cross-validated errors."""
    for line in table():
        click.echo(line)


if __name__ == "__main__":
    main()
