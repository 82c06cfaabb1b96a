"""`firstmw doctor`: is this machine set up for the night."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pipelines.cli.output import echo_json, put, say
from pipelines.cli.reading import folder_options
from pipelines.health import examine
from pipelines.settings import Settings

REPOSITORY = Path(__file__).parents[2]
_EPILOG = """\b
Examples:
  firstmw doctor
  firstmw doctor --data-dir /srv/firstmw/data
  firstmw doctor --json | jq '.findings[] | select(.level != "ok")'

Looks at Python and packages, the data folder (writes, locks, links, free space), limits of the machine, the reference
facts, weather files, keys (whether given, never their value), the lock, the current release and the clock.

Exit codes: 0 the night can run (warnings included); 1 it would fail, with what to do; 2 wrong usage.
"""


@click.command(epilog=_EPILOG)
@folder_options
def doctor(**options: Any) -> int:
    """Check the machine and its configuration before the night does."""
    settings = Settings()
    if options["data_dir"]:
        settings = settings.model_copy(update={"data_dir": options["data_dir"]})
    findings = examine(settings, REPOSITORY / "constraints.txt")
    is_ready = all(finding.level != "fault" for finding in findings)
    if options["as_json"]:
        echo_json({"is_ready": is_ready, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            put(f"{finding.level:<8} {finding.check:<16} {finding.found}", is_bold=finding.level == "fault")
            if finding.remedy:
                say(finding.remedy, indent=9)
        say()
        say("The night can run." if is_ready else "The night would fail: see the lines that begin with fault.")
    return 0 if is_ready else 1
