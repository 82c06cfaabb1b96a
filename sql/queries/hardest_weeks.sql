-- Which weeks of the year lean hardest on the firm units of solar sites?
-- The week with the least solar share for each traced region with solar, battery and gas.
select
    weeks.region_id,
    weeks.week,
    weeks.week_start_utc,
    weeks.solar_mwh / weeks.load_mwh as solar_share_frac,
    weeks.firm_mwh / weeks.load_mwh as firm_share_frac,
    weeks.firm_run_hours,
    weeks.unserved_mwh
from dispatch_weekly as weeks
where weeks.stack_id = 'solar_bess_gas'
qualify row_number() over (partition by weeks.region_id order by weeks.solar_mwh / weeks.load_mwh, weeks.week) = 1
order by solar_share_frac, weeks.region_id
limit 25
