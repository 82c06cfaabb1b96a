-- How fresh and how whole is each source behind this release?
select
    source_id,
    profile,
    is_stale,
    data_through_utc,
    age_days,
    rows,
    rejects,
    note
from data_status
order by is_stale desc, age_days desc nulls last, source_id
