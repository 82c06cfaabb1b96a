-- One row per region and design that no other design of the region beats on cost, CO2 and availability together.
-- A design is beaten when another one costs no more, emits no more and serves no less, and is better in one of them.
with ordered as (
    select
        region_id,
        stack_id,
        design_id,
        lcoe_usd_per_mwh,
        co2_kg_per_mwh,
        availability_frac,
        row_number() over in_cost_order as cost_rank
    from sim.candidates
    window in_cost_order as (
        partition by region_id
        order by lcoe_usd_per_mwh, co2_kg_per_mwh, availability_frac desc, design_id
    )
),

-- Only a row that stands before another in this order can beat it. What beats a row beats all that the row beats, so
-- most fall to their neighbours already, and only the rest have to meet all others.
blocks as (
    select
        region_id,
        stack_id,
        design_id,
        lcoe_usd_per_mwh,
        co2_kg_per_mwh,
        availability_frac,
        cost_rank,
        (cost_rank - 1) // 32 as block
    from ordered
),

unbeaten_in_block as (
    select
        here.region_id,
        here.stack_id,
        here.design_id,
        here.lcoe_usd_per_mwh,
        here.co2_kg_per_mwh,
        here.availability_frac,
        here.cost_rank
    from blocks as here
    where
        not exists (
            select 1
            from blocks as other
            where
                other.region_id = here.region_id
                and other.block = here.block
                and other.cost_rank < here.cost_rank
                and other.co2_kg_per_mwh <= here.co2_kg_per_mwh
                and other.availability_frac >= here.availability_frac
                and (
                    other.lcoe_usd_per_mwh < here.lcoe_usd_per_mwh
                    or other.co2_kg_per_mwh < here.co2_kg_per_mwh
                    or other.availability_frac > here.availability_frac
                )
        )
)

select
    here.region_id,
    here.stack_id,
    here.design_id,
    here.lcoe_usd_per_mwh,
    here.co2_kg_per_mwh,
    here.availability_frac
from unbeaten_in_block as here
where
    not exists (
        select 1
        from unbeaten_in_block as other
        where
            other.region_id = here.region_id
            and other.cost_rank < here.cost_rank
            and other.co2_kg_per_mwh <= here.co2_kg_per_mwh
            and other.availability_frac >= here.availability_frac
            and (
                other.lcoe_usd_per_mwh < here.lcoe_usd_per_mwh
                or other.co2_kg_per_mwh < here.co2_kg_per_mwh
                or other.availability_frac > here.availability_frac
            )
    )
order by here.region_id, here.lcoe_usd_per_mwh, here.design_id
