"""The lifecycle, from a name on a list to a customer who brings others."""

from enum import StrEnum


class Stage(StrEnum):
    """The seven stages in their order; comparisons follow the lifecycle, not the alphabet."""

    SUBSCRIBER = "subscriber"
    LEAD = "lead"
    MARKETING_QUALIFIED = "marketing_qualified"
    SALES_QUALIFIED = "sales_qualified"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"
    EVANGELIST = "evangelist"

    @property
    def rank(self) -> int:
        """0 for subscriber to 6 for evangelist."""
        return _RANKS[self]


_RANKS = {stage: rank for rank, stage in enumerate(Stage)}
