"""`firstmw ui`: the Dagster webserver and daemon on the assets of this checkout."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from pipelines.errors import UsageError
from pipelines.health import require_usable
from pipelines.settings import Settings

REPOSITORY = Path(__file__).parents[2]


_EPILOG = """\b
Examples:
  firstmw ui                     http://127.0.0.1:3000/ until Ctrl-C
  firstmw ui --port 3100
"""


@click.command(epilog=_EPILOG)
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535), help="Port of the webserver.")
def ui(port: int) -> None:
    """Open the Dagster web interface on the assets.

    It runs until Ctrl-C. The orchestrator's own files live in the folder `dagster` of the data folder. A run started
    there builds tables; only a whole night publishes a release.
    """
    program = Path(sys.executable).with_name("dagster")
    if not program.exists() or shutil.which("dagster-webserver", path=str(program.parent)) is None:
        raise UsageError("the web interface is not installed; run `make setup`, or install the extra `ui`.")
    # The web server starts in the checkout, where a relative data folder would be another one.
    data_dir = Settings().data_dir.absolute()
    require_usable(data_dir)
    os.environ["FIRSTMW_DATA_DIR"] = str(data_dir)
    home = data_dir / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(REPOSITORY / "dagster.yaml", home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    os.chdir(REPOSITORY)
    os.execv(program, [str(program), "dev", "-w", "workspace.yaml", "-p", str(port)])
