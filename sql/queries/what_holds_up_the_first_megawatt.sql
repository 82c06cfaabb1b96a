-- What holds up the first megawatt, and what would be gained by removing it?
-- For each stack, activities by their mean share of the months to the first module over all regions.
select
    stack_id,
    activity,
    count(*) as regions,
    avg(criticality_frac order by region_id) as mean_criticality_frac,
    median(duration_p50_months) as median_duration_months,
    median(months_saved_if_free) as median_months_saved,
    max(months_saved_if_free) as most_months_saved
from critical_path
group by stack_id, activity
having mean_criticality_frac >= 0.05
order by stack_id, mean_criticality_frac desc, activity
