"""Which columns of the leads file mean what."""

from collections.abc import Callable

from features.column_names import LEAD_NAMES, PERSONAL, fitness, name_words
from features.findings import Findings
from features.guess_results import is_closing, with_results
from features.parsers import PARSERS
from features.profiles import ColumnProfile, TableProfile
from features.settings import LeadsFile

VERY_NAME = 2  #: fitness beyond which a name is the very phrase


def guess_leads(
    table: TableProfile, findings: Findings, *, has_events: bool, events_tell: bool, key: str | None
) -> LeadsFile:
    """The mapping of a leads file.

    `key` is the column that events name their lead by, if there are any; `events_tell` whether
    some of them say that a lead was won.
    """
    spec = LeadsFile(
        file=table.name, encoding=table.encoding, delimiter=table.delimiter, lead_id=key or lead_key(table)
    )
    _say_key(spec, table, findings)
    spec = spec.model_copy(update={"created_at": _created(table, findings)})
    spec = with_results(spec, table, findings, has_events=has_events, events_tell=events_tell)
    spec = _with_people(spec, table, findings)
    return _with_ignored(spec, table, findings)


def lead_key(table: TableProfile) -> str | None:
    """The column that tells the leads apart: its name says so and no value comes twice.

    A few doubles are let pass where the name can't mean anything else; an e-mail address comes last.
    """
    named = table.ranked(LEAD_NAMES, "lead_id")
    unique = [c for c in named if c.is_unique]
    nearly = [c for c in named if c.is_nearly_unique and fitness(LEAD_NAMES["lead_id"], c.name) > VERY_NAME]
    keys = [c for c in unique if "mail" not in c.name.lower()]
    return next((c.name for c in (*keys, *nearly, *unique)), None)


def _say_key(spec: LeadsFile, table: TableProfile, findings: Findings) -> None:
    if spec.lead_id is not None:
        findings.notes.append(f"{table.name}: {spec.lead_id} is the lead's id")
        doubles = table.columns[spec.lead_id].doubles
        if doubles:
            findings.ask(
                "data.leads.lead_id",
                f"is {spec.lead_id!r} the lead's id? {doubles:,} rows have one that was there before; "
                "they are refused until then",
            )
        return
    doubled = [
        c.name for c in table.ranked(LEAD_NAMES, "lead_id") if fitness(LEAD_NAMES["lead_id"], c.name) > VERY_NAME
    ]
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
    return spec.model_copy(update={"account_id": account and account.name, "owner": owner and owner.name})


def _first(table: TableProfile, meaning: str, fits: Callable[[ColumnProfile], bool]) -> ColumnProfile | None:
    return next((c for c in table.ranked(LEAD_NAMES, meaning) if fits(c)), None)


def _with_ignored(spec: LeadsFile, table: TableProfile, findings: Findings) -> LeadsFile:
    taken = mapped(spec)
    personal = tuple(c for c in table.columns if "".join(name_words(c)) in PERSONAL and c not in taken)
    if personal:
        findings.notes.append(f"{table.name}: {', '.join(personal)} would tell who somebody is; ignored")
    return spec.model_copy(update={"ignore": spec.ignore + personal})


def mapped(spec: LeadsFile) -> set[str]:
    """Columns that already mean something."""
    named = {spec.lead_id, spec.created_at, spec.closed_won_at, spec.closed_lost_at, spec.closed_at, spec.result}
    return {name for name in (*named, spec.order, spec.account_id, spec.owner, *spec.ignore) if name is not None}


def country_codes(table: TableProfile) -> tuple[str, ...]:
    """Columns of two-letter country codes: there "NA" is Namibia."""
    return tuple(name for name, column in table.columns.items() if _is_country_code(column))


def _is_country_code(column: ColumnProfile) -> bool:
    words = [str(word) for word in column.seen.words]
    codes = sum(len(word) == 2 and word.isupper() and PARSERS["country"](word) == word for word in words)
    return len(words) >= 5 and codes >= 0.9 * len(words)
