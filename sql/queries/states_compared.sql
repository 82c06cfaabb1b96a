-- Which states lead, and how wide is the spread within a state?
-- Each region counts once, by its best stack.
select
    state,
    count(*) as regions,
    min(region_rank) as best_region_rank,
    arg_min(region_name, region_rank) as best_region,
    arg_min(stack_id, region_rank) as best_region_stack_id,
    median(first_mw_months_p50) as median_first_mw_months,
    median(lcoe_usd_per_mwh) as median_lcoe_usd_per_mwh,
    max(lcoe_usd_per_mwh) - min(lcoe_usd_per_mwh) as lcoe_spread_usd_per_mwh,
    median(value_usd_per_mw) as median_value_usd_per_mw
from ranked_sites
where is_region_best
group by state
order by best_region_rank, state
