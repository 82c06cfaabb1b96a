-- One row per region and stack: what the chosen design does in bad weather years, and its hardest week.
-- A percentile of what is bad is not exceeded in so many years of a hundred; of what is good, exceeded.
with hardest as (
    select
        region_id,
        stack_id,
        weather_year as hardest_weather_year,
        hardest_week,
        hardest_week_start_utc,
        hardest_week_unserved_mwh,
        hardest_week_firm_need_mwh
    from mart.weather_years
    qualify row_number() over (
        partition by region_id, stack_id
        order by
            hardest_week_unserved_mwh desc,
            hardest_week_firm_need_mwh desc,
            grid_mwh + baseload_mwh desc,
            weather_year
    ) = 1
),

spread as (
    select
        region_id,
        stack_id,
        min(design_id) as design_id,
        count(*) as weather_years,
        quantile_cont(availability_frac, 0.50) as availability_frac_p50,
        quantile_cont(availability_frac, 0.10) as availability_frac_p90,
        quantile_cont(availability_frac, 0.01) as availability_frac_p99,
        quantile_cont(renewable_frac, 0.50) as renewable_frac_p50,
        quantile_cont(renewable_frac, 0.10) as renewable_frac_p90,
        quantile_cont(renewable_frac, 0.01) as renewable_frac_p99,
        quantile_cont(eue_mwh_per_year, 0.50) as eue_mwh_per_year_p50,
        quantile_cont(eue_mwh_per_year, 0.90) as eue_mwh_per_year_p90,
        quantile_cont(eue_mwh_per_year, 0.99) as eue_mwh_per_year_p99,
        quantile_cont(lolh_hours_per_year, 0.50) as lolh_hours_per_year_p50,
        quantile_cont(lolh_hours_per_year, 0.90) as lolh_hours_per_year_p90,
        quantile_cont(lolh_hours_per_year, 0.99) as lolh_hours_per_year_p99,
        quantile_cont(firm_fuel_mmbtu, 0.50) as firm_fuel_mmbtu_p50,
        quantile_cont(firm_fuel_mmbtu, 0.90) as firm_fuel_mmbtu_p90,
        quantile_cont(firm_fuel_mmbtu, 0.99) as firm_fuel_mmbtu_p99
    from mart.weather_years
    group by region_id, stack_id
)

select
    spread.region_id,
    spread.stack_id,
    spread.design_id,
    spread.weather_years,
    spread.availability_frac_p50,
    spread.availability_frac_p90,
    spread.availability_frac_p99,
    spread.renewable_frac_p50,
    spread.renewable_frac_p90,
    spread.renewable_frac_p99,
    spread.eue_mwh_per_year_p50,
    spread.eue_mwh_per_year_p90,
    spread.eue_mwh_per_year_p99,
    spread.lolh_hours_per_year_p50,
    spread.lolh_hours_per_year_p90,
    spread.lolh_hours_per_year_p99,
    spread.firm_fuel_mmbtu_p50,
    spread.firm_fuel_mmbtu_p90,
    spread.firm_fuel_mmbtu_p99,
    hardest.hardest_weather_year,
    hardest.hardest_week,
    hardest.hardest_week_start_utc,
    hardest.hardest_week_unserved_mwh,
    hardest.hardest_week_firm_need_mwh
from spread
inner join hardest on spread.region_id = hardest.region_id and spread.stack_id = hardest.stack_id
order by spread.region_id, spread.stack_id
