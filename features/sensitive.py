"""Recognises sensitive fields by their names, in training and in serving alike.

A name is sensitive if its words hold an entry of the deny-list one after the other. Words such as
`age` and `health` also belong to companies, pages and deals: `age_of_company` and `account_health`
speak of no person and pass.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from features.column_names import name_words
from features.settings.fairness import Fairness
from features.tables import Export

MOST_KNOWN = 10_000  #: names whose answer is remembered

#: entries that say something sensitive of a person only
AMBIGUOUS = frozenset({"age", "eta", "anni", "health", "salute", "race", "razza", "genere", "gender", "credo", "faith"})
#: words beside them that speak of a thing
THINGS = frozenset(
    {
        *("company", "companies", "account", "firm", "organization", "organisation", "business", "agency", "industry"),
        *("domain", "website", "site", "page", "system", "app", "software", "product", "vehicle", "car", "event"),
        *("lead", "deal", "opportunity", "pipeline", "ticket", "record", "score", "sector", "days", "months"),
        *("azienda", "aziendale", "impresa", "societa", "dominio", "sito", "pagina", "trattativa", "opportunita"),
        *("prodotto", "veicolo", "settore", "giorni", "mesi", "attivita", "punteggio"),
    }
)


@dataclass(frozen=True)
class Sensitive:
    """The deny-list of one company, ready to ask."""

    fairness: Fairness

    def names(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Those that no model may read."""
        return tuple(name for name in columns if self.denies(name))

    def denies(self, column: str) -> bool:
        """Whether it is sensitive and not allowed by name."""
        return column not in self.fairness.allow and self.matches(column)

    def allowed(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Those that are sensitive and used all the same."""
        return tuple(name for name in columns if name in self.fairness.allow and self.matches(name))

    def without(self, export: Export) -> Export:
        """The export with nothing in the fields that no model may read, nor in their history."""
        gone = set(self.names({*export.attributes, *export.tracked}))
        if not gone:
            return export
        return replace(
            export,
            leads=export.leads.assign(**dict.fromkeys(gone & set(export.attributes))),
            changes=export.changes[~export.changes["field"].isin(gone)].reset_index(drop=True),
            tracked=export.tracked - gone,
        )

    def matches(self, column: str) -> bool:
        """Whether its name holds an entry of the list, or is the group for audit."""
        if column in self._known:
            return self._known[column]
        words = name_words(column)
        found = column == self.fairness.audit_group or any(_says(words, entry) for entry in self._entries)
        if len(self._known) < MOST_KNOWN:
            self._known[column] = found
        return found

    @cached_property
    def _known(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _entries(self) -> tuple[tuple[str, ...], ...]:
        return tuple(entry for entry in map(name_words, self.fairness.deny) if entry)


def _says(words: tuple[str, ...], entry: tuple[str, ...]) -> bool:
    size = len(entry)
    if not any(words[i : i + size] == entry for i in range(len(words) - size + 1)):
        return False
    return not (" ".join(entry) in AMBIGUOUS and THINGS & set(words))
