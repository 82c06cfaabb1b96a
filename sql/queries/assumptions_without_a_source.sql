-- Which figures behind the ranking have no cited source?
-- Assumptions first, then choices; facts carry their citation in the same table.
select
    kind,
    assumption_id,
    value,
    unit,
    meaning,
    is_default
from assumptions
where kind <> 'fact'
order by kind, assumption_id
