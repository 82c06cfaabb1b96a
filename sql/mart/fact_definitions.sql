-- One row per fact that is known of US counties: what it means, where it is weak, whose it is.
select
    fact_id,
    topic,
    value_kind,
    unit,
    minimum,
    maximum,
    empty_means,
    evidence,
    meaning,
    limits,
    source_title,
    publisher,
    url,
    as_of,
    licence
from core.fact_definitions
order by fact_id
