"""What every reading subcommand shares: the open release, its header, names checked with suggestions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import click
import polars as pl

from pipelines.cli.which import release_option
from pipelines.errors import UsageError
from pipelines.input_families import ages_in_words
from pipelines.settings import Settings
from pipelines.warehouse import Release, open_release

SQL_DIR = Path(__file__).parents[2] / "sql"
EXIT_STALE = 3
_NO_TABLE = re.compile(r"Table with name (\S+) does not exist")


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every subcommand that reads one release."""
    return release_option(folder_options(command))


def folder_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every subcommand about releases has."""
    command = click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Data folder that holds the releases; default FIRSTMW_DATA_DIR, else data.",
    )(command)
    return click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")(command)


class Reading:
    """An open release as the subcommands see it."""

    def __init__(self, release: Release) -> None:
        self._release = release

    @property
    def tables(self) -> dict[str, int]:
        """Return published table names to their rows, in the order of the names."""
        return dict(sorted(self._release.tables().items()))

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Return the rows of one statement of the product's own."""
        return self._release.query(sql, params)

    def one(self, sql: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the only row of a statement."""
        return self.query(sql, params).row(0, named=True)

    def user_query(self, sql: str) -> pl.DataFrame:
        """Return the rows of a user's statement; a table that does not exist is answered with close names.

        Raises
        ------
        UsageError
            If the statement does not run, in one sentence.
        """
        try:
            return self._release.query(sql)
        except UsageError as error:
            missing = _NO_TABLE.search(str(error))
            if missing is None:
                raise
            choose_name("table", list(self.tables), missing.group(1))
            raise

    def scan(self, table: str) -> pl.LazyFrame:
        """Return a published table from its Parquet file, rows in the order of its key."""
        return pl.scan_parquet(self._release.parquet(table), glob=False)

    @cached_property
    def _status(self) -> dict[str, Any]:
        return self.one(
            "select count(*) filter (where profile <> 'snapshot') as sources, "
            "count(*) filter (where is_stale and profile <> 'snapshot') as stale, "
            "count(*) filter (where profile not in ('reference', 'user_file', 'snapshot')) as fetched from data_status"
        )

    @property
    def is_stale(self) -> bool:
        """Return whether an input of the release is staler than was wanted."""
        return bool(self._status["stale"])

    def header(self) -> dict[str, Any]:
        """Return what every JSON answer says about the release it was read from."""
        info = self._release.info
        return {
            "run_id": info.run_id,
            "as_of": info.as_of,
            "published_at_utc": info.published_at_utc,
            "profile": "live" if self._status["fetched"] else "reference",
            "is_stale": self.is_stale,
            "path": str(info.path),
            "names": list(info.names),
            "scope": info.scope,
            **({"what_if": info.what_if} if info.what_if else {}),
        }

    def freshness(self) -> str:
        """Return one clause on how old the inputs are."""
        status = self._status
        ages = ages_in_words(self.query("select family, profile, data_through_utc from data_status").to_dicts())
        return f"{status['stale']} of {status['sources']} sources are stale; {ages}" if self.is_stale else ages

    def footer(self) -> str:
        """Return the sentence that stands under a table."""
        info = self._release.info
        name = f" ({', '.join(info.names)})" if info.names else ""
        stale = ", STALE inputs" if self.is_stale else ""
        part = f", only {info.part}" if info.part else ""
        what_if = f", what-if {', '.join(info.what_if)}" if info.what_if else ""
        return f"Release {info.run_id}{name}, as of {info.as_of}{stale}{part}{what_if}."

    def exit_code(self) -> int:
        """Return 3 where the answer rests on stale inputs, and say so on stderr, else 0."""
        if not self.is_stale:
            return 0
        click.echo(f"firstmw: served, but {self.freshness()}; see `firstmw status`.", err=True)
        return EXIT_STALE


@contextmanager
def reading(options: Mapping[str, Any]) -> Iterator[Reading]:
    """Open the release that the options name, else the current one, of the data folder they or the environment name."""
    folder = options.get("data_dir") or Settings().data_dir
    with open_release(folder, options.get("wanted")) as release:
        yield Reading(release)


def choose_name(kind: str, names: Sequence[str], wanted: str) -> str:
    """Return the name if it is known, else raise with the closest ones.

    Raises
    ------
    UsageError
        If it is not among the names.
    """
    if wanted in names:
        return wanted
    raise UsageError(f"there is no {kind} {wanted!r}; {_suggestion(kind, names, wanted)}.")


def choose_stack(release: Reading, known: Sequence[str], wanted: str) -> str:
    """Return the stack that an id names, also the one that it had in an earlier release, with a warning then.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if wanted not in known and "former_stack_id" in release.query("select * from stacks limit 0").columns:
        former = release.query("select stack_id from stacks where former_stack_id = $wanted", {"wanted": wanted})
        if former.height:
            present = str(former["stack_id"][0])
            warn_of_former_id(wanted, present)
            return choose_name("stack", known, present)
    return choose_name("stack", known, wanted)


def warn_of_former_id(former: str, present: str) -> None:
    """Say on stderr what a stack is called now."""
    click.echo(
        f"firstmw: the stack {former} is now {present}; its former id goes with the next schema version.", err=True
    )


def choose_region(release: Reading, wanted: str) -> str:
    """Return the region id that an id, a name, or the unmistakable beginning of one stands for.

    Raises
    ------
    UsageError
        If none or several do; names the close ones.
    """
    rows = release.query("select distinct region_id, region_name, state from ranked_sites order by region_id").rows()
    key = wanted.strip().lower()
    spellings = {
        region_id: {region_id.lower(), name.lower(), f"{name}, {state}".lower()} for region_id, name, state in rows
    }
    exact = [region_id for region_id, forms in spellings.items() if key in forms]
    begun = [region_id for region_id, forms in spellings.items() if key and any(form.startswith(key) for form in forms)]
    for found in (exact, begun):
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{wanted!r} may be {_listed(found)}; give one of these ids.")
    by_form = {form: region_id for region_id, forms in spellings.items() for form in forms}
    close = difflib.get_close_matches(key, list(by_form), n=5, cutoff=0.55)
    near = list(dict.fromkeys(by_form[form] for form in close))
    near += [region_id for region_id, forms in spellings.items() if key and any(key in form for form in forms)]
    near = list(dict.fromkeys(near))[:5]
    hint = f"did you mean {_listed(near)}?" if near else '`firstmw sql "from regions"` lists them.'
    raise UsageError(f"there is no region {wanted!r}; {hint}")


def _suggestion(kind: str, names: Sequence[str], wanted: str) -> str:
    close = difflib.get_close_matches(wanted, names, n=4, cutoff=0.6)
    if close:
        return f"did you mean {_listed(close)}"
    return f"choose one of {', '.join(names)}" if len(names) <= 60 else f"{len(names)} {kind}s are known"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
