-- What does it cost to let nodes share less: hubs, utilities, weather, and correlated losses?
-- The price is value given up per MW of IT against the choice without limits.
select
    limit_kind,
    max_per_domain,
    max_correlation,
    value_usd_per_mw,
    price_usd_per_mw,
    price_frac,
    largest_domain_nodes,
    mean_correlation,
    loss_std_mwh
from diversification_curve
order by limit_kind, max_per_domain desc, max_correlation desc
