"""Where a lead stands and what to do next: pure functions of facts, a score and the agreed policy.

A score moves a lead among subscriber, lead and marketing qualified, and recommends sales qualified.
Opportunity, customer and evangelist are facts of the CRM: they are never written or taken away here.
"""

from serving.lifecycle.decide import decide
from serving.lifecycle.decision import (
    OWNERS,
    Action,
    Because,
    Decision,
    Facts,
    Ground,
    Owner,
    Scored,
)

__all__ = ["OWNERS", "Action", "Because", "Decision", "Facts", "Ground", "Owner", "Scored", "decide"]
