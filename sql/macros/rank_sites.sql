-- Ranks region x stack rows by a score of your own weights; a weight left out keeps the published one.
-- Weights are relative to each other; filters leave rows out before the ranking.
create or replace macro rank_sites(
    speed := null,
    cost := null,
    reliability := null,
    carbon := null,
    min_availability := 0.0,
    max_lcoe := null,
    state := null
) as table
with published as (
    select
        max(anchors.weight) filter (where anchors.component = 'speed') as speed_weight,
        max(anchors.weight) filter (where anchors.component = 'cost') as cost_weight,
        max(anchors.weight) filter (where anchors.component = 'reliability') as reliability_weight,
        max(anchors.weight) filter (where anchors.component = 'carbon') as carbon_weight
    from score_anchors as anchors
),

weights as (
    select
        coalesce(speed, published.speed_weight)::double as speed_weight,
        coalesce(cost, published.cost_weight)::double as cost_weight,
        coalesce(reliability, published.reliability_weight)::double as reliability_weight,
        coalesce(carbon, published.carbon_weight)::double as carbon_weight
    from published
),

weighted as (
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
        sites.is_target_met,
        sites.co2_kg_per_mwh,
        sites.value_usd_per_mw,
        sites.speed_score,
        sites.cost_score,
        sites.reliability_score,
        sites.carbon_score,
        (
            weights.speed_weight * sites.speed_score
            + weights.cost_weight * sites.cost_score
            + weights.reliability_weight * sites.reliability_score
            + weights.carbon_weight * sites.carbon_score
        ) / nullif(
            weights.speed_weight + weights.cost_weight + weights.reliability_weight + weights.carbon_weight, 0
        ) as weighted_score
    from ranked_sites as sites
    cross join weights
    where
        sites.availability_frac >= min_availability
        and (max_lcoe is null or sites.lcoe_usd_per_mwh <= max_lcoe)
        and (state is null or sites.state = state)
)

select
    row_number() over (
        order by weighted.is_target_met desc, weighted.weighted_score desc, weighted.region_id, weighted.stack_id
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
    weighted.is_target_met,
    weighted.co2_kg_per_mwh,
    weighted.value_usd_per_mw,
    weighted.speed_score,
    weighted.cost_score,
    weighted.reliability_score,
    weighted.carbon_score
from weighted
order by weighted_rank
