-- What does an average day look like at the best solar site, hour by hour?
-- Means by hour of the day in UTC over the year, for the best-ranked region with hourly traces,
-- which are the regions with weekly sums.
with site as (
    select
        sites.region_id,
        sites.stack_id
    from ranked_sites as sites
    where
        sites.solar_mw > 0
        and sites.firm_units > 0
        and exists (
            select 1
            from dispatch_weekly as weeks
            where weeks.region_id = sites.region_id and weeks.stack_id = sites.stack_id
        )
    order by sites.rank
    limit 1
)

select
    hours.region_id,
    extract(hour from hours.hour_utc) as hour_of_day_utc,
    avg(hours.load_mw order by hours.hour_utc) as load_mw,
    avg(hours.solar_mw order by hours.hour_utc) as solar_mw,
    avg(hours.discharge_mw - hours.charge_mw order by hours.hour_utc) as battery_mw,
    avg(hours.firm_mw order by hours.hour_utc) as firm_mw,
    avg(hours.curtailed_mw order by hours.hour_utc) as curtailed_mw,
    avg(hours.firm_units_on order by hours.hour_utc) as firm_units_on
from dispatch_hourly as hours
inner join site on hours.region_id = site.region_id and hours.stack_id = site.stack_id
group by hours.region_id, hour_of_day_utc
order by hour_of_day_utc
