-- What does a month of delay cost, and what do outages cost, where it hurts most?
-- The best stack of each region, per planned MW of IT.
select
    region_rank,
    region_id,
    stack_id,
    delay_usd_per_mw_month,
    unserved_usd_per_mw_year,
    power_usd_per_mw_year,
    net_usd_per_mw_year,
    online_years_discounted,
    value_usd_per_mw
from ranked_sites
where is_region_best
order by delay_usd_per_mw_month desc, region_id
limit 25
