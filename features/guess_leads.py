"""Which columns of the leads file mean what."""

from collections.abc import Callable
from dataclasses import dataclass, field

from features.column_names import LEAD_NAMES, PERSONAL, fitness, name_words
from features.columns import text_of
from features.parsers import PARSERS
from features.profiles import MISSING, ColumnProfile, TableProfile
from features.read_results import LOST_WORDS, WON_WORDS, plain
from features.settings import LeadsFile

MOST_RESULTS = 40  #: a result column has few values
_CLOSING = """close closed closing won lost purchased purchase bought converted conversion outcome result sale sold
    order signed contract decided end chiusura chiuso vinto perso acquisto vendita esito ordine contratto"""
CLOSING_WORDS = frozenset(_CLOSING.split())


@dataclass(frozen=True, kw_only=True)
class Question:
    """What only a person can decide; `key` is where in ripeness.toml."""

    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


@dataclass(kw_only=True)
class Findings:
    """Guesses as sentences, and what is left to ask."""

    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def ask(self, key: str, text: str) -> None:
        """Leave something to a person."""
        self.questions.append(Question(key=key, text=text))


def guess_leads(table: TableProfile, findings: Findings, *, has_events: bool, key: str | None) -> LeadsFile:
    """The mapping of a leads file. `key` is the column that events name their lead by, if there are any."""
    spec = LeadsFile(
        file=table.name, encoding=table.encoding, delimiter=table.delimiter, lead_id=key or lead_key(table)
    )
    _say_key(spec, table, findings)
    spec = replace_set(spec, created_at=_created(table, findings))
    spec = _with_results(spec, table, findings, has_events=has_events)
    spec = _with_people(spec, table, findings)
    return _with_ignored(spec, table, findings)


def replace_set(spec: LeadsFile, **changes: object) -> LeadsFile:
    """A copy with some keys changed."""
    return spec.model_copy(update=changes)


def lead_key(table: TableProfile) -> str | None:
    """The column that tells the leads apart: its name says so and no value comes twice."""
    named = [c for c in table.ranked(LEAD_NAMES, "lead_id") if c.is_unique]
    return named[0].name if named else None


def _say_key(spec: LeadsFile, table: TableProfile, findings: Findings) -> None:
    if spec.lead_id is not None:
        findings.notes.append(f"{table.name}: {spec.lead_id} is the lead's id")
        return
    doubled = [c.name for c in table.ranked(LEAD_NAMES, "lead_id") if fitness(LEAD_NAMES["lead_id"], c.name) > 2]
    findings.notes.append(
        f"{table.name}: no column has its own value in every row, so the row's number is the lead's id"
    )
    if doubled:
        findings.ask("data.leads.lead_id", f"is {doubled[0]!r} the lead's id? It has values more than once")


def _created(table: TableProfile, findings: Findings) -> str | None:
    times = [c for c in table.ranked(LEAD_NAMES, "created_at") if c.is_time and c.filled > 0.5]
    if times:
        findings.notes.append(f"{table.name}: {times[0].name} is when a lead was created")
        return times[0].name
    others = [c for c in table.columns.values() if c.is_time and c.filled > 0.9 and not is_closing(c)]
    others = [c for c in others if not c.is_number]
    if len(others) == 1:
        findings.ask("data.leads.created_at", f"is {others[0].name!r} when a lead was created? No other column can be")
        return others[0].name
    if others:
        listed = ", ".join(repr(c.name) for c in others)
        findings.ask("data.leads.created_at", f"which column says when a lead was created: {listed}?")
    return None


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


def _with_results(spec: LeadsFile, table: TableProfile, findings: Findings, *, has_events: bool) -> LeadsFile:
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
    if result is not None:
        return _flat(spec, table, findings, result, won, lost, has_events=has_events)
    findings.ask(
        "data.leads.result",
        "no column tells which leads were won: name a date as closed_won_at, or a column as result with won_values",
    )
    return spec


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
    return replace_set(spec, result=result, closed_at=closed_at, won_values=won, lost_values=lost)


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
    return replace_set(spec, closed_won_at=won_at, closed_lost_at=lost_at, ignore=ignore)


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
    return replace_set(spec, result=result.name, won_values=won, lost_values=keep_open, order=order, created_at=None)


def _order(spec: LeadsFile, table: TableProfile) -> str:
    """A running number, or the order of the rows."""
    for column in table.columns.values():
        names = set(name_words(column.name))
        running = names & {"number", "no", "num", "id", "seq", "sequence", "index", "numero", "nr", "progressivo"}
        if running and column.name != spec.lead_id and column.is_unique and column.is_number:
            return column.name
    return "row"


def _with_people(spec: LeadsFile, table: TableProfile, findings: Findings) -> LeadsFile:
    """The account, where it groups a few leads, and the owner."""
    taken = mapped(spec)
    account = _first(table, "account_id", lambda c: c.name not in taken and not c.is_unique and c.filled > 0.5)
    owner = _first(table, "owner", lambda c: c.name not in taken and not c.is_time and not c.is_number)
    if account is not None:
        leads_each = (~account.text.missing).sum() / len(account.text.words)
        if leads_each > 5:
            findings.notes.append(
                f"{table.name}: {account.name} has {leads_each:.0f} leads each, too many to keep an account in one "
                "part of the split; it stays an attribute"
            )
            account = None
        else:
            findings.notes.append(f"{table.name}: {account.name} is the lead's account")
    if owner is not None:
        findings.notes.append(f"{table.name}: {owner.name} is who works the lead; the model doesn't see it")
    return replace_set(spec, account_id=account and account.name, owner=owner and owner.name)


def _first(table: TableProfile, meaning: str, fits: Callable[[ColumnProfile], bool]) -> ColumnProfile | None:
    return next((c for c in table.ranked(LEAD_NAMES, meaning) if fits(c)), None)


def _with_ignored(spec: LeadsFile, table: TableProfile, findings: Findings) -> LeadsFile:
    taken = mapped(spec)
    personal = tuple(c for c in table.columns if "".join(name_words(c)) in PERSONAL and c not in taken)
    if personal:
        findings.notes.append(f"{table.name}: {', '.join(personal)} would tell who somebody is; ignored")
    return replace_set(spec, ignore=spec.ignore + personal)


def mapped(spec: LeadsFile) -> set[str]:
    """Columns that already mean something."""
    named = {spec.lead_id, spec.created_at, spec.closed_won_at, spec.closed_lost_at, spec.closed_at, spec.result}
    return {name for name in (*named, spec.order, spec.account_id, spec.owner, *spec.ignore) if name is not None}


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(map(repr, words))


def country_codes(table: TableProfile) -> tuple[str, ...]:
    """Columns of two-letter country codes: there "NA" is Namibia."""
    return tuple(name for name, column in table.columns.items() if _is_country_code(column))


def _is_country_code(column: ColumnProfile) -> bool:
    words = [str(word) for word in column.seen.words]
    codes = sum(len(word) == 2 and word.isupper() and PARSERS["country"](word) == word for word in words)
    return len(words) >= 5 and codes >= 0.9 * len(words)
