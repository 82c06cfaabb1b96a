-- Where can the first megawatt be live soonest, and with which stack?
-- The quickest stack of each region that meets the availability target, by median months to the first module.
select
    region_id,
    region_name,
    state,
    stack_id,
    first_mw_months_p10,
    first_mw_months_p50,
    first_mw_months_p90,
    full_mw_months_p50,
    critical_activity,
    lcoe_usd_per_mwh
from ranked_sites
where is_target_met
qualify row_number() over (partition by region_id order by first_mw_months_p50, lcoe_usd_per_mwh, stack_id) = 1
order by first_mw_months_p50, lcoe_usd_per_mwh, region_id
limit 20
