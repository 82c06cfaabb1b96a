"""The command `firstmw`: one subcommand per file, one sentence per error, stable exit codes."""

from __future__ import annotations

import atexit
import errno
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click
from pydantic import ValidationError

from pipelines.cli.stopping import TerminatedError
from pipelines.errors import FirstmwError, UsageError

TRACEBACK = "FIRSTMW_TRACEBACK"
EXIT_FAILED, EXIT_USAGE, EXIT_STALE, EXIT_INTERRUPTED, EXIT_TERMINATED = 1, 2, 3, 130, 143

_HELP = """Rank where the first megawatt of AI capacity can be live first.

\b
Examples:
  firstmw refresh                          run tonight's pipeline, publish a release
  firstmw refresh --profile live           the same on what the public sources say today
  firstmw rank --top 20                    the best region x stack rows
  firstmw rank --state TX --stack grid
  firstmw when abilene_tx --mw 5           when its first megawatt runs, by the way of buying
  firstmw backtest                         real projects against what was predicted of them
  firstmw explain abilene_tx               why one region stands where it stands
  firstmw sql "from stacks"                any SELECT on the release, read-only
  firstmw export ranked_sites --format xlsx
  firstmw status                           what the release holds and how old its inputs are
  firstmw simulate --region abilene_tx --it-mw 20 --solar-mw 60 --firm recip --units 8    one what-if
  firstmw size --region abilene_tx --it-mw 20                      the least-cost design for a target
  firstmw adequacy --units u.csv --load l.csv    loss of load of any fleet, two ways
  firstmw survive abilene_tx               riding through a loss of grid or gas
  firstmw releases                         what is kept; firstmw verify, is it whole
  firstmw rollback                         show the release before again
  firstmw doctor                           is this machine set up for the night
  firstmw serve                            the page of the release on http://127.0.0.1:8350/
  firstmw plot abilene_tx --week 2 --out week.png    one chart as a picture
  firstmw plan --mw 200 --nodes 20 --by 2029-12  what can be built by when, nodes against one campus

Every subcommand but ui and serve takes --json. Settings come from the environment (FIRSTMW_DATA_DIR, default `data`).

\b
Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 served from stale inputs, 130 interrupted, 143 ended by SIGTERM.
"""


# Each the name of a module of this package and of the command in it.
SUBCOMMANDS = (
    "refresh", "replay", "rank", "when", "explain", "sql", "export", "status", "simulate", "size", "adequacy",
    "survive", "plan", "backtest", "serve", "plot", "releases", "verify", "rollback", "doctor", "ui",
)  # fmt: skip


class CommandLine(click.Group):
    """A group whose errors are one sentence on stderr and never a traceback; it loads a subcommand when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the subcommands."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand, None where there is none of the name."""
        if cmd_name not in SUBCOMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"pipelines.cli.{cmd_name}"), cmd_name)
        return command

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a subcommand and leave the process with its exit code."""
        arguments = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        # Modules and tables stay for as long as the process: to look them through every 700 objects takes a second.
        gc.set_threshold(100_000, 20, 100)
        # Whatever the shell allows, nobody else may write what is made here.
        os.umask(os.umask(0o022) | 0o022)
        try:
            code = super().main(arguments, prog_name or "firstmw", **extra)
            # A pipe that its reader has closed shows itself at the flush.
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message())
            code = EXIT_USAGE
        except click.UsageError as error:
            where = error.ctx.command_path if error.ctx else "firstmw"
            code = _fail(f"{_clause(error.format_message())}; see `{where} --help`.", error.exit_code)
        except click.ClickException as error:
            code = _fail(f"{_clause(error.format_message())}.", error.exit_code)
        except (click.Abort, TerminatedError) as error:
            code = _stopped(error)
        except UsageError as error:
            code = _fail(str(error), EXIT_USAGE)
        except FirstmwError as error:
            code = _fail(str(error), EXIT_FAILED)
        except ValidationError as error:
            code = _fail(_setting_sentence(error), EXIT_USAGE)
        except OSError as error:
            if error.errno == errno.EPIPE:
                # The reader has what it wanted; the interpreter's own flush at exit must not complain.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                code = 0
            else:
                place = f"{error.filename}: " if error.filename else ""
                code = _fail(f"{place}{error.strerror or error}; check the path and its permissions.", EXIT_FAILED)
        except Exception as error:
            # What nobody foresaw is a fault of the product: still one sentence, with the way to see where it arose.
            if os.environ.get(TRACEBACK):
                raise
            what = " ".join(str(error).split())[:300]
            code = _fail(f"unexpected {type(error).__name__}: {what}; set {TRACEBACK}=1 to see where.", EXIT_FAILED)
        sys.exit(code if isinstance(code, int) else 0)


def _fail(sentence: str, code: int) -> int:
    click.echo(f"firstmw: {sentence}", err=True)
    return code


def _stopped(error: BaseException) -> int:
    if isinstance(error, TerminatedError):
        return _fail("ended by SIGTERM; what was published before stays, and the next night runs.", EXIT_TERMINATED)
    return _fail("interrupted; what was published before stands.", EXIT_INTERRUPTED)


def _clause(message: str) -> str:
    """Return click's sentence as the first half of ours."""
    return " ".join(message.split()).rstrip(".")


def _setting_sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    name, *entry = (str(part) for part in first["loc"])
    place = f"{'entry ' if entry else ''}{first['input']!r}"
    return f"FIRSTMW_{name.upper()} {'has' if entry else 'is'} {place}: {first['msg'].lower()}; correct or unset it."


@click.group(
    cls=CommandLine, help=_HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="firstmw", prog_name="firstmw", message="%(prog)s %(version)s")
def main() -> None:
    """Collect the subcommands; the help text is above."""


def run() -> NoReturn:
    """Run the command as a process of its own, which ends as soon as everything is closed.

    To take a thousand modules and a night's tables apart piece by piece, as the interpreter would, takes over a second.
    """
    code: int | str | None = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    run()
