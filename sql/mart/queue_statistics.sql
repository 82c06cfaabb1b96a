-- One row per published statistic of generation or load interconnection in the US.
select
    region,
    region_type,
    queue_side,
    metric,
    low,
    mid,
    high,
    unit,
    cohort,
    note,
    source_title,
    publisher,
    url,
    as_of
from core.queue_statistics
order by region, queue_side, metric, cohort, source_title, as_of
