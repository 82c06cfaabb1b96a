"""Compares a release with figures that other people published, and writes docs/methods/outside_checks.md.

`python -m benchmarks.outside_checks` reads the current release of `FIRSTMW_DATA_DIR`. `outside_checks.csv` lists the
figures, the query that takes the same quantity from a release, and the bands: the source's own range, else 15 % either
side of its figure. `--save-before` writes what this release gives to `outside_checks_before.csv`, the column *before*.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
import polars as pl

from pipelines.errors import InputError, UsageError
from pipelines.reference.side_table import need_columns, read_text
from pipelines.settings import settings
from pipelines.warehouse import Release, open_release

HERE = Path(__file__).parent
CHECKS = HERE / "outside_checks.csv"
BEFORE = HERE / "outside_checks_before.csv"
PAGE = HERE.parent / "docs" / "methods" / "outside_checks.md"
# Half the width of the band where a source gives one figure and no range.
BAND_FRAC = 0.15
_TEXT = ("check_id", "topic", "quantity", "unit", "measure", "source_title", "publisher", "url", "as_of", "explanation")
_NUMBERS = ("dollar_year", "low", "mid", "high")


@dataclass(frozen=True)
class Outcome:
    """One published figure and what a release gives for it, both in the release's dollars."""

    check_id: str
    low: float
    high: float
    value: float | None

    @property
    def is_inside(self) -> bool:
        """Whether the release's figure lies in the band; a figure that the release does not have does not."""
        return self.value is not None and self.low <= self.value <= self.high


def read_checks(path: Path = CHECKS) -> pl.DataFrame:
    """Read the published figures.

    Returns
    -------
    pl.DataFrame
        One row per check: texts as in the file, `dollar_year`, `low`, `mid` and `high` as numbers or null.

    Raises
    ------
    InputError
        If a column is missing, a figure is not a number, a row has no figure, or an id occurs twice.
    """
    text = read_text(path, problem="the list of outside checks is missing", remedy="restore the file")
    need_columns(text, [*_TEXT, *_NUMBERS], str(path), remedy="add the column and run again")
    checks = text.with_columns(
        *(pl.col(name).fill_null("") for name in _TEXT),
        *(pl.col(name).str.strip_chars().replace("", None).cast(pl.Float64, strict=False) for name in _NUMBERS),
    )
    for column in _NUMBERS:
        unread = (checks[column].is_null() & text[column].fill_null("").str.strip_chars().ne("")).arg_true()
        if len(unread):
            row = int(unread[0])
            raise InputError(f"value {text[column][row]!r} is not a number", file=str(path), row=row + 2, column=column)
    bare = checks.select(pl.all_horizontal(pl.col("low", "mid", "high").is_null())).to_series().arg_true()
    if len(bare):
        raise InputError("the check has no published figure", file=str(path), row=int(bare[0]) + 2, column="mid")
    repeated = checks.select(~pl.col("check_id").is_first_distinct()).to_series().arg_true()
    if len(repeated):
        raise InputError("the id occurs twice", file=str(path), row=int(repeated[0]) + 2, column="check_id")
    return checks


def band(
    low: float | None,
    mid: float | None,
    high: float | None,
    dollar_year: float | None,
    *,
    to_year: int,
    escalation: float,
) -> tuple[float, float]:
    """Compute the band of a published figure in dollars of `to_year`.

    Parameters
    ----------
    low, mid, high : float | None
        The figure as published; a range where low and high are given, else `BAND_FRAC` either side of the one figure.
    dollar_year : float | None
        Year of its dollars; None where it is not money or is nominal, and then it does not move.
    to_year : int
        Dollar year of the release (setting `dollar_year`).
    escalation : float
        Growth of prices per year (setting `cost_escalation_per_year`).
    """
    if low is not None and high is not None:
        bounds = (low, high)
    else:
        figure = next(value for value in (mid, low, high) if value is not None)
        bounds = (figure - BAND_FRAC * abs(figure), figure + BAND_FRAC * abs(figure))
    factor = 1.0 if dollar_year is None else (1 + escalation) ** (to_year - dollar_year)
    return bounds[0] * factor, bounds[1] * factor


