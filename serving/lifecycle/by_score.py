"""Which stage a score earns: fit and intent both, with an exit below the entry and a least stay in between."""

from dataclasses import dataclass

from features.settings import Grade, Lifecycle
from features.stages import Stage
from serving.lifecycle.decision import Because, Facts, Ground, Scored

Grounds = tuple[Ground, ...]

GRADES = "DCBA"  #: ascending
MISSED = frozenset({Because.SCORE_MISSED, Because.FIT_MISSED, Because.NOT_ACTIVE_ENOUGH})


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What a stage asks for. Who is inside needs the lower `exit_score` only, and no fresh activity."""

    stage: Stage
    min_score: float
    exit_score: float
    min_fit: Grade
    inside: bool

    def grounds(self, facts: Facts, answer: Scored, policy: Lifecycle) -> Grounds:
        """What is reached and what is missed."""
        found = [self._score(answer.score), self._fit(answer.fit)]
        if facts.active_days is not None and not self.inside:
            active = facts.active_days >= policy.min_active_days
            values = {"days": facts.active_days, "within": policy.active_within_days, "needed": policy.min_active_days}
            code = Because.ACTIVE if active else Because.NOT_ACTIVE_ENOUGH
            found.append(Ground(code=code, values=values | {"stage": self.stage}))
        return tuple(found)

    def _score(self, score: float) -> Ground:
        values = {"score": score, "needed": self.min_score, "stage": self.stage}
        if score >= self.min_score:
            return Ground(code=Because.SCORE_REACHED, values=values)
        if self.inside and score >= self.exit_score:
            return Ground(code=Because.SCORE_KEPT, values=values | {"kept": self.exit_score})
        needed = self.exit_score if self.inside else self.min_score
        return Ground(code=Because.SCORE_MISSED, values=values | {"needed": needed})

    def _fit(self, fit: Grade) -> Ground:
        reached = GRADES.index(fit) >= GRADES.index(self.min_fit)
        code = Because.FIT_REACHED if reached else Because.FIT_MISSED
        return Ground(code=code, values={"fit": fit, "needed": self.min_fit, "stage": self.stage})


def by_score(current: Stage, facts: Facts, answer: Scored, policy: Lifecycle) -> tuple[Stage, Grounds]:
    """The highest stage whose gate lets the lead in, and why; below, why not."""
    sql, mql = _gates(current, facts, policy)
    for_sales = sql.grounds(facts, answer, policy)
    if not _missed(for_sales):
        return Stage.SALES_QUALIFIED, for_sales
    for_marketing = mql.grounds(facts, answer, policy)
    missed = _missed(for_marketing)
    if not missed:
        return Stage.MARKETING_QUALIFIED, (*for_marketing, *_not_yet(for_sales))
    if mql.inside and facts.stage_days is not None and facts.stage_days < policy.min_days_in_stage:
        values = {"days": facts.stage_days, "allowed": policy.min_days_in_stage, "stage": current}
        return current, (Ground(code=Because.DWELLS, values=values), *missed)
    return _below_qualified(current, facts, missed)


def _gates(current: Stage, facts: Facts, policy: Lifecycle) -> tuple[Gate, Gate]:
    sql = Gate(
        stage=Stage.SALES_QUALIFIED,
        min_score=policy.sql_min_score,
        exit_score=policy.sql_exit,
        min_fit=policy.sql_min_fit,
        inside=facts.offered,
    )
    mql = Gate(
        stage=Stage.MARKETING_QUALIFIED,
        min_score=policy.mql_min_score,
        exit_score=policy.mql_exit,
        min_fit=policy.mql_min_fit,
        inside=current is Stage.MARKETING_QUALIFIED,
    )
    return sql, mql


def _missed(grounds: Grounds) -> Grounds:
    return tuple(ground for ground in grounds if ground.code in MISSED)


_NOT_YET = {Because.SCORE_MISSED: Because.NOT_YET_SCORE, Because.FIT_MISSED: Because.NOT_YET_FIT}


def _not_yet(for_sales: Grounds) -> Grounds:
    """What keeps a marketing qualified lead from sales."""
    return tuple(Ground(code=_NOT_YET.get(g.code, g.code), values=g.values) for g in _missed(for_sales))


def _below_qualified(current: Stage, facts: Facts, missed: Grounds) -> tuple[Stage, Grounds]:
    if current is not Stage.SUBSCRIBER:
        return Stage.LEAD, missed
    if facts.evidence is not None and facts.evidence.rank >= Stage.LEAD.rank:
        return Stage.LEAD, (Ground(code=Because.SHOWED_INTEREST), *missed)
    return Stage.SUBSCRIBER, (Ground(code=Because.SUBSCRIBED_ONLY), *missed)
