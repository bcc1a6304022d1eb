"""The files of a bundle and the bundle that they make: one direction each."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import TypeVar

import lightgbm
import numpy as np

from features.errors import BadBundle
from features.view import View
from models.arrays import Floats
from models.bundle import Bundle
from models.calibration import Platt
from models.evidence import Evidence
from models.linear import LinearExpert
from models.manifest import REPAIR, Sealed
from models.plain import fields, from_text, listed, number, numbers, to_text
from models.policy import ScorePolicy
from models.reference import Reference
from models.trees import TreeExpert

GOLDEN = 200  #: rows at most whose answers are stored
GOLDEN_FIELDS = ("base_value", "horizon_days", "log_odds", "rows", "score")
TOLERANCE = 1e-9  #: log-odds by which a stored answer may differ

T = TypeVar("T")

#: what reading alien data may raise
ALIEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)


def to_parts(bundle: Bundle, golden_rows: Floats) -> dict[str, bytes]:
    """The bytes of each file; equal bundles and rows give equal bytes."""
    parts = {
        "linear.json": to_text(bundle.linear.to_dict(bundle.view)),
        "calibration.json": to_text(asdict(bundle.calibration)),
        "view.json": to_text(bundle.view.to_dict()),
        "policy.json": to_text(asdict(bundle.policy)),
        "evidence.json": to_text(bundle.evidence.to_dict(bundle.view)),
        "card.json": to_text(bundle.card),
        "card.md": bundle.card_text.encode("utf-8"),
    }
    if bundle.trees is not None:
        parts["trees.txt"] = bundle.trees.text.encode("ascii")
    if bundle.reference is not None:
        parts["reference.json"] = to_text(bundle.reference.to_dict(bundle.view))
    return parts | {"golden.json": _golden(bundle, golden_rows, parts)}


def from_parts(sealed: Sealed) -> Bundle:
    """The bundle that the files make, after its structure and its golden answers were checked.

    Raises:
        BadBundle: a file does not hold what it should, or the answers differ.
    """
    view = _read(sealed, "view.json", _view)
    bundle = Bundle(
        view=view,
        linear=_read(sealed, "linear.json", lambda part: LinearExpert.from_dict(from_text(part), view)),
        trees=_read(sealed, "trees.txt", lambda part: _trees(part, view)) if "trees.txt" in sealed.parts else None,
        calibration=_read(sealed, "calibration.json", lambda part: Platt.from_dict(from_text(part))),
        policy=_read(sealed, "policy.json", lambda part: ScorePolicy.from_dict(from_text(part))),
        evidence=_read(sealed, "evidence.json", lambda part: Evidence.from_dict(from_text(part), view)),
        horizon_days=sealed.horizon_days,
        card=_read(sealed, "card.json", _card),
        card_text=_read(sealed, "card.md", lambda part: part.decode("utf-8")),
        reference=_read(sealed, "reference.json", lambda part: Reference.from_dict(from_text(part), view))
        if "reference.json" in sealed.parts
        else None,
        digest=sealed.digest,
    )
    _read(sealed, "manifest.json", lambda _: _check_whole(sealed, bundle))
    _read(sealed, "golden.json", lambda part: _check_golden(part, bundle, sealed))
    return bundle


def _read(sealed: Sealed, name: str, read: Callable[[bytes], T]) -> T:
    try:
        return read(sealed.parts.get(name, b""))
    except (*ALIEN, lightgbm.basic.LightGBMError) as error:
        raise BadBundle(f"{name}: {error or type(error).__name__}; {REPAIR}") from error


def _view(part: bytes) -> View:
    stored = fields(from_text(part), "definitions", "kinds", "categories", "missing_words", "keep_na")
    view = View.from_dict(stored)
    if len(set(view.names)) != len(view.names) or not view.names:
        raise ValueError("there is no column, or two have the same name")
    texts = [view.names, *map(listed, stored["categories"].values()), stored["missing_words"], stored["keep_na"]]
    if not all(isinstance(word, str) for words in texts for word in words):
        raise ValueError("a name, category or word is no text")
    if any(d.encoding not in {"category", "number"} for d in view.definitions):
        raise ValueError("a column is encoded neither as number nor as category")
    coded = {d.name for d in view.definitions if d.encoding == "category"}
    if coded - set(view.categories):
        raise ValueError(f"{sorted(coded - set(view.categories))} have no list of categories")
    return view


def _trees(part: bytes, view: View) -> TreeExpert:
    trees = TreeExpert.from_text(part.decode("ascii"), len(view.names))
    trees.check()
    return trees


def _card(part: bytes) -> Mapping[str, object]:
    card = from_text(part)
    if not isinstance(card, dict):
        raise ValueError("the card is no object")
    return card


def _check_whole(sealed: Sealed, bundle: Bundle) -> None:
    if sealed.view != bundle.view.fingerprint:
        raise ValueError("the view's fingerprint is another")
    if not 0 < sealed.horizon_days <= 36_500:
        raise ValueError(f"a horizon of {sealed.horizon_days} days")


def _golden(bundle: Bundle, rows: Floats, parts: Mapping[str, bytes]) -> bytes:
    """Rows with their answers, and which files gave them: no choice of rows reaches every leaf and category."""
    chosen = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), GOLDEN)).astype(np.intp))]
    answers = bundle.answer(chosen)
    stored = {
        "base_value": answers.base_value,
        "horizon_days": bundle.horizon_days,
        "log_odds": answers.log_odds,
        "parts": _sums(parts),
        "rows": chosen,
        "score": bundle.policy.scores(answers.log_odds),
    }
    return to_text(stored)


def _sums(parts: Mapping[str, bytes]) -> dict[str, str]:
    return {name: sha256(part).hexdigest() for name, part in parts.items() if name != "golden.json"}


def _check_golden(part: bytes, bundle: Bundle, sealed: Sealed) -> None:
    data = from_text(part)
    bound = isinstance(data, dict) and "parts" in data  # not before release 0.2
    stored = fields(data, *GOLDEN_FIELDS, *(("parts",) if bound else ()))
    length = len(listed(stored["rows"]))
    rows = np.array([_row(row, len(bundle.view.names)) for row in stored["rows"]], dtype=np.float64)
    if not 0 < length <= GOLDEN:
        raise ValueError(f"{length} golden rows, expected 1 to {GOLDEN}")
    log_odds = np.array(numbers(stored["log_odds"], length=length))
    answers = bundle.answer(rows)
    apart = max(
        abs(bundle.horizon_days - number(stored["horizon_days"])),
        float(np.abs(answers.log_odds - log_odds).max()),
        float(np.abs(bundle.log_odds(rows) - log_odds).max()),
        abs(answers.base_value - number(stored["base_value"])),
        float(np.abs(bundle.policy.scores(log_odds) - numbers(stored["score"], length=length)).max()),
    )
    if not apart <= TOLERANCE:
        raise ValueError(f"the answers differ from the golden ones by {apart:.3g}")
    if bound and stored["parts"] != _sums(sealed.parts):
        raise ValueError("the golden answers are those of other files")


def _row(stored: object, columns: int) -> list[float]:
    return [np.nan if value is None else number(value) for value in listed(stored, length=columns)]
