-- Which of the better rows carry the most schedule risk?
-- The hundred best rows that meet the target, widest spread between the 10th and the 90th percentile first.
select
    rank,
    region_id,
    region_name,
    stack_id,
    first_mw_months_p50,
    first_mw_months_p90 - first_mw_months_p10 as spread_months,
    p_first_mw_24_months,
    p_first_mw_36_months,
    completion_probability,
    critical_activity
from ranked_sites
where is_target_met and rank <= 100
order by spread_months desc, rank
limit 25
