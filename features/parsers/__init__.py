"""What people read out of a raw field: seniority from a job title, a size band from "51-200".

Every parser takes any value and never raises: what it can't read is None. They are pure and
remember distinct values, so that a table costs its distinct values only.
"""

from collections.abc import Callable, Mapping

from features.parsers.country import country
from features.parsers.email import domain_type
from features.parsers.size import revenue_band, size_band
from features.parsers.title import department, seniority

#: by the name that `Attribute(part=...)` gives
PARSERS: Mapping[str, Callable[[object], str | float | None]] = {
    "seniority": seniority,
    "department": department,
    "size_band": size_band,
    "revenue_band": revenue_band,
    "domain_type": domain_type,
    "country": country,
}
