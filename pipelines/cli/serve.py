"""`firstmw serve`: the page of the current release over loopback."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.which import release_option
from pipelines.settings import Settings

_EPILOG = """\b
Examples:
  firstmw serve                  http://127.0.0.1:8350/ until Ctrl-C
  firstmw serve --port 9000
  firstmw serve --release state-tn-2026-12-01

The page is also a file that opens by itself: releases/current/report/index.html in the data folder.
"""


@click.command(epilog=_EPILOG)
@click.option("--port", default=8350, show_default=True, type=click.IntRange(1, 65535), help="Port on loopback.")
@release_option
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder that holds the releases; default FIRSTMW_DATA_DIR, else data.",
)
def serve(port: int, wanted: str | None, data_dir: Path | None) -> int:
    """Serve the page of the current release, or of --release, on this machine only, with any week of any site.

    It runs until Ctrl-C; a release published meanwhile shows at the next reload.
    """
    from pipelines.report.server import make_server  # noqa: PLC0415 - the other subcommands do without
    from pipelines.warehouse import release_info  # noqa: PLC0415

    folder = data_dir or Settings().data_dir
    info = release_info(folder, wanted)
    with make_server(folder, port, wanted) as server:
        click.echo(f"release {info.run_id} at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("ended.")
    return 0
