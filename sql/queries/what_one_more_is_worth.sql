-- What is one more transformer, engine, crew, dollar or month worth to each build-out?
-- Discounted usable MW-months at the margin of the linear relaxation; nothing where a limit does not bind.
select
    strategy,
    resource,
    unit,
    had,
    worth_mw_months,
    method
from supply_shadow_prices
where worth_mw_months > 0
order by strategy, worth_mw_months desc, resource
