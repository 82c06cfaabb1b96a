-- Ranks region x stack rows by a score of your own weights; a weight left out keeps the published one.
-- Weights are relative to each other, not negative, and one of them is above 0; filters leave rows out before the
-- ranking. Rows of regions where no site may be built come last. A row without sampled years has no resilience and is
-- scored on its other parts. A state is given by its code or its name. demand weighs the people within 250 km.
-- eligible leaves out regions where no site may be built, attainment those that are nonattainment for any pollutant.
create or replace macro rank_sites(
    speed := null,
    cost := null,
    reliability := null,
    resilience := null,
    carbon := null,
    demand := 0.0,
    min_availability := 0.0,
    min_renewable := 0.0,
    max_lcoe := null,
    state := null,
    eligible := false,
    permit_class := null,
    max_gas_lateral_km := null,
    attainment := false
) as table
select
    row_number() over (
        order by
            weighted.is_eligible desc,
            weighted.is_target_met desc,
            weighted.weighted_score desc nulls last,
            weighted.region_id,
            weighted.stack_id
    ) as weighted_rank,
    weighted.weighted_score,
    weighted.rank,
    weighted.region_id,
    weighted.region_name,
    weighted.state,
    weighted.stack_id,
    weighted.first_mw_months_p50,
    weighted.full_mw_months_p50,
    weighted.lcoe_usd_per_mwh,
    weighted.availability_frac,
    weighted.lolh_hours_per_year,
    weighted.is_target_met,
    weighted.renewable_frac,
    weighted.is_eligible,
    weighted.co2_kg_per_mwh,
    weighted.value_usd_per_mw,
    weighted.speed_score,
    weighted.cost_score,
    weighted.reliability_score,
    weighted.resilience_score,
    weighted.carbon_score,
    weighted.demand_score
from (
    select
        sites.rank,
        sites.region_id,
        sites.region_name,
        sites.state,
        sites.stack_id,
        sites.first_mw_months_p50,
        sites.full_mw_months_p50,
        sites.lcoe_usd_per_mwh,
        sites.availability_frac,
        sites.lolh_hours_per_year,
        sites.is_target_met,
        sites.renewable_frac,
        sites.is_eligible,
        sites.co2_kg_per_mwh,
        sites.value_usd_per_mw,
        sites.speed_score,
        sites.cost_score,
        sites.reliability_score,
        sites.resilience_score,
        sites.carbon_score,
        places.demand_score,
        (
            weights.speed_weight * sites.speed_score
            + weights.cost_weight * sites.cost_score
            + weights.reliability_weight * sites.reliability_score
            + weights.resilience_weight * coalesce(sites.resilience_score, 0.0)
            + weights.carbon_weight * sites.carbon_score
            + weights.demand_weight * places.demand_score
        ) / case
            when sites.resilience_score is not null then weights.total_weight
            else
                nullif(
                    weights.speed_weight
                    + weights.cost_weight
                    + weights.reliability_weight
                    + weights.carbon_weight
                    + weights.demand_weight,
                    0.0
                )
        end as weighted_score
    from ranked_sites as sites
    inner join regions as places on sites.region_id = places.region_id
    cross join (
        select
            valid.speed_weight,
            valid.cost_weight,
            valid.reliability_weight,
            valid.resilience_weight,
            valid.carbon_weight,
            valid.demand_weight,
            case
                when
                    isfinite(valid.total_weight)
                    and valid.least_weight >= 0
                    and valid.total_weight > 0
                    then valid.total_weight
                else error('weights must be finite and not negative, and one of them above 0')
            end as total_weight
        from (
            select
                given.*,
                given.speed_weight
                + given.cost_weight
                + given.reliability_weight
                + given.resilience_weight
                + given.carbon_weight
                + given.demand_weight as total_weight,
                least(
                    given.speed_weight,
                    given.cost_weight,
                    given.reliability_weight,
                    given.resilience_weight,
                    given.carbon_weight,
                    given.demand_weight
                ) as least_weight
            from (
                select
                    coalesce(speed, published.speed_weight)::double as speed_weight,
                    coalesce(cost, published.cost_weight)::double as cost_weight,
                    coalesce(reliability, published.reliability_weight)::double as reliability_weight,
                    coalesce(resilience, published.resilience_weight)::double as resilience_weight,
                    coalesce(carbon, published.carbon_weight)::double as carbon_weight,
                    coalesce(demand, 0.0)::double as demand_weight
                from (
                    select
                        max(anchors.weight) filter (where anchors.component = 'speed') as speed_weight,
                        max(anchors.weight) filter (where anchors.component = 'cost') as cost_weight,
                        max(anchors.weight) filter (where anchors.component = 'reliability') as reliability_weight,
                        sum(
                            anchors.weight
                            order by anchors.column_name
                        ) filter (where anchors.component = 'resilience') as resilience_weight,
                        max(anchors.weight) filter (where anchors.component = 'carbon') as carbon_weight
                    from score_anchors as anchors
                ) as published
            ) as given
        ) as valid
    ) as weights
    where
        sites.availability_frac >= min_availability
        and sites.renewable_frac >= min_renewable
        and (not eligible or sites.is_eligible)
        and (permit_class is null or sites.air_permit_class = permit_class)
        and (max_gas_lateral_km is null or coalesce(sites.gas_lateral_km, 0.0) <= max_gas_lateral_km)
        and (not attainment or not coalesce(places.is_nonattainment_any, false))
        and (max_lcoe is null or sites.lcoe_usd_per_mwh <= max_lcoe)
        and (
            state is null
            or sites.state = coalesce(
                map_extract(
                    map {
                        'alabama': 'AL', 'alaska': 'AK', 'arizona': 'AZ', 'arkansas': 'AR', 'california': 'CA',
                        'colorado': 'CO', 'connecticut': 'CT', 'delaware': 'DE', 'district of columbia': 'DC',
                        'florida': 'FL', 'georgia': 'GA', 'hawaii': 'HI', 'idaho': 'ID', 'illinois': 'IL',
                        'indiana': 'IN', 'iowa': 'IA', 'kansas': 'KS', 'kentucky': 'KY', 'louisiana': 'LA',
                        'maine': 'ME', 'maryland': 'MD', 'massachusetts': 'MA', 'michigan': 'MI', 'minnesota': 'MN',
                        'mississippi': 'MS', 'missouri': 'MO', 'montana': 'MT', 'nebraska': 'NE', 'nevada': 'NV',
                        'new hampshire': 'NH', 'new jersey': 'NJ', 'new mexico': 'NM', 'new york': 'NY',
                        'north carolina': 'NC', 'north dakota': 'ND', 'ohio': 'OH', 'oklahoma': 'OK', 'oregon': 'OR',
                        'pennsylvania': 'PA', 'rhode island': 'RI', 'south carolina': 'SC', 'south dakota': 'SD',
                        'tennessee': 'TN', 'texas': 'TX', 'utah': 'UT', 'vermont': 'VT', 'virginia': 'VA',
                        'washington': 'WA', 'west virginia': 'WV', 'wisconsin': 'WI', 'wyoming': 'WY'
                    },
                    lower(trim(state))
                )[1],
                upper(trim(state))
            )
        )
) as weighted
order by weighted_rank
