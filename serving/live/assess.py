"""Many leads of the store scored in one call, each with what is decided of it: plain data, nothing written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import orjson

from features.rows import lead_row
from models.explain import Explanation, Reason, explain
from models.groups import Groups
from serving.language import LANGUAGES, catalog
from serving.lifecycle import Decision, Scored
from serving.lifecycle.handoff import Band, band_of
from serving.live.case import Living
from serving.predict import Case, Predictor
from serving.stage_words import QUESTIONS, action_sentence
from serving.wording import About, sentence

REASONS = 3  #: that lists show


@dataclass(frozen=True, kw_only=True)
class Assessed:
    """One lead with its score and what the policy makes of it."""

    living: Living
    case: Case  #: as the model may read it
    predictor: Predictor
    explained: Explanation
    probability: float
    score: int
    fit: str
    engagement: str
    contributions: Mapping[str, float]  #: log-odds by group
    decision: Decision

    @property
    def lead_id(self) -> str:
        """Of the lead that stays, where leads were merged."""
        return self.living.place.lead_id

    @property
    def lift(self) -> float:
        """How many times likelier than the reference leads on average."""
        return self.predictor.bundle.policy.lift(self.probability)

    @property
    def band(self) -> Band:
        """How warm the lead is when it is handed over now."""
        scored = Scored(score=self.score, fit=self.fit)  # type: ignore[arg-type]  # a grade
        return band_of(self.decision, scored, self.predictor.settings.lifecycle)

    def reasons_json(self) -> str:
        """The strongest reasons with their sentences, as `standings.reasons` has them."""
        abouts = {code: self.predictor.about(self.case, catalog(code)) for code in LANGUAGES}
        told = [
            {
                "field": reason.group,
                "family": reason.family,
                "direction": "raises" if reason.contribution > 0 else "lowers",
                "contribution": reason.contribution,
                "text": {code: self._sentence(reason, about) for code, about in abouts.items()},
            }
            for reason in self.explained.reasons[:REASONS]
        ]
        return orjson.dumps(told).decode()

    def _sentence(self, reason: Reason, about: About) -> str:
        definition = self.predictor.definitions[reason.column]
        return sentence(definition, reason.value, about, raises=reason.contribution > 0)

    def action_json(self) -> str:
        """The next action, the policy's move made, as a sentence in each language."""
        known = self.case.facts.bant.model_dump(exclude_none=True)
        to_ask = [question for question in QUESTIONS if question not in known]
        told = {code: action_sentence(self.decision.made, to_ask, catalog(code)) for code in LANGUAGES}
        return orjson.dumps(told).decode()


def assess(predictor: Predictor, livings: Sequence[Living]) -> list[Assessed]:
    """Scores and decisions in the order of the leads; none of them objects to profiling."""
    if not livings:
        return []
    bundle = predictor.bundle
    cases = [predictor.readable(living.case) for living in livings]
    rows = np.array([lead_row(bundle.view, case.lead, case.as_of) for case in cases])
    answers = bundle.answer(rows)
    probabilities = answers.probability.tolist()
    names = group_names(bundle.groups)
    found = []
    for i, (living, case) in enumerate(zip(livings, cases, strict=True)):
        explained = explain(bundle, rows[i], answers, i, top=REASONS)
        score = round(bundle.policy.score(explained.log_odds))  # as shown, as in serving.predict
        fit = bundle.policy.fit_grade(explained.fit)
        sums = bundle.groups.sums_of_one(answers.contributions[i].tolist())
        found.append(
            Assessed(
                living=living,
                case=case,
                predictor=predictor,
                explained=explained,
                probability=probabilities[i],
                score=score,
                fit=fit,
                engagement=bundle.policy.engagement_grade(explained.engagement),
                contributions=dict(zip(names, sums, strict=True)),
                decision=predictor.decision(case, Scored(score=score, fit=fit)),
            )
        )
    return found


@lru_cache(maxsize=8)
def group_names(groups: Groups) -> tuple[str, ...]:
    """A name for each group; where a field and a kind share one, the kind's says so."""
    taken: set[str] = set()
    names = []
    for group in groups.all:
        names.append(f"{group.name} ({group.family})" if group.name in taken else group.name)
        taken.add(group.name)
    return tuple(names)
