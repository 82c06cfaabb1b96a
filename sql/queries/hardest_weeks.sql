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
inner join ranked_sites as sites on weeks.region_id = sites.region_id and weeks.stack_id = sites.stack_id
where sites.solar_mw > 0 and sites.bess_mw > 0 and sites.firm_units > 0
qualify row_number() over (partition by weeks.region_id order by weeks.solar_mwh / weeks.load_mwh, weeks.week) = 1
order by solar_share_frac, weeks.region_id
limit 25
