-- One row per duration that a stack's activity network can draw, as pooled from its sources.
select
    duration_id,
    unit,
    low,
    mid,
    high,
    is_assumption,
    rows_used,
    rows_set_aside,
    choice_reason,
    source_title,
    publisher,
    url,
    as_of
from core.durations
order by duration_id
