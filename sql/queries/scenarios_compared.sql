-- Which scenario reorders the list most, and who leads in it?
-- Base is the night itself; rows_moved counts rows that change place by more than ten.
select
    scenario_id,
    arg_min(region_id, rank) as leading_region_id,
    arg_min(stack_id, rank) as leading_stack_id,
    median(lcoe_usd_per_mwh) filter (where is_region_best) as median_best_lcoe_usd_per_mwh,
    median(first_mw_months_p50) filter (where is_region_best) as median_best_first_mw_months,
    median(value_change_usd_per_mw) as median_value_change_usd_per_mw,
    count(*) filter (where abs(rank_change) > 10) as rows_moved,
    count(*) filter (where is_other_design) as other_designs
from scenario_rankings
group by scenario_id
order by rows_moved desc, scenario_id
