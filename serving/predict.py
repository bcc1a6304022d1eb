"""From a request to the answer of design section 9: plain data, no HTTP, no clock.

One lead and a batch take the same way: a row for each lead, one call of the bundle, then words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from features.clock import DAY, iso
from features.definitions import Definition
from features.lead import Event, Lead
from features.request import NOTHING_LEARNED, BadRequest, FactsIn, Fault, PredictRequest, to_lead
from features.rows import lead_row
from features.sensitive import Sensitive
from features.settings import Settings
from models.answers import Answers
from models.arrays import Floats
from models.bundle import Bundle
from models.explain import Explanation, Reason, explain
from serving.cautions import Caution, Cautioner, of_model
from serving.evidence_words import evidence_sentence
from serving.facts import FactsReader
from serving.language import Language
from serving.lifecycle import Decision, Scored, decide
from serving.stage_words import QUESTIONS, action_sentence, because_sentence
from serving.wording import About, sentence

FUTURE_ALLOWED = DAY  #: how far after now an `as_of` may lie: clocks differ, time zones get mixed up

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One lead at one moment, ready to be scored."""

    lead: Lead
    as_of: int
    facts: FactsIn
    repeated: int = 0  #: events left out because their `event_id` was there before
    sensitive: tuple[str, ...] = ()  #: attributes left out because no model may read them
    set_days: float | None = None  #: since a person set the lead's stage, where the store tells
    offered: bool = False  #: in the queue of sales already, where the store tells

    @cached_property
    def visible(self) -> list[Event]:
        """The events that had happened and were known by `as_of`."""
        return [e for e in self.lead.events if e.happened_at <= self.as_of and e.known_at <= self.as_of]


def case_of(request: PredictRequest, *, now: int, max_skew: int = 0) -> Case:
    """The case that a request brings, at its `as_of`.

    Without one it is `now`, or a little later: what the caller's clock, which may be ahead by up to
    `max_skew` microseconds, says of the lead has happened already.

    Raises:
        BadRequest: an `as_of` in the future or before the lead's creation.
    """
    as_of = _moment_of(request, now, max_skew) if request.as_of is None else request.as_of
    created_at = request.lead.created_at
    if as_of > now + FUTURE_ALLOWED:
        detail = f"{iso(as_of)} is more than a day after now, {iso(now)}; nothing is known of then"
        raise BadRequest([Fault(pointer="/as_of", detail=detail)])
    if created_at is not None and created_at > as_of:
        detail = f"{iso(created_at)} is after as_of, {iso(as_of)}; the lead was not there yet"
        raise BadRequest([Fault(pointer="/lead/created_at", detail=detail)])
    lead = to_lead(request)
    return Case(lead=lead, as_of=as_of, facts=request.facts, repeated=request.events.repeated)


