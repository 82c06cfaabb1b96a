"""`firstmw explain`: one page on one region."""

from __future__ import annotations

from typing import Any

import click

from pipelines.cli.explain_page import print_page
from pipelines.cli.explanation import explanation
from pipelines.cli.output import echo_json
from pipelines.cli.reading import choose_region, common_options, reading

_EPILOG = """\b
Examples:
  firstmw explain abilene_tx
  firstmw explain "Armstrong County"       a name, or its unmistakable beginning, does as well
  firstmw explain abilene_tx --json | jq .schedule

The median site is the region in the middle of the region ranking, with its best stack.
"""


@click.command(epilog=_EPILOG)
@click.argument("region")
@common_options
def explain(region: str, **options: Any) -> int:
    """Explain why REGION stands where it stands, on one page."""
    with reading(options) as release:
        gathered = explanation(release, choose_region(release, region))
        if options["as_json"]:
            echo_json({"release": release.header(), **gathered})
        else:
            print_page(gathered, footer=release.footer(), freshness=release.freshness())
        return release.exit_code()
