-- What moved since the last release, and which input moved it?
-- Rows that changed place or value, the largest change of value first; the parts of the change are columns too.
select
    region_id,
    stack_id,
    previous_rank,
    rank,
    rank_change,
    value_change_usd_per_mw,
    moved_by,
    movement,
    changed_inputs,
    is_other_design
from rank_changes
order by abs(value_change_usd_per_mw) desc, abs(rank_change) desc, region_id, stack_id
limit 25
