"""How marketing and sales work with the score: capacity and the lifecycle."""

from typing import Self

from pydantic import Field, model_validator

from features.settings.section import Days, Grade, Section


class Capacity(Section):
    """How many leads sales can really work."""

    reps: int = Field(5, ge=1)  #: people who call leads
    calls_per_rep_per_day: int = Field(12, ge=1)  #: first calls that one of them can make


class Lifecycle(Section):
    """The definition of a qualified lead that marketing and sales share."""

    mql_min_score: float = Field(75, ge=0, le=100)  #: percentile from which a lead may be marketing qualified
    mql_min_fit: Grade = "C"  #: and the fit that it needs as well
    sql_min_score: float = Field(92, ge=0, le=100)  #: percentile from which a hand-off is recommended
    sql_min_fit: Grade = "B"  #: and the fit that it needs as well
    min_active_days: int = Field(2, ge=1)  #: one form filled in is not a qualified lead
    fast_track: tuple[str, ...] = ("demo_request", "quote_request", "contact_sales")  #: kinds that go straight to sales
    fast_track_days: Days = 14  #: how long such a request keeps its force
    idle_days: Days = 45  #: without any activity a lead goes back to nurturing

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.sql_min_score < self.mql_min_score:
            raise ValueError("sql_min_score is below mql_min_score; give sales qualified the higher one")
        return self
