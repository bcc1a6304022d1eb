"""Sensitive fields: which were kept out, what still tells them, and how a group named for audit is treated.

Nothing here changes a model. A proxy is a column of the view that tells a sensitive group from the
others; the audit compares promises and selection between the groups of one column on the test period.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from features.attributes import values_at
from features.encode import Reading, number_of, text_of
from features.errors import BadSettings
from features.sensitive import Sensitive
from features.settings import Settings
from features.tables import Export, Pairs
from training.dataset import Dataset
from training.intervals import intervals
from training.leaks.fates import Fates
from training.leaks.fields import Field
from training.leaks.measures import held_out_auc
from training.metrics import Ranked, expected_over_observed
from training.prepare import Prepared

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]

MOST_GROUPS = 8  #: of one sensitive field; numbers of more are cut into fifths
LEAST_SHARE = 0.02  #: of the leads, for a group whose proxies are looked for
SAMPLE = 10_000  #: leads
BANDS = 5


def fairness_facts(
    export: Export, ready: Prepared, test: Dataset, log_odds: Floats, capacity_share: float
) -> dict[str, Any]:
    """For the card: what was refused and allowed, the proxies, and the audit if a group is named.

    Raises:
        BadSettings: the export has no column of the name that `audit_group` gives.
    """
    sensitive = Sensitive(ready.settings.fairness)
    columns = sorted({*export.attributes, *export.tracked})
    refused = sensitive.names(columns)
    audit = ready.settings.fairness.audit_group
    if audit and audit not in columns:
        raise BadSettings(f"[fairness] audit_group is {audit!r}, which is no column of the export; name one of its own")
    return {
        "fairness": {
            "refused": list(refused),
            "allowed": list(sensitive.allowed(columns)),
            "proxies": [p for name in refused for p in _proxies(name, export, ready)],
            "audit": _audit(audit, export, ready, test, log_odds, capacity_share) if audit else None,
        }
    }


def fairness_text(card: Mapping[str, Any]) -> list[str]:
    """The section of the card, as Markdown; nothing where the export holds no sensitive field."""
    told = card.get("fairness") or {}
    if not (told.get("refused") or told.get("allowed") or told.get("audit")):
        return []
    lines = [f"Never read by the model: {', '.join(told['refused']) or 'none'}."]
    if told["allowed"]:
        lines.append(f"Read although sensitive, for the settings allow it: {', '.join(told['allowed'])}.")
    lines += [
        f"`{p['column']}` tells {p['of']} = {p['group']} from the others (AUC {p['auc']:.2f}): a proxy."
        for p in told["proxies"]
    ]
    table = _audit_table(told["audit"]) if told["audit"] else []
    return ["## Sensitive fields", "\n".join(f"- {line}" for line in lines), *table]


def _audit_table(audit: Mapping[str, Any]) -> list[str]:
    head = "| " + audit["column"] + " | leads | won | expected / observed | selected at capacity | wins found there |"
    shown = ("expected_over_observed", "selected", "found")
    rows = [
        f"| {g['group']} | {g['leads']:,} | {g['won']:,} | {' | '.join(_cell(g[name]) for name in shown)} |"
        for g in audit["groups"]
    ]
    few = f" Groups of fewer than {audit['min_leads']:,} leads are not shown: {audit['too_small']}."
    said = "For audit only, on the test period." + (few if audit["too_small"] else "")
    return [said, "\n".join([head, "|---|---|---|---|---|---|", *rows])]


def _cell(found: Mapping[str, float | None]) -> str:
    if found["value"] is None:
        return "n/a"
    if found["low"] is None:
        return f"{found['value']:.3f}"
    return f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"


def group_texts(export: Export, settings: Settings, name: str, pairs: Pairs) -> Objects:
    """The group of each pair by a field as known then, in words; None where missing. Shape (n_pairs,)."""
    found = values_at(export, name, pairs)
    reading = Reading.of(name, settings.data.missing_words, settings.data.keep_na)
    cleaned = [reading.clean(value) for value in found.distinct]
    texts: list[str | None] = [None if value is None else text_of(value) for value in cleaned]
    numbers = np.array([number_of(value) if value is not None else np.nan for value in cleaned])
    if len(texts) > MOST_GROUPS and np.isnan(numbers).mean() < 0.5:
        return _bands(np.append(numbers, np.nan)[found.code])
    return np.array([*texts, None], dtype=object)[found.code]


def _bands(numbers: Floats) -> Objects:
    """Fifths of the numbers, in words."""
    known = numbers[~np.isnan(numbers)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BANDS + 1)[1:-1], method="lower"))
    at = np.searchsorted(edges, numbers, side="left")
    low, high = [known.min(), *edges], [*edges, known.max()]
    words = [f"{'over ' if i else ''}{low[i]:g} to {high[i]:g}" for i in range(len(high))]
    return np.array([None if np.isnan(n) else words[i] for n, i in zip(numbers, at, strict=True)], dtype=object)


@dataclass(frozen=True, kw_only=True)
class _Proxy:
    column: str
    of: str
    group: str
    auc: float


def _proxies(name: str, export: Export, ready: Prepared) -> Iterator[dict[str, Any]]:
    """Columns of the view that tell a group of this field from the others, each with the group it tells best."""
    settings, leads = ready.settings, len(export.leads)
    sample = np.unique(np.linspace(0, leads - 1, min(leads, SAMPLE)).astype(np.int64))
    as_of = np.full(len(sample), export.data_end, dtype=np.int64)
    groups = group_texts(export, settings, name, Pairs(lead=sample, as_of=as_of))
    known = np.array([g is not None for g in groups], dtype=bool)
    common = [g for g in dict.fromkeys(groups[known]) if (groups == g).sum() >= LEAST_SHARE * len(sample)]
    fates = Fates.of(export, settings)
    for column in sorted(ready.view.fields):
        level = Field.of(column, export, settings, fates).level[sample]
        told = [_told(column, name, g, level, np.where(known, groups == g, np.nan), settings) for g in common]
        best = max((p for p in told if p is not None), key=lambda p: p.auc, default=None)
        if best is not None and best.auc >= settings.fairness.proxy_auc:
            yield {"column": best.column, "of": best.of, "group": best.group, "auc": round(best.auc, 6)}


def _told(column: str, of: str, group: str, level: Ints, target: Floats, settings: Settings) -> _Proxy | None:
    target = target.astype(np.float64)
    if not 0 < np.nansum(target) < (~np.isnan(target)).sum():
        return None
    found = held_out_auc(level, target, np.zeros(len(level), dtype=np.int64), settings.model.seed)
    return None if found is None else _Proxy(column=column, of=of, group=group, auc=found.low)


def _audit(
    column: str, export: Export, ready: Prepared, test: Dataset, log_odds: Floats, capacity_share: float
) -> dict[str, Any]:
    """Promises and selection per group; selected are the best of all, as many as capacity allows."""
    groups = group_texts(export, ready.settings, column, Pairs(lead=test.lead, as_of=test.as_of))
    named = np.array(["(missing)" if g is None else g for g in groups], dtype=object)
    order = np.argsort(-log_odds, kind="stable")
    reached = np.cumsum(test.weight[order]) <= capacity_share * test.weight.sum()
    bar = float(log_odds[order][reached].min()) if reached.any() else np.inf
    least = ready.settings.fairness.min_audit_leads
    shown, small = [], []
    for group in sorted(dict.fromkeys(named)):
        here = named == group
        part = test.take(here)
        if len(np.unique(part.lead)) < least:
            small.append(group)
        else:
            shown.append(_group(group, part, log_odds[here], bar, ready.settings))
    return {"column": column, "groups": shown, "min_leads": least, "too_small": ", ".join(small)}


def _group(group: str, part: Dataset, log_odds: Floats, bar: float, settings: Settings) -> dict[str, Any]:
    figures: Mapping[str, Callable[[Ranked], float]] = {
        "expected_over_observed": expected_over_observed,
        "selected": partial(_selected, bar=bar),
        "found": partial(_found, bar=bar),
    }
    model = settings.model
    ranked = Ranked.of(part.label, log_odds, part.weight)
    measured = intervals(ranked, part.group, figures, rounds=model.bootstrap_rounds, seed=model.seed)
    head = {"group": group, "leads": len(np.unique(part.lead)), "won": part.wins}
    return head | {name: found.to_dict() for name, found in measured.items()}


def _selected(ranked: Ranked, *, bar: float) -> float:
    """Share of the pairs at or above the bar."""
    return float(ranked.weight[ranked.pairs.log_odds >= bar].sum() / ranked.total) if ranked.total else float("nan")


def _found(ranked: Ranked, *, bar: float) -> float:
    """Share of the won pairs at or above the bar."""
    won = ranked.weight * ranked.pairs.label
    return float(won[ranked.pairs.log_odds >= bar].sum() / won.sum()) if won.sum() else float("nan")
