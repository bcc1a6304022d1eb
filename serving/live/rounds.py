"""One round of scoring: leads are read, scored and decided on, then everything is written at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from features.clock import SECOND
from serving.live.assess import Assessed, assess
from serving.live.before import Before, befores_of, scores_a_week_ago
from serving.live.case import Living, livings_of
from serving.live.finding import finding_of
from serving.live.own_writes import OwnWrites
from serving.live.record import Recorded, Round, record
from serving.predict import Case, Predictor
from serving.store.facts import Place
from serving.store.family import Family, families_of
from serving.store.store import Store
from serving.store.writer import Act, Write, last_seq

KEY = "engine"  #: who writes, for the audit


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """A lead as it stands after a round, and who can answer for it."""

    case: Case
    predictor: Predictor


@dataclass(frozen=True, kw_only=True)
class Read:
    """Leads as one moment of the store had them."""

    seen_seq: int
    families: Mapping[str, Family]
    livings: Mapping[str, Living]
    before: Mapping[str, Before]
    week_ago: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Leads with their scores, and what is to be written of them."""

    round: Round
    found: Sequence[Assessed]
    ended: Mapping[str, Living]  #: those that nobody is to be shown a score of


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """Makes rounds with one predictor on one store."""

    store: Store
    predictor: Predictor

    def make(
        self, lead_ids: Sequence[str], now: int, *, also: Callable[[Write, Recorded], None] = lambda *_: None
    ) -> tuple[Seen, Recorded]:
        """Bring these leads up to date as of `now`; `also` is done in the same write."""
        seen = self.read(lead_ids, now)
        return seen, self.write(seen.round, now, also=also)

    def read(self, lead_ids: Sequence[str], now: int) -> Seen:
        """Read leads as one moment of the store has them, and score those that are to be scored."""
        read = self._read(lead_ids, now)
        ended = {root: living for root, living in read.livings.items() if living.place.ended}
        found = assess(self.predictor, [living for root, living in read.livings.items() if root not in ended])
        findings = [
            finding_of(
                one,
                now=now,
                seen_seq=read.seen_seq,
                before=read.before.get(one.lead_id),
                week_ago=read.week_ago.get(one.lead_id),
            )
            for one in found
        ]
        round_ = Round(
            seen_seq=read.seen_seq,
            members={root: family.members for root, family in read.families.items()},
            ended={root: _why(living.place) for root, living in ended.items()},
            found=findings,
            shown={root: before.ledger_id for root, before in read.before.items()},
        )
        return Seen(round=round_, found=found, ended=ended)

    def _read(self, lead_ids: Sequence[str], now: int) -> Read:
        ahead = round(self.predictor.settings.service.max_clock_skew_seconds * SECOND)
        with self.store.reading() as connection:
            seen_seq = last_seq(connection)
            families = {family.root: family for family in families_of(connection, lead_ids).values()}
            roots = list(families)
            return Read(
                seen_seq=seen_seq,
                families=families,
                livings=livings_of(connection, families.values(), now, ahead=ahead),
                before=befores_of(connection, roots),
                week_ago=scores_a_week_ago(connection, roots, now),
            )

    def write(
        self,
        seen: Round,
        now: int,
        *,
        own: OwnWrites | None = None,
        also: Callable[[Write, Recorded], None] = lambda *_: None,
    ) -> Recorded:
        """Write what was found as of `now`; `own` are the writes of which these leads are known to be no part."""
        writes = OwnWrites() if own is None else own

        def job(write: Write) -> tuple[Recorded, int]:
            upto = replace(seen, seen_seq=writes.seen(seen.seen_seq, write.seq))
            recorded = record(write, upto, self.predictor.settings.lifecycle)
            also(write, recorded)
            return recorded, write.seq

        act = Act(now=now, key_id=KEY, action="rescore", rows=len(seen.members))
        recorded, seq = self.store.write(job, act)
        writes.note(seq)
        return recorded

    def fresh(self, seen: Seen, wanted: Collection[str]) -> dict[str, Fresh | None]:
        """What can be answered of these leads now, by any of their ids; None of one that was won or lost."""
        cases: dict[str, Case | None] = {one.lead_id: _after(one) for one in seen.found}
        for root, living in seen.ended.items():
            cases[root] = living.case if living.place.objects_to_profiling else None
        found: dict[str, Fresh | None] = {}
        for root, members in seen.round.members.items():
            case = cases[root]
            answer = None if case is None else Fresh(case=case, predictor=self.predictor)
            found |= {member: answer for member in members if member in wanted}
        return found


def _why(place: Place) -> str:
    """Why nobody is to be shown a score of the lead."""
    if place.objects_to_profiling:
        return "objected"
    return place.closed.kind if place.closed else "customer"


def _after(one: Assessed) -> Case:
    """The case as it is once the decision has been carried out."""
    decision, case = one.decision, one.living.case
    moved = decision.moves_to is not decision.current
    stage = {"stage": decision.moves_to, "stage_since": case.as_of} if moved else {}
    offered = decision.offers or (case.offered and decision.recommended.rank >= decision.moves_to.rank)
    return replace(case, facts=case.facts.model_copy(update=stage), offered=offered)
