"""One round of scoring: leads are read, scored and decided on, then everything is written at once."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from features.clock import SECOND
from serving.live.assess import Assessed, assess
from serving.live.before import befores_of, scores_a_week_ago
from serving.live.case import livings_of
from serving.live.record import Recorded, Round, record
from serving.predict import Case, Predictor
from serving.store.family import families_of
from serving.store.store import Store
from serving.store.writer import Act, Write, last_seq

KEY = "engine"  #: who writes, for the audit


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """A lead as it stands after a round, and who can answer for it."""

    case: Case
    predictor: Predictor


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """Makes rounds with one predictor on one store."""

    store: Store
    predictor: Predictor

    def make(
        self, lead_ids: Sequence[str], now: int, *, also: Callable[[Write, Recorded], None] = lambda *_: None
    ) -> tuple[Round, Recorded]:
        """Bring these leads up to date as of `now`; `also` is done in the same write."""
        seen = self.read(lead_ids, now)

        def job(write: Write) -> Recorded:
            recorded = record(write, seen)
            also(write, recorded)
            return recorded

        act = Act(now=now, key_id=KEY, action="rescore", rows=len(seen.members))
        return seen, self.store.write(job, act)

    def read(self, lead_ids: Sequence[str], now: int) -> Round:
        """Read leads as one moment of the store has them, and score those that are to be scored."""
        ahead = round(self.predictor.settings.service.max_clock_skew_seconds * SECOND)
        with self.store.reading() as connection:
            seen_seq = last_seq(connection)
            families = {family.root: family for family in families_of(connection, lead_ids).values()}
            livings = livings_of(connection, families.values(), now, ahead=ahead)
            roots = list(families)
            before = befores_of(connection, roots)
            week_ago = scores_a_week_ago(connection, roots, now)
        ended = {root: living for root, living in livings.items() if living.place.ended}
        return Round(
            seen_seq=seen_seq,
            members={root: family.members for root, family in families.items()},
            ended=ended,
            found=assess(self.predictor, [living for root, living in livings.items() if root not in ended]),
            before=before,
            week_ago=week_ago,
        )

    def fresh(self, seen: Round, wanted: Collection[str]) -> dict[str, Fresh | None]:
        """What can be answered of these leads now, by any of their ids; None of one that was won or lost."""
        cases: dict[str, Case | None] = {one.lead_id: _after(one) for one in seen.found}
        for root, living in seen.ended.items():
            cases[root] = living.case if living.place.objects_to_profiling else None
        found: dict[str, Fresh | None] = {}
        for root, members in seen.members.items():
            case = cases[root]
            answer = None if case is None else Fresh(case=case, predictor=self.predictor)
            found |= {member: answer for member in members if member in wanted}
        return found


def _after(one: Assessed) -> Case:
    """The case as it is once the decision has been carried out."""
    decision, case = one.decision, one.living.case
    moved = decision.moves_to is not decision.current
    stage = {"stage": decision.moves_to, "stage_since": case.as_of} if moved else {}
    offered = decision.offers or (case.offered and decision.recommended.rank >= decision.moves_to.rank)
    return replace(case, facts=case.facts.model_copy(update=stage), offered=offered)
