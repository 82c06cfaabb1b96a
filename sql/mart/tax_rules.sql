-- One row per rule of federal tax on power plant: credits by technology and date, depreciation, income tax.
select
    rule_id,
    technology,
    provision,
    begins_from,
    begins_by,
    in_service_by,
    continuity_years,
    value,
    value_without_wages,
    unit,
    credit_years,
    note,
    source_title,
    publisher,
    url,
    as_of
from core.tax_rules
order by rule_id
