"""Whether the stages of a policy can be reached with a given model and given kinds of events."""

from collections.abc import Iterator, Mapping

from features.errors import BadSettings
from features.guess_kinds import ends_contact
from features.settings import Kind, Lifecycle
from models.policy import ScorePolicy
from serving.lifecycle.by_score import GRADES

_BETTER_THAN_ANY = 1e9  #: log-odds


def require_reachable(policy: Lifecycle, scores: ScorePolicy, kinds: Mapping[str, Kind]) -> None:
    """Refuse a policy under which no lead of this model could come to a stage.

    Raises:
        BadSettings: with a sentence for each stage and each kind of fast track that is none.
    """
    faults = [*_by_score(policy, scores), *_fast_track(policy, kinds)]
    if faults:
        raise BadSettings(f"[lifecycle] can't be used: {'; '.join(faults)}")


def _by_score(policy: Lifecycle, scores: ScorePolicy) -> Iterator[str]:
    best, fit = round(scores.score(_BETTER_THAN_ANY)), scores.fit_grade(_BETTER_THAN_ANY)
    stages = [("mql", "marketing qualified", policy.mql_min_score, policy.mql_min_fit)]
    if not policy.fast_track:
        stages.append(("sql", "sales qualified", policy.sql_min_score, policy.sql_min_fit))
    for key, stage, min_score, min_fit in stages:
        if best < min_score:
            yield f"{stage} can't be reached: the best score of this model is {best}; lower {key}_min_score"
        if GRADES.index(fit) < GRADES.index(min_fit):
            yield (f"{stage} can't be reached: fit tells this model nothing, every lead has {fit}; lower {key}_min_fit")


def _fast_track(policy: Lifecycle, kinds: Mapping[str, Kind]) -> Iterator[str]:
    for name in policy.fast_track:
        if name in kinds and kinds[name].actor != "lead":
            yield f"fast_track names {name!r}, which the {kinds[name].actor} does, not the lead; leave it out"
        elif ends_contact(name, kinds):
            yield f"fast_track names {name!r}, by which a lead ends contact; leave it out"
