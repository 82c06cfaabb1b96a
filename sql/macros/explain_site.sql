-- Why a region stands where it stands: its best stack beside that of the median site, line by line, with the inputs.
-- The median site is the region in the middle of the region ranking; place counts regions by their best stack, from 1.
create or replace macro explain_site(region_id) as table
with best as (
    select
        sites.region_id,
        sites.stack_id,
        sites.region_rank,
        sites.speed_score,
        sites.cost_score,
        sites.reliability_score,
        sites.carbon_score,
        sites.first_mw_months_p50,
        sites.full_mw_months_p50,
        sites.usable_mw_months_60,
        sites.lcoe_usd_per_mwh,
        sites.availability_frac,
        sites.interruptions_per_year,
        sites.co2_kg_per_mwh,
        sites.score,
        sites.value_usd_per_mw,
        rank() over (order by sites.first_mw_months_p50) as first_mw_months_p50_place,
        rank() over (order by sites.full_mw_months_p50) as full_mw_months_p50_place,
        rank() over (order by sites.usable_mw_months_60 desc) as usable_mw_months_60_place,
        rank() over (order by sites.lcoe_usd_per_mwh) as lcoe_usd_per_mwh_place,
        rank() over (order by sites.availability_frac desc) as availability_frac_place,
        rank() over (order by sites.interruptions_per_year) as interruptions_per_year_place,
        rank() over (order by sites.co2_kg_per_mwh) as co2_kg_per_mwh_place,
        rank() over (order by sites.score desc) as score_place,
        rank() over (order by sites.value_usd_per_mw desc) as value_usd_per_mw_place
    from ranked_sites as sites
    where sites.is_region_best
),

here as (
    select best.*
    from best
    where best.region_id = region_id
),

