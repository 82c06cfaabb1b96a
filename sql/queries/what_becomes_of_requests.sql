-- What becomes of requests in the interconnection queues, and how long do the energised wait?
-- Withdrawal competes with operation; where a file does not say enough, the published statistic stands alone.
select
    iso,
    technology_class,
    size_class,
    requests,
    round(energised_frac, 3) as energised_frac,
    round(withdrawn_frac, 3) as withdrawn_frac,
    round(waiting_frac, 3) as waiting_frac,
    watched_through_months,
    wait_months_p50,
    published_energised_frac,
    published_withdrawn_frac,
    published_wait_months,
    published_wait_cohort,
    reason
from queue_outcomes
where is_preferred and size_class = 'all'
order by iso, technology_class