def evaluate(checks: pl.DataFrame, release: Release) -> list[Outcome]:
    """Take every checked quantity from a release.

    A release that does not have a column or table of a query has no figure for it: its value is None.

    Raises
    ------
    UsageError
        If a query gives more than one figure.
    """
    chosen = settings()
    outcomes = []
    for row in checks.iter_rows(named=True):
        try:
            answer = release.query(row["measure"])
        except UsageError:
            answer = pl.DataFrame({"value": [None]})
        if answer.shape != (1, 1):
            raise UsageError(f"the query of outside check {row['check_id']} gives {answer.shape}, not one figure.")
        value = answer.item()
        low, high = band(
            *(row[name] for name in ("low", "mid", "high", "dollar_year")),
            to_year=chosen.dollar_year,
            escalation=chosen.cost_escalation_per_year,
        )
        outcomes.append(Outcome(row["check_id"], low, high, None if value is None else float(value)))
    return outcomes


def shown(value: float | None) -> str:
    """Format a figure with three significant digits, whole above a thousand."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def page(checks: pl.DataFrame, outcomes: list[Outcome], before: dict[str, float], names: tuple[str, str]) -> str:
    """Write the page: a summary and one row per check.

    Parameters
    ----------
    checks : pl.DataFrame
        As `read_checks` gives them.
    outcomes : list[Outcome]
        One per check, same order.
    before : dict[str, float]
        Figures of the release compared with, by check id.
    names : tuple[str, str]
        Run ids of the release compared with and of this one.
    """
    by_before = {
        outcome.check_id: Outcome(outcome.check_id, outcome.low, outcome.high, before.get(outcome.check_id))
        for outcome in outcomes
    }
    inside = sum(outcome.is_inside for outcome in outcomes)
    was_inside = sum(outcome.is_inside for outcome in by_before.values())
    lines = [
        "# Outside checks",
        "",
        "Figures that other people published, and the same quantity in a release. Written by `make outside` from",
        "`benchmarks/outside_checks.csv`, which holds the queries, the sources and the explanations. A band is the",
        f"source's own range, else {100 * BAND_FRAC:.0f} % either side of its figure; all in the release's dollars.",
        "",
        f"Inside: {inside} of {len(outcomes)} in release {names[1]}, {was_inside} in release {names[0]} (*before*).",
        "",
        "| quantity | unit | band | before | now | inside | source | explanation |",
        "|---|---|---|---|---|---|---|---|",
    ]
    topic = ""
    for row, outcome in zip(checks.iter_rows(named=True), outcomes, strict=True):
        if row["topic"] != topic:
            topic = row["topic"]
            lines.append(f"| **{topic}** | | | | | | | |")
        old = by_before[outcome.check_id]
        source = f"{row['publisher']}, {row['as_of']}"
        explanation = row["explanation"] if not outcome.is_inside else ""
        lines.append(
            f"| {row['quantity']} | {row['unit']} | {shown(outcome.low)} to {shown(outcome.high)} "
            f"| {shown(old.value)}{'' if old.is_inside else ' (out)'} | {shown(outcome.value)} "
            f"| {'yes' if outcome.is_inside else 'no'} | {source} | {explanation} |"
        )
    return "\n".join([*lines, ""])


def _read_before(path: Path) -> tuple[str, dict[str, float]]:
    """Read the figures compared with: run id and value by check id."""
    if not path.exists():
        return "none", {}
    frame = pl.read_csv(path, schema={"check_id": pl.String, "value": pl.Float64, "run_id": pl.String})
    return frame["run_id"][0], dict(frame.drop_nulls("value").select("check_id", "value").iter_rows())


@click.command()
@click.option("--save-before", is_flag=True, help="Write what this release gives as the figures to compare with.")
@click.option("--table", type=click.Path(path_type=Path), default=PAGE, show_default=True, help="Page to write.")
def main(*, save_before: bool, table: Path) -> None:
    """Compare the current release with published figures."""
    checks = read_checks()
    with open_release(settings().data_dir) as release:
        outcomes = evaluate(checks, release)
        run_id = release.info.run_id
    if save_before:
        pl.DataFrame(
            {
                "check_id": [outcome.check_id for outcome in outcomes],
                "value": [outcome.value for outcome in outcomes],
                "run_id": [run_id] * len(outcomes),
            }
        ).write_csv(BEFORE)
    before_id, before = _read_before(BEFORE)
    table.write_text(page(checks, outcomes, before, (before_id, run_id)), encoding="utf-8")
    inside = sum(outcome.is_inside for outcome in outcomes)
    click.echo(f"{inside} of {len(outcomes)} published figures agree with release {run_id}; see {table}.")


if __name__ == "__main__":
    main()
