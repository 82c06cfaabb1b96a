-- What takes power away from each stack, in full-load hours per year?
-- Medians over the regions, the largest cause first.
select
    stack_id,
    cause,
    median(lost_hours_per_year) as median_lost_hours_per_year,
    max(lost_hours_per_year) as most_lost_hours_per_year,
    arg_max(region_id, lost_hours_per_year) as worst_region_id
from reliability
group by stack_id, cause
having max(lost_hours_per_year) > 0
order by stack_id, median_lost_hours_per_year desc, cause
