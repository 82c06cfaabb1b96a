-- Which inputs are oldest, and which rest on an assumption alone?
-- Prices and lead times as used; undated ones, which are assumptions, come first.
with inputs as (
    select
        'fuel_prices' as table_name,
        fuel as input,
        is_assumption,
        nullif(as_of, '') as as_of,
        source_title,
        publisher
    from fuel_prices
    union
    select
        'lead_times' as table_name,
        duration_id as input,
        is_assumption,
        nullif(as_of, '') as as_of,
        source_title,
        publisher
    from lead_times
)

select
    table_name,
    input,
    is_assumption,
    as_of,
    source_title,
    publisher
from inputs
order by as_of nulls first, table_name, input, source_title
