-- Where is power cheapest at the availability target, and what would waiting for it cost in time?
-- The least-cost stack of each region, with the months it needs beyond the region's quickest stack.
with met as (
    select
        region_id,
        region_name,
        state,
        stack_id,
        lcoe_usd_per_mwh,
        first_mw_months_p50,
        co2_kg_per_mwh,
        min(first_mw_months_p50) over (partition by region_id) as quickest_months
    from ranked_sites
    where is_target_met
)

select
    region_id,
    region_name,
    state,
    stack_id,
    lcoe_usd_per_mwh,
    first_mw_months_p50,
    first_mw_months_p50 - quickest_months as extra_wait_months,
    co2_kg_per_mwh
from met
qualify row_number() over (partition by region_id order by lcoe_usd_per_mwh, stack_id) = 1
order by lcoe_usd_per_mwh, region_id
limit 20
