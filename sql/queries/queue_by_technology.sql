-- What waits in the interconnection queues, by operator and technology?
-- Sums of requests overstate what will be built: most of them are withdrawn.
select
    iso,
    technology,
    is_load,
    count(*) as requests,
    sum(capacity_mw order by source_id, queue_id, occurrence) as capacity_mw,
    count(*) filter (where has_agreement) as with_agreement,
    min(requested_date) as oldest_request,
    max(snapshot_date) as snapshot_date
from queue_projects
where status in ('active', 'under_construction', 'suspended', 'partially_operational')
group by iso, technology, is_load
order by iso, capacity_mw desc nulls last, technology, is_load
