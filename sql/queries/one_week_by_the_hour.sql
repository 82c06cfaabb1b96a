-- How does one site run through one week, hour by hour?
-- site_week(region_id, stack_id, week); weeks are counted from 1 as in dispatch_weekly; stacks lists the stacks.
select
    hour_utc,
    load_mw,
    solar_mw,
    discharge_mw - charge_mw as battery_mw,
    grid_mw,
    baseload_mw,
    firm_mw,
    firm_units_on,
    curtailed_mw,
    unserved_mw,
    soc_mwh
from site_week('abilene_tx', 'grid', 2)
order by hour_utc
