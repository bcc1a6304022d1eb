"""The queue and the funnel as plain data: dataclasses become objects, moments become words."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from features.clock import iso
from serving.language import Language
from serving.live.handed import Tally
from serving.live.idle import Leak
from serving.live.kept import Promise, SourceWins
from serving.live.queue import QueuePage, Waiting
from serving.predict import Json

MOMENTS = {"since", "until"}  #: besides every name that ends in `_at`
#: properties that belong to the answer
ALSO: Mapping[type, tuple[str, ...]] = {
    Tally: ("accept_rate",),
    Leak: ("share",),
    Promise: ("as_promised",),
    SourceWins: ("ratio", "verdict"),
}


def shown(found: object) -> Any:  # noqa: ANN401  # plain data
    """What JSON can hold of it."""
    if is_dataclass(found) and not isinstance(found, type):
        names = (*(field.name for field in fields(found)), *ALSO.get(type(found), ()))
        return {name: _part(name, getattr(found, name)) for name in names}
    if isinstance(found, Enum):
        return found.value
    if isinstance(found, Mapping):
        return {key: shown(value) for key, value in found.items()}
    if isinstance(found, Sequence) and not isinstance(found, str):
        return [shown(one) for one in found]
    return found


def _part(name: str, value: object) -> Any:  # noqa: ANN401  # plain data
    if isinstance(value, int) and (name in MOMENTS or name.endswith("_at")):
        return iso(value)
    return shown(value)


def queue_shown(page: QueuePage, language: Language) -> Json:
    """A part of the queue, its sentences in one language."""
    return {
        "waiting": page.waiting,
        "breached": page.breached,
        "bands": shown(page.bands),
        "hand_offs": [_waiting(one, language) for one in page.rows],
        "next": page.following,
    }


def _waiting(one: Waiting, language: Language) -> Json:
    found: Json = shown(one)
    actions = found.pop("action_text")
    reasons = [{**reason, "text": _said(reason.get("text"), language)} for reason in one.reasons]
    return found | {"reasons": reasons, "next_action": _said(actions, language)}


def _said(texts: object, language: Language) -> str | None:
    """A sentence in the language, else in any."""
    if not isinstance(texts, Mapping) or not texts:
        return None
    return str(texts.get(language.code) or next(iter(texts.values())))
