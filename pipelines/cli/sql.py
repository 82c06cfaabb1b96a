"""`firstmw sql`: any SELECT on the published release, read-only."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from pipelines.cli.output import echo_json, plain, print_frame, put, records, say
from pipelines.cli.reading import SQL_DIR, choose_name, common_options, reading
from pipelines.errors import UsageError

_EPILOG = """\b
Examples:
  firstmw sql "show tables"
  firstmw sql "describe ranked_sites"
  firstmw sql "select state, min(lcoe_usd_per_mwh) as cheapest from ranked_sites where is_target_met group by state"
  firstmw sql "from rank_sites(speed := 2, carbon := 1, state := 'TX') limit 10"
  firstmw sql "from explain_site('abilene_tx')"
  firstmw sql --list                       questions that come ready-made
  firstmw sql --query fastest_regions      one of them
  firstmw sql --file my.sql --csv > out.csv

The release is opened read-only: no statement can change it, read other files or reach the network.
"""


@click.command(epilog=_EPILOG)
@click.argument("statement", required=False)
@click.option("--file", "path", type=click.Path(dir_okay=False), help="Read the statement from a file; - for stdin.")
@click.option("--query", "question", metavar="NAME", help="Run a ready-made question; --list names them.")
@click.option("--list", "is_list", is_flag=True, help="List the ready-made questions.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=0), help="Rows to print; 0 for all.")
@click.option("--csv", "as_csv", is_flag=True, help="Write all rows as CSV.")
@common_options
def sql(
    statement: str | None,
    path: str | None,
    question: str | None,
    is_list: bool,
    limit: int,
    as_csv: bool,
    **options: Any,
) -> int:
    """Run one SQL STATEMENT on the release."""
    if sum(bool(given) for given in (statement, path, question, is_list)) != 1:
        raise UsageError("give one of: a statement, --file, --query or --list; see `firstmw sql --help`.")
    if as_csv and options["as_json"]:
        raise UsageError("--csv and --json are two formats; choose one.")
    if is_list:
        return _list(**options)
    with reading(options) as release:
        frame = release.user_query(statement or _text(path, question))
        if options["as_json"]:
            columns = [{"name": name, "type": str(kind)} for name, kind in frame.schema.items()]
            echo_json({"release": release.header(), "columns": columns, "rows": records(frame)})
        elif as_csv:
            click.echo(frame.write_csv(), nl=False)
        else:
            print_frame(frame, limit=limit)
        return release.exit_code()


def cookbook() -> dict[str, tuple[str, Path]]:
    """Return name to (question in plain words, file) of every ready-made query, in the order of the names."""
    found = {}
    for path in sorted((SQL_DIR / "queries").glob("*.sql")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        found[path.stem] = (first.removeprefix("--").strip(), path)
    return found


def _list(*, as_json: bool, **_others: Any) -> int:
    questions = cookbook()
    if as_json:
        echo_json({"queries": plain([{"name": name, "question": text} for name, (text, _) in questions.items()])})
    else:
        for name, (text, _path) in questions.items():
            put(name, is_bold=True)
            say(text, indent=2)
    return 0


def _text(path: str | None, question: str | None) -> str:
    if question:
        questions = cookbook()
        return questions[choose_name("query", list(questions), question)][1].read_text(encoding="utf-8")
    if path == "-":
        return sys.stdin.read()
    file = Path(path or "")
    if not file.is_file():
        raise UsageError(f"the file {file} does not exist; check --file.")
    return file.read_text(encoding="utf-8")
