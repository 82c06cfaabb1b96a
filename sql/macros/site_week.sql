-- The hours of one week of a region's chosen design of a stack; weeks are counted from 1 as in dispatch_weekly.
-- A stack's former id is accepted as well; it goes with the next schema version.
create or replace macro site_week(region_id, stack_id, week) as table
select
    hours.region_id,
    hours.stack_id,
    weeks.week as week,
    hours.hour_utc,
    hours.load_mw,
    hours.solar_mw,
    hours.curtailed_mw,
    hours.charge_mw,
    hours.discharge_mw,
    hours.grid_mw,
    hours.baseload_mw,
    hours.firm_mw,
    hours.firm_units_on,
    hours.unserved_mw,
    hours.soc_mwh
from dispatch_weekly as weeks
inner join stacks on weeks.stack_id = stacks.stack_id
inner join dispatch_hourly as hours
    on
        weeks.region_id = hours.region_id
        and weeks.stack_id = hours.stack_id
        and hours.hour_utc >= weeks.week_start_utc
        and hours.hour_utc < weeks.week_start_utc + interval 7 day
where
    weeks.region_id = region_id
    and hours.region_id = region_id
    and (stacks.stack_id = stack_id or (stacks.former_stack_id = stack_id and stacks.former_stack_id <> ''))
    and weeks.week = week
order by hours.hour_utc
