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
        sites.online_years_discounted,
        sites.net_usd_per_mw_year,
        sites.power_usd_per_mw_year,
        sites.restart_usd_per_mw_year,
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

here as materialized (
    select best.*
    from best
    where best.region_id = region_id
),

middle as materialized (
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

wanted as (
    select
        here.region_id,
        here.stack_id
    from here
    union
    select
        middle.region_id,
        middle.stack_id
    from middle
),

adequacy_lines as (
    select
        found.region_id,
        found.stack_id,
        unnest([
            {
                'line': 1, 'item': 'lolh_hours_per_year', 'unit': 'h/year', 'value': found.lolh_hours_per_year,
                'detail': 'convolution'
            },
            {
                'line': 2, 'item': 'mc_lolh_hours_per_year', 'unit': 'h/year', 'value': found.mc_lolh_hours_per_year,
                'detail': 'sampled, standard error ' || round(found.mc_lolh_hours_per_year_se, 2)
            },
            {
                'line': 3, 'item': 'mc_lole_events_per_year', 'unit': '1/year', 'value': found.mc_lole_events_per_year,
                'detail': 'sampled, standard error ' || round(found.mc_lole_events_per_year_se, 2)
            },
            {
                'line': 4, 'item': 'eue_mwh_per_year', 'unit': 'MWh/year', 'value': found.eue_mwh_per_year,
                'detail': 'convolution, most of it ' || found.largest_cause
            },
            {
                'line': 5, 'item': 'mc_eue_mwh_per_year', 'unit': 'MWh/year', 'value': found.mc_eue_mwh_per_year,
                'detail': 'sampled, standard error ' || round(found.mc_eue_mwh_per_year_se, 1)
            },
            {
                'line': 6, 'item': 'mc_bridged_mwh_per_year', 'unit': 'MWh/year',
                'value': found.mc_bridged_mwh_per_year,
                'detail': 'saved by the battery, standard error ' || round(found.mc_bridged_mwh_per_year_se, 1)
            },
            {
                'line': 7, 'item': 'mc_unserved_mwh_p50', 'unit': 'MWh', 'value': found.mc_unserved_mwh_p50,
                'detail': 'median of ' || found.mc_years || ' years'
            },
            {
                'line': 8, 'item': 'mc_unserved_mwh_p95', 'unit': 'MWh', 'value': found.mc_unserved_mwh_p95,
                'detail': '95th percentile of years'
            },
            {
                'line': 9, 'item': 'mc_unserved_mwh_p99', 'unit': 'MWh', 'value': found.mc_unserved_mwh_p99,
                'detail': '99th percentile of years'
            },
            {
                'line': 10, 'item': 'mc_longest_outage_hours', 'unit': 'h', 'value': found.mc_longest_outage_hours,
                'detail': 'longest event of all years'
            },
            {
                'line': 11, 'item': 'nines', 'unit': '1', 'value': found.nines,
                'detail': 'nines of the availability, convolution'
            },
            {
                'line': 12, 'item': 'survives_8h_frac', 'unit': 'share', 'value': found.survives_8h_frac,
                'detail': 'loss of ' || found.survival_of || ' for 8 h from a random hour'
            },
            {
                'line': 13, 'item': 'survives_24h_frac', 'unit': 'share', 'value': found.survives_24h_frac,
                'detail': 'loss of ' || found.survival_of || ' for 24 h from a random hour'
            }
        ]) as figure
    from adequacy as found
    inner join wanted on found.region_id = wanted.region_id and found.stack_id = wanted.stack_id
),

-- Value is years online x yearly net, and net is availability x (margin - power) - restarts. The change of a product is
-- each factor's change times the mean of the other, so the three parts sum to the difference of the values.
value_parts as (
    select
        unnest([
            {
                'line': 1, 'item': 'speed',
                'value': (here.online_years_discounted - middle.online_years_discounted)
                * (here.net_usd_per_mw_year + middle.net_usd_per_mw_year) / 2
            },
            {
                'line': 2, 'item': 'cost',
                'value': -(here.power_usd_per_mw_year - middle.power_usd_per_mw_year)
                * (here.availability_frac + middle.availability_frac) / 2
                * (here.online_years_discounted + middle.online_years_discounted) / 2
            },
            {
                'line': 3, 'item': 'availability',
                'value': (
                    (here.availability_frac - middle.availability_frac)
                    * (
                        (here.net_usd_per_mw_year + here.restart_usd_per_mw_year) / here.availability_frac
                        + (middle.net_usd_per_mw_year + middle.restart_usd_per_mw_year) / middle.availability_frac
                    ) / 2
                    - (here.restart_usd_per_mw_year - middle.restart_usd_per_mw_year)
                ) * (here.online_years_discounted + middle.online_years_discounted) / 2
            }
        ]) as part
    from here
    cross join middle
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
        'adequacy',
        found.figure.line::bigint,
        found.figure.item,
        found.figure.value,
        found.figure.unit,
        middle_found.figure.value,
        null,
        found.figure.detail,
        null,
        null
    from adequacy_lines as found
    inner join here on found.region_id = here.region_id and found.stack_id = here.stack_id
    cross join middle
    left join adequacy_lines as middle_found
        on
            middle.region_id = middle_found.region_id
            and middle.stack_id = middle_found.stack_id
            and found.figure.item = middle_found.figure.item
    where found.figure.value is not null
    union all
    select
        6,
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
        7,
        'input',
        row_number() over (order by prices.fuel),
        prices.fuel,
        prices.level_price,
        prices.unit,
        middle_prices.level_price,
        null,
        prices.price_basis || case when prices.is_fallback then ', a stand-in' else '' end,
        prices.source_title || ' (' || prices.publisher || ')',
        prices.as_of
    from fuel_prices as prices
    inner join here on prices.region_id = here.region_id
    cross join middle
    left join fuel_prices as middle_prices
        on middle.region_id = middle_prices.region_id and prices.fuel = middle_prices.fuel
    union all
    select
        8,
        'value_parts',
        value_parts.part.line::bigint,
        value_parts.part.item,
        value_parts.part.value,
        'USD/MW',
        0.0,
        null,
        'part of the difference of the values',
        null,
        null
    from value_parts
    union all
    select
        9,
        'assumption',
        row_number() over (order by ranges.effect in ('revenue', 'compute_capital'), swings.importance),
        swings.assumption_id,
        swings.swing_usd_per_mw,
        'USD/MW',
        null,
        null,
        ranges.meaning || ': ' || case
            when abs(swings.high) >= 1e5 then format('{:.1f} to {:.1f} M ', swings.low / 1e6, swings.high / 1e6)
            else format('{:.4g} to {:.4g} ', swings.low, swings.high)
        end || swings.unit || ', value ' || format('{:.2f} to {:.2f} M USD/MW', swings.value_at_low_usd_per_mw / 1e6,
            swings.value_at_high_usd_per_mw / 1e6) || '; ' || ranges.reason,
        nullif(ranges.source_title, '') || ' (' || ranges.publisher || ')',
        nullif(ranges.as_of, '')
    from site_sensitivity as swings
    inner join here on swings.region_id = here.region_id and swings.stack_id = here.stack_id
    inner join uncertainties as ranges on swings.assumption_id = ranges.assumption_id
    -- Three that sites differ in, then what moves every site alike; what-ifs are left to scenarios.
    where ranges.effect <> 'carbon'
    qualify
        row_number() over (
            partition by ranges.effect in ('revenue', 'compute_capital')
            order by swings.importance
        ) <= 3
    union all
    select
        10,
        'flip',
        row_number() over (order by flips.pair, flips.closeness),
        flips.assumption_id,
        flips.flip,
        flips.unit,
        null,
        null,
        'base ' || format('{:.4g}', flips.base) || '; there it is worth no more than '
        || flips.other_region_id || ' with ' || flips.other_stack_id
        || case when flips.is_within_range then '' else ', outside the range' end,
        null,
        null
    from rank_flips as flips
    inner join here on flips.region_id = here.region_id and flips.stack_id = here.stack_id
    where flips.closeness <= 2
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