middle as (
    select best.*
    from best
    where best.region_rank = (select (count(*) + 1) // 2 from best)
),

quantities as (
    select
        unnest([
            {
                'line': 1, 'item': 'first_mw_months_p50', 'unit': 'months', 'place': here.first_mw_months_p50_place,
                'here': here.first_mw_months_p50, 'middle': middle.first_mw_months_p50
            },
            {
                'line': 2, 'item': 'full_mw_months_p50', 'unit': 'months', 'place': here.full_mw_months_p50_place,
                'here': here.full_mw_months_p50, 'middle': middle.full_mw_months_p50
            },
            {
                'line': 3, 'item': 'usable_mw_months_60', 'unit': 'MW-months', 'place': here.usable_mw_months_60_place,
                'here': here.usable_mw_months_60, 'middle': middle.usable_mw_months_60
            },
            {
                'line': 4, 'item': 'lcoe_usd_per_mwh', 'unit': 'USD/MWh', 'place': here.lcoe_usd_per_mwh_place,
                'here': here.lcoe_usd_per_mwh, 'middle': middle.lcoe_usd_per_mwh
            },
            {
                'line': 5, 'item': 'availability_frac', 'unit': 'share', 'place': here.availability_frac_place,
                'here': here.availability_frac, 'middle': middle.availability_frac
            },
            {
                'line': 6, 'item': 'interruptions_per_year', 'unit': '1/year',
                'place': here.interruptions_per_year_place,
                'here': here.interruptions_per_year, 'middle': middle.interruptions_per_year
            },
            {
                'line': 7, 'item': 'co2_kg_per_mwh', 'unit': 'kg/MWh', 'place': here.co2_kg_per_mwh_place,
                'here': here.co2_kg_per_mwh, 'middle': middle.co2_kg_per_mwh
            },
            {
                'line': 8, 'item': 'score', 'unit': '0-100', 'place': here.score_place,
                'here': here.score, 'middle': middle.score
            },
            {
                'line': 9, 'item': 'value_usd_per_mw', 'unit': 'USD/MW', 'place': here.value_usd_per_mw_place,
                'here': here.value_usd_per_mw, 'middle': middle.value_usd_per_mw
            }
        ]) as quantity
    from here
    cross join middle
),

points as (
    select
        anchors.component,
        anchors.column_name,
        anchors.weight,
        case anchors.component
            when 'speed' then here.speed_score
            when 'cost' then here.cost_score
            when 'reliability' then here.reliability_score
            when 'carbon' then here.carbon_score
        end as here_score,
        case anchors.component
            when 'speed' then middle.speed_score
            when 'cost' then middle.cost_score
            when 'reliability' then middle.reliability_score
            when 'carbon' then middle.carbon_score
        end as middle_score
    from score_anchors as anchors
    cross join here
    cross join middle
),

costs as (
    select
        parts.component,
        max(parts.component_order) as component_order,
        coalesce(max(parts.cost_usd_per_mwh) filter (where parts.region_id = here.region_id
            and parts.stack_id = here.stack_id), 0) as here_cost,
        coalesce(max(parts.cost_usd_per_mwh) filter (where parts.region_id = middle.region_id
            and parts.stack_id = middle.stack_id), 0) as middle_cost
    from lcoe_components as parts
    cross join here
    cross join middle
    where
        (parts.region_id = here.region_id and parts.stack_id = here.stack_id)
        or (parts.region_id = middle.region_id and parts.stack_id = middle.stack_id)
    group by parts.component
),

losses as (
    select
        causes.cause,
        coalesce(max(causes.lost_hours_per_year) filter (where causes.region_id = here.region_id
            and causes.stack_id = here.stack_id), 0) as here_hours,
        coalesce(max(causes.lost_hours_per_year) filter (where causes.region_id = middle.region_id
            and causes.stack_id = middle.stack_id), 0) as middle_hours
    from reliability as causes
    cross join here
    cross join middle
    where
        (causes.region_id = here.region_id and causes.stack_id = here.stack_id)
        or (causes.region_id = middle.region_id and causes.stack_id = middle.stack_id)
    group by causes.cause
),

lines as (
    select
        1 as section_order,
        'ranking' as section,
        quantities.quantity.line::bigint as line,
        quantities.quantity.item as item,
        quantities.quantity.here as value,
        quantities.quantity.unit as unit,
        quantities.quantity.middle as median_site_value,
        quantities.quantity.place as place,
        null::varchar as detail,
        null::varchar as source,
        null::varchar as as_of
    from quantities
    union all
    select
        2,
        'score_points',
        row_number() over (order by points.weight desc, points.component),
        points.component,
        points.weight * points.here_score,
        'points',
        points.weight * points.middle_score,
        null,
        'weight x utility of ' || points.column_name,
        null,
        null
    from points
    union all
    select
        3,
        'lcoe',
        costs.component_order,
        costs.component,
        costs.here_cost,
        'USD/MWh',
        costs.middle_cost,
        null,
        null,
        null,
        null
    from costs
    where costs.here_cost <> 0 or costs.middle_cost <> 0
    union all
    select
        4,
        'reliability',
        row_number() over (order by losses.here_hours desc, losses.cause),
        losses.cause,
        losses.here_hours,
        'lost h/year',
        losses.middle_hours,
        null,
        null,
        null,
        null
    from losses
    where losses.here_hours <> 0 or losses.middle_hours <> 0
    union all
    select
        5,
        'critical_path',
        path.activity_order,
        path.activity,
        path.criticality_frac,
        'share',
        null,
        row_number() over (order by path.criticality_frac desc, path.activity),
        path.description || ': months ' || round(path.start_mean_months, 1)
        || ' to ' || round(path.finish_mean_months, 1)
        || ', ' || round(path.months_saved_if_free, 1) || ' saved if it took no time',
        path.source,
        times.as_of
    from critical_path as path
    inner join here on path.region_id = here.region_id and path.stack_id = here.stack_id
    left join lead_times as times on path.duration_id = times.duration_id
    where path.on_critical_path_frac > 0
    union all
    select
        6,
        'input',
        row_number() over (order by prices.fuel),
        prices.fuel,
        prices.price,
        prices.unit,
        middle_prices.price,
        null,
        prices.price_basis || case when prices.is_fallback then ', a stand-in' else '' end,
        prices.source_title || ' (' || prices.publisher || ')',
        prices.as_of
    from fuel_prices as prices
    inner join here on prices.region_id = here.region_id
    cross join middle
    left join fuel_prices as middle_prices
        on middle.region_id = middle_prices.region_id and prices.fuel = middle_prices.fuel
)

select
    lines.section,
    lines.line,
    lines.item,
    lines.value,
    lines.unit,
    lines.median_site_value,
    lines.value - lines.median_site_value as difference,
    lines.place,
    lines.detail,
    lines.source,
    lines.as_of
from lines
order by lines.section_order, lines.line
