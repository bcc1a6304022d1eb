"""How an export says that a lead was won: by dates, by a result with a date, by events, or by a result alone."""

from features.column_names import LEAD_NAMES, fitness, name_words
from features.columns import text_of
from features.findings import Findings
from features.profiles import MISSING, ColumnProfile, TableProfile
from features.read_results import LOST_WORDS, WON_WORDS, plain
from features.settings import LeadsFile

MOST_RESULTS = 40  #: a result column has few values
_CLOSING = """close closed closing won lost purchased purchase bought converted conversion outcome result sale sold
    order signed contract decided end chiusura chiuso vinto perso acquisto vendita esito ordine contratto"""
CLOSING_WORDS = frozenset(_CLOSING.split())


def is_closing(column: ColumnProfile) -> bool:
    """Whether the name speaks of an end."""
    meanings = ("closed_won_at", "closed_lost_at", "closed_at")
    named = any(fitness(LEAD_NAMES[meaning], column.name) for meaning in meanings)
    return named or bool(CLOSING_WORDS & set(name_words(column.name)))


def result_column(table: TableProfile) -> ColumnProfile | None:
    """The column that tells won from lost: by its name, and by values that say so."""
    for column in table.ranked(LEAD_NAMES, "result"):
        words = {plain(word) for word in column.seen.words}
        if 2 <= len(words) <= MOST_RESULTS and words & WON_WORDS and not column.is_time:
            return column
    return None


def with_results(
    spec: LeadsFile, table: TableProfile, findings: Findings, *, has_events: bool, events_tell: bool
) -> LeadsFile:
    """The mapping with how leads end; what no column tells is asked.

    `events_tell` says that some events tell of wins, and when.
    """
    result = result_column(table)
    closings = [c for c in table.columns.values() if c.is_time and is_closing(c) and c.name != spec.created_at]
    won, lost = _words_of(result, WON_WORDS), _words_of(result, LOST_WORDS)
    meaning = {c.name: _closing_meaning(c, result, won) for c in closings}
    by_meaning = {m: n for n, m in reversed(meaning.items()) if m is not None}
    won_at = by_meaning.get("closed_won_at")
    if won_at is None and result is not None and "closed_at" in by_meaning:
        return _with_result_and_date(spec, table, findings, result.name, by_meaning["closed_at"], won, lost)
    if won_at is not None:
        return _with_won_date(spec, table, findings, won_at, by_meaning.get("closed_lost_at"), result, won)
    if events_tell:
        return _told_by_events(spec, table, findings, result)
    if result is not None:
        return _flat(spec, table, findings, result, won, lost, has_events=has_events)
    findings.ask(
        "data.leads.result",
        "no column tells which leads were won: name a date as closed_won_at, or a column as result with won_values",
    )
    return spec


def _told_by_events(
    spec: LeadsFile, table: TableProfile, findings: Findings, result: ColumnProfile | None
) -> LeadsFile:
    """Events know when a lead was won; a column that only knows that it was is no attribute."""
    if result is None:
        return spec
    findings.notes.append(f"{table.name}: {result.name} says how a lead ended, but events say when; it is ignored")
    return spec.model_copy(update={"ignore": (*spec.ignore, result.name)})


def _words_of(result: ColumnProfile | None, known: frozenset[str]) -> tuple[str, ...]:
    """The values of a result column that are among the known words, as they are written."""
    return () if result is None else tuple(word for word in result.text.counts() if plain(word) in known)


def _closing_meaning(column: ColumnProfile, result: ColumnProfile | None, won: tuple[str, ...]) -> str | None:
    """Whether a date is filled for wins, for losses or for both: by the result column, else by its name."""
    if result is None:
        fits = {m: fitness(LEAD_NAMES[m], column.name) for m in ("closed_won_at", "closed_lost_at")}
        best = max(fits, key=lambda m: fits[m])
        return best if fits[best] > 0 else None
    filled = ~text_of(column.column, MISSING).missing
    is_won = result.text.where(lambda word: word in won)
    of_won, of_others = float(filled[is_won].mean()), float(filled[~is_won].mean())
    if of_won >= 0.95:
        return "closed_won_at" if of_others <= 0.02 else "closed_at"
    return "closed_lost_at" if of_won <= 0.02 < of_others else None


def _with_result_and_date(
    spec: LeadsFile,
    table: TableProfile,
    findings: Findings,
    result: str,
    closed_at: str,
    won: tuple[str, ...],
    lost: tuple[str, ...],
) -> LeadsFile:
    findings.notes.append(
        f"{table.name}: {result} {_listed(won)} is won, {_listed(lost) or 'anything else'} lost, since {closed_at}"
    )
    return spec.model_copy(update={"result": result, "closed_at": closed_at, "won_values": won, "lost_values": lost})


def _with_won_date(
    spec: LeadsFile,
    table: TableProfile,
    findings: Findings,
    won_at: str,
    lost_at: str | None,
    result: ColumnProfile | None,
    won: tuple[str, ...],
) -> LeadsFile:
    findings.notes.append(
        f"{table.name}: a lead is won at its {won_at}" + (f", lost at its {lost_at}" if lost_at else "")
    )
    ignore = spec.ignore
    if result is not None:
        findings.notes.append(
            f"{table.name}: {result.name} ({_listed(won)}) says the same as {won_at}, so it is ignored as an attribute"
        )
        ignore = (*ignore, result.name)
    return spec.model_copy(update={"closed_won_at": won_at, "closed_lost_at": lost_at, "ignore": ignore})


def _flat(
    spec: LeadsFile,
    table: TableProfile,
    findings: Findings,
    result: ColumnProfile,
    won: tuple[str, ...],
    lost: tuple[str, ...],
    *,
    has_events: bool,
) -> LeadsFile:
    """A result without its date: leads can be put in an order, but nothing in time."""
    others = [word for word in result.text.counts() if word not in won + lost]
    keep_open = lost if lost and others else ()
    findings.notes.append(
        f"{table.name}: {result.name} {_listed(won)} is won and no column says when, so this is an export without times"
    )
    if others and not lost:
        findings.ask("data.leads.lost_values", f"which of {_listed(tuple(others[:8]))} are lost, and which still open?")
    if has_events:
        findings.ask("data.leads.closed_at", "when was a lead won? Without that date the events can't be used")
    order = spec.created_at or _order(spec, table)
    if order == "row":
        findings.ask("data.leads.order", "do the rows run with time? Name a column that does, if there is one")
    else:
        findings.notes.append(f"{table.name}: {order} is taken to run with time")
    return spec.model_copy(
        update={"result": result.name, "won_values": won, "lost_values": keep_open, "order": order, "created_at": None}
    )


def _order(spec: LeadsFile, table: TableProfile) -> str:
    """A running number, or the order of the rows."""
    for column in table.columns.values():
        names = set(name_words(column.name))
        running = names & {"number", "no", "num", "id", "seq", "sequence", "index", "numero", "nr", "progressivo"}
        if running and column.name != spec.lead_id and column.is_unique and column.is_number:
            return column.name
    return "row"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(map(repr, words))
