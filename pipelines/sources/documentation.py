"""`docs/sources.md`, written from the registry: who is asked for what, at what cost, on which terms, with which key."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.settings import Settings
from pipelines.sources.night import CADENCE_DAYS
from pipelines.sources.parsing import Connector
from pipelines.sources.registry import connectors
from pipelines.sources.snapshots import read_files

KEYS = {
    "eia_api_key": (
        "Free: register an e-mail address at https://www.eia.gov/opendata/register.php and the key arrives by mail. "
        "Without it the same prices come from `eia_files` and `fred`, except electricity, which stays on the embedded "
        "figures."
    ),
    "nsrdb_api_key": (
        "Free: sign up at https://developer.nlr.gov/signup/ and set FIRSTMW_NSRDB_EMAIL to the same address; the "
        "service asks for both. Without it weather comes from the next source in FIRSTMW_WEATHER_SOURCES."
    ),
    "census_api_key": (
        "Free and optional: https://api.census.gov/data/key_signup.html. Without it the service answers a limited "
        "number of questions per address and day, which the nightly dozen stays below."
    ),
    "pjm_queue_key": (
        "The subscription key that PJM's public queue page sends with its own export (header api-subscription-key in "
        "the network view of a browser). PJM changes it at will and restricts redistribution of its data: decide "
        "whether your use is covered before you set it. Without it PJM's newer projects come from `queue_pjm_cycles`, "
        "the older ones from `queue_lbnl`, or all from a saved export named by FIRSTMW_QUEUE_PJM_FILE."
    ),
}

_PREFACE = """\
# Sources

Written from the connectors by the program itself (`make docs`): edit `pipelines/sources`, not this page.

The profile `reference`, the default, asks none of these: it runs offline on the embedded facts. The profile `live` asks
them all, once a night, before anything is computed:

```sh
firstmw refresh --profile live
firstmw status                                # what each source gave, how old it is, what was left out
firstmw replay --as-of 2026-11-22             # the same night again from the stored bytes, without any network
```

## What a night does with a source

1. It asks, keeping to the publisher's rate, with time limits, retries with growing pauses on 429 and 5xx that honour
   `Retry-After`, a limit on the length of an answer, and `If-None-Match` where an unchanged answer is held.
2. The bytes go to `data/raw`, named by their checksum, with a row in the ledger, before anything reads them. What does
   not change, such as a past year of weather, is never fetched twice.
3. A connector reads them. Rows that break the contract go to `core.rejects` with the reason; an answer that is empty,
   cut, of another kind, mostly rejects, or far shorter than the last good one is refused as a whole.
4. What cannot be had falls back to the last good answer, then to the embedded facts. The night goes on; `data_status`
   says which source, why and since when; the command ends with exit code 3.

A source that has not published yet is late, not broken: a scheduled night asks again (FIRSTMW_SOURCE_LATE_RETRIES
times, FIRSTMW_SOURCE_LATE_WAIT_MINUTES apart), and its last good answer counts as stale only after twice the usual
interval. A source whose key is not set is not asked and not stale.

Where a publisher limits the requests of a day, the night stops there, the next source in the order serves the rest,
and the next night goes on; `data_status` counts what is left, and nothing is stale for it. Counties are fetched so over
nights, within the limits that FIRSTMW_SOURCE_LIMITS may change (`docs/scale.md`).

Keys come from the environment only and are struck out of addresses, messages, logs, events and stored answers. No
certificate is ever left unchecked. FIRSTMW_SOURCE_OFF=queue_pjm,fred leaves sources out; FIRSTMW_<SOURCE>_URL sends the
requests for a source to a mirror of yours.

## Snapshots

