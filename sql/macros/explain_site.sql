-- Why a region stands where it stands: its best stack beside that of the median site, line by line, with the inputs.
-- The median site is the region in the middle of the region ranking; place counts regions by their best stack, from 1.
-- Subqueries, not WITH: clients of DuckDB 1.4.0 and 1.4.1 do not find the names of a WITH in a stored macro.
create or replace macro explain_site(region_id) as table
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
from (
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
    from (
        select
            unnest([
                {
                    'line': 1, 'item': 'first_mw_months_p50', 'unit': 'months',
                    'place': places.first_mw_months_p50_place,
                    'here': pair.here_first_mw_months_p50, 'middle': pair.middle_first_mw_months_p50
                },
                {
                    'line': 2, 'item': 'full_mw_months_p50', 'unit': 'months', 'place': places.full_mw_months_p50_place,
                    'here': pair.here_full_mw_months_p50, 'middle': pair.middle_full_mw_months_p50
                },
                {
                    'line': 3, 'item': 'usable_mw_months_60', 'unit': 'MW-months',
                    'place': places.usable_mw_months_60_place,
                    'here': pair.here_usable_mw_months_60, 'middle': pair.middle_usable_mw_months_60
                },
                {
                    'line': 4, 'item': 'lcoe_usd_per_mwh', 'unit': 'USD/MWh', 'place': places.lcoe_usd_per_mwh_place,
                    'here': pair.here_lcoe_usd_per_mwh, 'middle': pair.middle_lcoe_usd_per_mwh
                },
                {
                    'line': 5, 'item': 'availability_frac', 'unit': 'share', 'place': places.availability_frac_place,
                    'here': pair.here_availability_frac, 'middle': pair.middle_availability_frac
                },
                {
                    'line': 6, 'item': 'lolh_hours_per_year', 'unit': 'h/year',
                    'place': places.lolh_hours_per_year_place,
                    'here': pair.here_lolh_hours_per_year, 'middle': pair.middle_lolh_hours_per_year
                },
                {
                    'line': 7, 'item': 'interruptions_per_year', 'unit': '1/year',
                    'place': places.interruptions_per_year_place,
                    'here': pair.here_interruptions_per_year, 'middle': pair.middle_interruptions_per_year
                },
                {
                    'line': 8, 'item': 'co2_kg_per_mwh', 'unit': 'kg/MWh', 'place': places.co2_kg_per_mwh_place,
                    'here': pair.here_co2_kg_per_mwh, 'middle': pair.middle_co2_kg_per_mwh
                },
                {
                    'line': 9, 'item': 'score', 'unit': '0-100', 'place': places.score_place,
                    'here': pair.here_score, 'middle': pair.middle_score
                },
                {
                    'line': 10, 'item': 'value_usd_per_mw', 'unit': 'USD/MW', 'place': places.value_usd_per_mw_place,
                    'here': pair.here_value_usd_per_mw, 'middle': pair.middle_value_usd_per_mw
                }
            ]) as quantity
        from compare_site(region_id) as pair
            inner join best_places() as places on pair.here_region_id = places.region_id
    ) as quantities
    union all
    select
        2,
        'score_points',
        row_number() over (order by points.weight desc, points.component),
        points.component,
        points.here_weight * points.here_score / sum(points.here_weight) over (
            order by points.component rows between unbounded preceding and unbounded following
        ),
        'points',
        points.middle_weight * points.middle_score / sum(points.middle_weight) over (
            order by points.component rows between unbounded preceding and unbounded following
        ),
        null,
        'weight x utility of ' || points.column_name,
        null,
        null
    from (
        select
            scores.*,
            -- A part that a row does not have weighs nothing there.
            case when scores.here_score is null then 0.0 else scores.weight end as here_weight,
            case when scores.middle_score is null then 0.0 else scores.weight end as middle_weight
        from (
            select
                parts.component,
                parts.column_name,
                parts.weight,
                case parts.component
                    when 'speed' then pair.here_speed_score
                    when 'cost' then pair.here_cost_score
                    when 'reliability' then pair.here_reliability_score
                    when 'resilience' then pair.here_resilience_score
                    when 'carbon' then pair.here_carbon_score
                end as here_score,
                case parts.component
                    when 'speed' then pair.middle_speed_score
                    when 'cost' then pair.middle_cost_score
                    when 'reliability' then pair.middle_reliability_score
                    when 'resilience' then pair.middle_resilience_score
                    when 'carbon' then pair.middle_carbon_score
                end as middle_score
            from (
                select
                    anchors.component,
                    string_agg(anchors.column_name, ' and ' order by anchors.column_name) as column_name,
                    sum(anchors.weight order by anchors.column_name) as weight
                from score_anchors as anchors
                group by anchors.component
            ) as parts
            cross join compare_site(region_id) as pair
        ) as scores
    ) as points
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
    from (
        select
            parts.component,
            max(parts.component_order) as component_order,
            coalesce(max(parts.cost_usd_per_mwh) filter (where parts.region_id = pair.here_region_id
                and parts.stack_id = pair.here_stack_id), 0) as here_cost,
            coalesce(max(parts.cost_usd_per_mwh) filter (where parts.region_id = pair.middle_region_id
                and parts.stack_id = pair.middle_stack_id), 0) as middle_cost
        from lcoe_components as parts
        cross join compare_keys(region_id) as pair
        where
            (parts.region_id = pair.here_region_id and parts.stack_id = pair.here_stack_id)
            or (parts.region_id = pair.middle_region_id and parts.stack_id = pair.middle_stack_id)
        group by parts.component
    ) as costs
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
    from (
        select
            causes.cause,
            coalesce(max(causes.lost_hours_per_year) filter (where causes.region_id = pair.here_region_id
                and causes.stack_id = pair.here_stack_id), 0) as here_hours,
            coalesce(max(causes.lost_hours_per_year) filter (where causes.region_id = pair.middle_region_id
                and causes.stack_id = pair.middle_stack_id), 0) as middle_hours
        from reliability as causes
        cross join compare_keys(region_id) as pair
        where
            (causes.region_id = pair.here_region_id and causes.stack_id = pair.here_stack_id)
            or (causes.region_id = pair.middle_region_id and causes.stack_id = pair.middle_stack_id)
        group by causes.cause
    ) as losses
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
    from compared_adequacy(region_id) as found
    inner join compare_keys(region_id) as pair
        on found.region_id = pair.here_region_id and found.stack_id = pair.here_stack_id
    left join compared_adequacy(region_id) as middle_found
        on
            pair.middle_region_id = middle_found.region_id
            and pair.middle_stack_id = middle_found.stack_id
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
    inner join compare_keys(region_id) as pair
        on path.region_id = pair.here_region_id and path.stack_id = pair.here_stack_id
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
    inner join compare_keys(region_id) as pair on prices.region_id = pair.here_region_id
    left join fuel_prices as middle_prices
        on pair.middle_region_id = middle_prices.region_id and prices.fuel = middle_prices.fuel
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
    from (
        select
            unnest([
                {
                    'line': 1, 'item': 'speed',
                    'value': (pair.here_online_years_discounted - pair.middle_online_years_discounted)
                    * (pair.here_net_usd_per_mw_year + pair.middle_net_usd_per_mw_year) / 2
                },
                {
                    'line': 2, 'item': 'cost',
                    'value': -(pair.here_power_usd_per_mw_year - pair.middle_power_usd_per_mw_year)
                    * (pair.here_online_availability_frac + pair.middle_online_availability_frac) / 2
                    * (pair.here_online_years_discounted + pair.middle_online_years_discounted) / 2
                },
                {
                    'line': 3, 'item': 'availability',
                    'value': (
                        (pair.here_online_availability_frac - pair.middle_online_availability_frac)
                        * (
                            (pair.here_net_usd_per_mw_year + pair.here_restart_usd_per_mw_year)
                            / pair.here_online_availability_frac
                            + (pair.middle_net_usd_per_mw_year + pair.middle_restart_usd_per_mw_year)
                            / pair.middle_online_availability_frac
                        ) / 2
                        - (pair.here_restart_usd_per_mw_year - pair.middle_restart_usd_per_mw_year)
                    ) * (pair.here_online_years_discounted + pair.middle_online_years_discounted) / 2
                }
            ]) as part
        from compare_site(region_id) as pair
    ) as value_parts
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
    inner join compare_keys(region_id) as pair
        on swings.region_id = pair.here_region_id and swings.stack_id = pair.here_stack_id
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
    inner join compare_keys(region_id) as pair
        on flips.region_id = pair.here_region_id and flips.stack_id = pair.here_stack_id
    where flips.closeness <= 2
) as lines
order by lines.section_order, lines.line
