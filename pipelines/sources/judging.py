"""Whether an answer that could be read can be true."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.settings import Settings
from pipelines.sources.base import NotPublishedYet, Parsed, SourceBroken
from pipelines.sources.observations import NO_FIGURE


def counts(parsed: Sequence[Parsed]) -> tuple[int, int]:
    """Return rows kept and rows rejected."""
    return sum(part.rows.height for part in parsed), sum(part.rejects.height for part in parsed)


def unpublished(parsed: Sequence[Parsed]) -> int:
    """Return how many rows were left out because the publisher gives no figure in them, which is no fault of theirs."""
    return sum(int(part.rejects["reason"].str.ends_with(NO_FIGURE).sum()) for part in parsed)


def judge(source_id: str, key: str, parsed: Sequence[Parsed], rows_before: int, settings: Settings) -> tuple[int, int]:
    """Return rows kept and rejected of an answer, or refuse it where it parsed but cannot be true.

    Parameters
    ----------
    source_id, key : str
        Of the request, for the sentence.
    parsed : Sequence[Parsed]
        What the answer says, all pages.
    rows_before : int
        Rows of the last good answer; 0 where there is none.
    settings : Settings
        `source_max_reject_frac`, `source_min_rows_frac`.

    Raises
    ------
    NotPublishedYet
        If every row is there without its figure.
    SourceBroken
        If nothing is left, most rows with a figure were rejected, or far fewer rows came than last time.
    """
    rows, rejects = counts(parsed)
    faulty = rejects - unpublished(parsed)
    if rows == 0 and rejects and not faulty:
        raise NotPublishedYet(f"{source_id}: the rows of {key!r} are there without a figure yet; ask again later.")
    if rows == 0:
        raise SourceBroken(f"{source_id}: the answer for {key!r} holds no usable row ({rejects:,} rejected).")
    if faulty > settings.source_max_reject_frac * (rows + faulty):
        raise SourceBroken(
            f"{source_id}: {faulty:,} of {rows + faulty:,} rows of {key!r} were rejected, more than the share "
            "FIRSTMW_SOURCE_MAX_REJECT_FRAC; its layout may have changed."
        )
    if rows < settings.source_min_rows_frac * rows_before:
        raise SourceBroken(
            f"{source_id}: {rows:,} rows for {key!r} where the last good answer had {rows_before:,}, less than the "
            "share FIRSTMW_SOURCE_MIN_ROWS_FRAC; lower it once if the publisher has really cut the data."
        )
    return rows, rejects