Offline, queues, hazards, interruptions by utility, lead-time indicators and daily Henry Hub come from dated snapshots
in `pipelines/reference/snapshots`: figures and ids from the publishers' files, no names of projects or developers. A
live answer or a file of yours replaces the rows of the same source and file. `data_status` lists each snapshot with the
day of its edition and marks it stale after twice its source's interval; a release is not stale for it. `make snapshots
FILES=folder` makes them again from the files that `files.csv` there names.

{snapshots}

## Files of your own

Some publishers do not let programs in, and some files you may have already. A file named by one of these settings is
read in both profiles, without network, instead of asking its source; `data_status` shows it as `user_file`, its bytes
are kept and its checksum is part of the run. A file that cannot be read leaves its last good state and exit code 3.
"""

_FILES = {
    "nri_file": "county table of FEMA's National Risk Index, CSV or the zip as downloaded; fills `hazards`",
    "eia861_file": "Reliability workbook of EIA-861, or the form's zip; of any year",
    "queue_lbnl_file": "data file of LBNL's Queued Up; of any edition",
    "queue_pjm_file": "export of PJM's serial queue, saved from its public page, instead of a key",
    "counties_file": "Census Gazetteer of counties, text or zip, of the year FIRSTMW_COUNTY_EDITION",
    "county_zones_file": "ReEDS county2zone.csv; together with the next one",
    "zone_hierarchy_file": "ReEDS hierarchy.csv",
}
_WEATHER_FOLDER = (
    "- **FIRSTMW_WEATHER_DIR**: folder of weather files (TMY3, EPW, SAM CSV, NSRDB PSM); its place in "
    "FIRSTMW_WEATHER_SOURCES is the name `file`."
)


def sources_page(chosen: Sequence[Connector] | None = None) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    chosen : Sequence[Connector] | None
        Connectors to describe; all where None.
    """
    every = connectors(Settings()) if chosen is None else chosen
    return (
        "\n\n".join(
            [
                _PREFACE.strip().replace("{snapshots}", _snapshots()),
                _files(),
                "## Keys",
                *_keys(every),
                "## All sources",
                _overview(every),
            ]
            + [_section(one) for one in every]
        )
        + "\n"
    )


def _files() -> str:
    return "\n".join([*(f"- **FIRSTMW_{name.upper()}**: {what}." for name, what in _FILES.items()), _WEATHER_FOLDER])


def _snapshots() -> str:
    files = read_files().group_by("snapshot_id", maintain_order=True).agg(pl.col("source_id", "as_of").last())
    lines = ["| snapshot | source | edition of |", "|---|---|---|"]
    lines += [f"| `{name}` | `{source}` | {as_of} |" for name, source, as_of in files.iter_rows()]
    return "\n".join(lines)


def _keys(every: Sequence[Connector]) -> list[str]:
    parts = []
    for setting in dict.fromkeys(one.source.key_setting for one in every if one.source.key_setting):
        users = ", ".join(f"`{one.source.source_id}`" for one in every if one.source.key_setting == setting)
        parts.append(f"**FIRSTMW_{setting.upper()}** ({users}). {KEYS[setting]}")
    return parts


def _overview(every: Sequence[Connector]) -> str:
    lines = ["| source | tables | renewed | calls per night | key | licence |", "|---|---|---|---|---|---|"]
    for one in every:
        source = one.source
        key = f"FIRSTMW_{source.key_setting.upper()}" if source.key_setting else "none"
        tables = ", ".join(f"`{table}`" for table in one.tables)
        cells = [f"`{source.source_id}`", tables, source.cadence, source.calls_per_night, key, source.licence]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _section(one: Connector) -> str:
    source = one.source
    days = 2 * CADENCE_DAYS[source.cadence]
    age = f"{days:.0f} days" if days >= 1 else f"{days * 24:.0f} hours"
    return (
        f"### {source.source_id}\n\n"
        f"{source.title}. {source.publisher}.\n\n"
        f"- Address: <{source.base_url}>, setting FIRSTMW_{source.source_id.upper()}_URL; at most "
        f"{source.calls_per_second:g} calls per second.\n"
        f"- A late edition is stale after {age}.\n"
        f"- Licence: {source.licence}."
    )
