"""When `ripeness drift` says that the world moved."""

from pydantic import Field

from features.settings.section import Section, Share


class Drift(Section):
    """When `ripeness drift` says that the world moved: more than chance explains, and enough to matter."""

    false_alarm_share: Share = 0.01  #: of runs that may alarm although nothing moved
    min_psi: float = Field(0.05, ge=0)  #: population stability index below which nobody is told
    min_calibration_ratio: float = Field(1.25, ge=1)  #: of expected to realised wins, either way; less is not told
    min_leads: int = Field(50, ge=1)  #: scored leads; of fewer nothing can be said