def _moment_of(request: PredictRequest, now: int, max_skew: int) -> int:
    told = [request.lead.created_at or now, now]
    for event in request.events.once:
        told += (event.happened_at, event.known_at)
    return max(moment for moment in told if moment <= now + max_skew)


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """One bundle in service, with the company's settings."""

    bundle: Bundle
    version: str  #: of the registered model
    settings: Settings

    def answer(self, case: Case, language: Language) -> Json:
        """The answer for one lead."""
        return self.answers([case], language)[0]

    def answers(self, cases: Sequence[Case], language: Language) -> list[Json]:
        """Answers in the order of the cases; equal, number by number, to asking one by one."""
        cases = [self.readable(case) for case in cases]
        scored = [case for case in cases if not case.facts.objects_to_profiling]
        rows = np.array([lead_row(self.bundle.view, case.lead, case.as_of) for case in scored])
        answers = self.bundle.answer(rows) if scored else None
        probabilities = iter([] if answers is None else enumerate(answers.probability.tolist()))
        return [
            self._unscored(case, language)
            if answers is None or case.facts.objects_to_profiling
            else self._scored(case, rows, answers, *next(probabilities), language)
            for case in cases
        ]

    def readable(self, case: Case) -> Case:
        """The case without attributes that the settings call sensitive: nothing further on can read them."""
        denied = self._sensitive.names(case.lead.attributes)
        if not denied:
            return case
        kept = {name: value for name, value in case.lead.attributes.items() if name not in denied}
        return replace(case, lead=replace(case.lead, attributes=kept), sensitive=denied)

    @cached_property
    def _sensitive(self) -> Sensitive:
        return Sensitive(self.settings.fairness)

    def _scored(
        self, case: Case, rows: Floats, answers: Answers, i: int, probability: float, language: Language
    ) -> Json:
        policy = self.bundle.policy
        explained = explain(self.bundle, rows[i], answers, i)
        score = round(policy.score(explained.log_odds))  # as shown, so that a bound is never missed by what no one sees
        fit = policy.fit_grade(explained.fit)
        return self._head(case) | {
            "probability": probability,
            "score": score,
            "lift": policy.lift(probability),
            "fit": {"grade": fit, "log_odds": explained.fit},
            "engagement": {
                "grade": policy.engagement_grade(explained.engagement),
                "log_odds": explained.engagement,
            },
            "stage": self._stage(case, Scored(score=score, fit=fit), language),
            "explanation": self._explanation(explained, self.about(case, language)),
            "completeness": self._cautioner.completeness(case.lead, case.visible),
            "warnings": [c.to_dict(language) for c in self._cautions(case, rows[i])],
        }

    def about(self, case: Case, language: Language) -> About:
        """Whom the sentences of an answer are about."""
        return About(
            view=self.bundle.view,
            lead=case.lead,
            language=language,
            as_of=case.as_of,
            visible=case.visible,
            said=self._said.setdefault(language.code, {}),
        )

    def _cautions(self, case: Case, row: Floats) -> tuple[Caution, ...]:
        return self._cautioner.find(case.lead, case.visible, row, repeated=case.repeated, sensitive=case.sensitive)

    def _unscored(self, case: Case, language: Language) -> Json:
        """The same shape for a lead that objects to profiling: nothing is computed from its data."""
        nothing = dict.fromkeys(("probability", "score", "lift", "fit", "engagement"))
        stage = self._stage(case, None, language)
        return self._head(case) | nothing | {"stage": stage, "explanation": None, "completeness": None, "warnings": []}

    def _head(self, case: Case) -> Json:
        return {"lead_id": case.lead.lead_id, "as_of": iso(case.as_of), "model": self.model}

    @cached_property
    def model(self) -> Json:
        """Which model answers."""
        days = self.bundle.horizon_days
        horizon = int(days) if days == int(days) else days
        return {"version": self.version, "bundle": self.bundle.digest, "horizon_days": horizon}

    def decision(self, case: Case, scored: Scored | None) -> Decision:
        """What the policy decides of a lead by its score; none where it objects to profiling."""
        visible = [] if scored is None else case.visible
        facts = self.facts.read(visible, case.as_of, case.facts, created_at=case.lead.created_at)
        facts = replace(facts, set_days=case.set_days, offered=case.offered)
        return decide(case.facts.stage, facts, scored, self.settings.lifecycle)

    def _stage(self, case: Case, scored: Scored | None, language: Language) -> Json:
        decision = self.decision(case, scored)
        bant = {} if case.facts.bant is NOTHING_LEARNED else case.facts.bant.model_dump(exclude_none=True)
        to_ask = [question for question in QUESTIONS if question not in bant]
        return {
            "current": decision.current.value,
            "recommended": decision.recommended.value,
            "owner": decision.owner,
            "because": [because_sentence(g, self.bundle.view, language) for g in decision.because],
            "next_action": self._next_action(decision, to_ask, case.facts.owner, language),
            "bant": {"known": bant, "to_ask": to_ask},
        }

    def _next_action(self, decision: Decision, to_ask: list[str], person: str | None, language: Language) -> Json:
        text = action_sentence(decision, to_ask, language)
        return {"kind": decision.action.value, "text": text, "topic": decision.topic, "person": person}

    def _explanation(self, explained: Explanation, about: About) -> Json:
        return {
            "base_value": explained.base_value,
            "log_odds": explained.log_odds,
            "by_stage": explained.by_stage,
            "reasons": [self._reason(reason, about) for reason in explained.reasons],
            "remainder": explained.remainder,
        }

    def _reason(self, reason: Reason, about: About) -> Json:
        definition = self.definitions[reason.column]
        return {
            "field": reason.group,
            "family": reason.family,
            "stage": reason.stage.value if reason.stage else None,
            "contribution": reason.contribution,
            "direction": "raises" if reason.contribution > 0 else "lowers",
            "text": sentence(definition, reason.value, about, raises=reason.contribution > 0),
            "evidence": _evidence(definition, reason, about.language),
        }

    @cached_property
    def _said(self) -> dict[str, dict[tuple[str, float | None], str]]:
        """Sentences said before, by language."""
        return {}

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """The view's definitions by name."""
        view = self.bundle.view
        return dict(zip(view.names, view.definitions, strict=True))

    @cached_property
    def facts(self) -> FactsReader:
        """Reads what the lifecycle needs to know of a lead."""
        return FactsReader(view=self.bundle.view, kinds=self.settings.kinds, policy=self.settings.lifecycle)

    @cached_property
    def _cautioner(self) -> Cautioner:
        return Cautioner(
            view=self.bundle.view,
            kinds=self.settings.kinds,
            fast_track=self.settings.lifecycle.fast_track,
            of_model=of_model(self.bundle.card),
        )


def _evidence(definition: Definition, reason: Reason, language: Language) -> Json | None:
    counted = reason.evidence
    if counted is None:
        return None
    return {
        "leads": counted.leads,
        "won": counted.won,
        "others": counted.others,
        "others_won": counted.others_won,
        "won_here": counted.won_here,
        "won_elsewhere": counted.won_elsewhere,
        "text": evidence_sentence(definition, counted, language),
    }
