"""Files that the user brings: read as they are, and from then on treated like any other payload."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.errors import InputError
from pipelines.settings import Settings
from pipelines.sources.base import Payload

MOST_BYTES = 256_000_000
# Files of the user's own that are no answer of a source.
NO_SOURCE = {"scenarios_file", "region_facts_file", "projects_file"}


def has_user_files(settings: Settings) -> bool:
    """Return whether the user brings a file that stands for a source's answer; such files are read in any profile."""
    names = [name for name in Settings.model_fields if name.endswith("_file") and name not in NO_SOURCE]
    return any(getattr(settings, name) is not None for name in names)


@dataclass(frozen=True)
class UserFile:
    """A file that stands for a source's answer, and the setting that names it."""

    source_id: str
    key: str
    path: Path
    setting: str

    def payload(self, retrieved_at_utc: datetime) -> Payload:
        """Return the file's bytes as a payload.

        Parameters
        ----------
        retrieved_at_utc : datetime
            When it was read.

        Raises
        ------
        InputError
            If the file is not there, cannot be read, or is absurdly large; names the setting.
        """
        variable = f"FIRSTMW_{self.setting.upper()}"
        remedy = f"point {variable} at the file or leave it unset"
        try:
            if self.path.stat().st_size > MOST_BYTES:
                raise InputError(f"the file is larger than {MOST_BYTES} bytes", file=str(self.path), remedy=remedy)
            content = self.path.read_bytes()
        except OSError as error:
            problem = f"the file cannot be read ({error.strerror})"
            raise InputError(problem, file=str(self.path), remedy=remedy) from error
        return Payload(
            source_id=self.source_id,
            key=self.key,
            content=content,
            url=f"file:{self.path.name}",
            status=200,
            retrieved_at_utc=retrieved_at_utc,
            sha256=hashlib.sha256(content).hexdigest(),
        )
