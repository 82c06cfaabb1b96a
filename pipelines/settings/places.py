"""Where things are, how sources are asked, what is kept, who is told."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, SecretStr

from pipelines.settings.lists import Names
from pipelines.settings.marks import operation, physics

PIPELINES_DIR = Path(__file__).parents[1]
REFERENCE_DIR = PIPELINES_DIR / "reference"
SCENARIOS_FILE = PIPELINES_DIR / "ranking" / "scenarios.csv"


class Places(BaseModel):
    """Where things are, how sources are asked, what is kept, who is told."""

    data_dir: Path = operation(Path("data"), description="folder of raw bytes, caches, the build and the releases")
    reference_dir: Path = operation(REFERENCE_DIR, description="folder of the reference tables")
    stacks_dir: Path | None = operation(
        None,
        description="folder of more stacks: a file <id>.py and its network <id>.csv each; the files are run as code",
    )
    weather_dir: Path | None = operation(None, description="folder of weather files (TMY3, EPW, SAM CSV, NSRDB PSM)")
    scenarios_file: Path = operation(
        SCENARIOS_FILE, description="named sets of settings that are ranked beside the night"
    )
    region_facts_file: Path | None = operation(
        None,
        description="facts of places that override the embedded ones, in both profiles: CSV with region_id or "
        "county_fips, fact_id, value, source, as_of",
    )
    profile: Literal["reference", "live"] = physics(
        "reference", "hours", description="where the inputs of a night come from"
    )
    cache_max_gb: float = operation(
        10.0, gt=0, description="size above which the longest unused results are deleted (GB)"
    )
    keep_releases: int = operation(5, ge=1, description="releases kept after a publication (count)")
    keep_named: int = operation(
        20, ge=1, description="names of side releases above which made-up ones are removed (count)"
    )
    http_timeout: float = operation(30.0, gt=0, description="seconds before a request to a source is given up")
    http_user_agent: str = operation(
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 firstmw/0.1",
        min_length=1,
        description="how the client names itself; some publishers refuse names that do not look like a browser",
    )
    http_attempts: int = operation(
        4, ge=1, le=10, description="times a request is sent before its source counts as down"
    )
    http_backoff_seconds: float = operation(
        1.0, ge=0, description="pause before the second attempt, doubled for each further one (s)"
    )
    http_wait_max_seconds: float = operation(
        120.0, ge=0, description="longest pause that a source may ask for by Retry-After (s)"
    )
    http_deadline_seconds: float = operation(300.0, gt=0, description="time after which one answer is given up (s)")
    http_pause_factor: float = operation(
        1.0,
        ge=0,
        description="multiplies the pauses that each publisher's rate asks for; below 1 only on a mirror",
    )
    source_off: Names = operation((), description="sources that are not asked, by name and separated by commas")
    source_limits: Names = operation(
        (),
        description="calls that sources of weather take from nights of counties, in place of the publishers' limits: "
        "<source>=<calls>/<second, minute, hour or day>, separated by commas",
    )
    source_county_minutes: float = operation(
        120.0, ge=0, description="longest time that a night of counties asks for weather (min)"
    )
    source_min_rows_frac: float = operation(
        0.5, ge=0, le=1, description="an answer with fewer rows than this share of the last good one is refused"
    )
    source_late_retries: int = operation(
        2, ge=0, description="times that a scheduled night asks again for what is not published yet"
    )
    source_late_wait_minutes: float = operation(30.0, ge=0, description="pause before it asks again (min)")
    source_max_reject_frac: float = operation(
        0.5, ge=0, le=1, description="an answer with a larger share of rejected rows is refused"
    )
    drift_max_churn_frac: float = operation(
        0.5,
        ge=0,
        le=1,
        description="share of the 20 best regions that may change from one night to the next on the same code before "
        "the release is held for review; assumption",
    )
    drift_max_rows_frac: float = operation(
        0.2, ge=0, description="change of a table's rows from night to night beyond which a warning is given"
    )
    drift_max_shift: float = operation(
        0.3,
        gt=0,
        le=1,
        description="largest distance between the distributions of a ranked quantity of two nights "
        "(Kolmogorov-Smirnov) beyond which a warning is given; assumption",
    )
    alert_webhook_url: SecretStr | None = operation(
        None, description="address that failures and stale data are posted to, as Slack-compatible JSON"
    )
    alert_email_to: str = operation("", description="addresses that failures and stale data are mailed to, by commas")
    alert_email_from: str = operation("", description="sender of these mails")
    alert_smtp_host: str = operation(
        "localhost", description="mail server, by name or name:port; TLS where it offers it"
    )
    alert_stale_hours: float = operation(
        30.0, gt=0, description="age of the current release's publication beyond which it is reported (h)"
    )
    county_edition: int = physics(
        2024, "hours", ge=2010, description="year of the Census Gazetteer whose counties are used"
    )
    counties_file: Path | None = operation(
        None, description="county table of the Gazetteer, text or zip, to use instead"
    )
    county_zones_file: Path | None = operation(None, description="ReEDS county2zone.csv to use instead")
    zone_hierarchy_file: Path | None = operation(None, description="ReEDS hierarchy.csv to use instead")
    eia861_file: Path | None = operation(None, description="EIA-861 reliability, workbook or the form's zip, any year")
    queue_lbnl_file: Path | None = operation(
        None, description="workbook of LBNL's Queued Up to use instead, any edition"
    )
    queue_pjm_file: Path | None = operation(
        None, description="saved export of PJM's serial queue to use instead of a key"
    )
    nri_file: Path | None = operation(None, description="county table of the National Risk Index, CSV or zip")
    eia_api_key: SecretStr | None = operation(None, description="key of the EIA API")
    nsrdb_api_key: SecretStr | None = operation(None, description="key of the NSRDB API")
    nsrdb_email: SecretStr | None = operation(
        None, description="e-mail address that goes with the key of the NSRDB API"
    )
    pjm_queue_key: SecretStr | None = operation(None, description="subscription key that PJM's public queue page sends")
    census_api_key: SecretStr | None = operation(None, description="key of the Census API")
