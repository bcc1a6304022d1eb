"""What a person should mind before training on an export."""

from features.checked import Check
from features.settings import Settings

FEW_LEADS = 200  #: under which no figure is worth its digits
MANY_VALUES = 1000  #: different texts in a column that can't be categories any more
MUCH_REFUSED = 0.05


def warnings_of(facts: Check, settings: Settings) -> list[str]:
    """What stands in the way of an honest model, the worst first."""
    return [
        *_about_results(facts, settings),
        *_about_attributes(facts, settings),
        *_about_kinds(facts, settings),
        *_about_refusals(facts),
    ]


def one_end_only(*, leads: int, won: int, lost: int, flat: bool) -> str | None:
    """What is wrong when nobody was won, or everybody; None when there are both."""
    if won == 0:
        return "no lead was won, so there is nothing to learn; name the column or the event that says so"
    if won == leads or (flat and lost == 0):
        return "every lead was won, so there is nothing to compare; bring the others too"
    return None


def _about_results(facts: Check, settings: Settings) -> list[str]:
    one_end = one_end_only(leads=facts.leads, won=facts.won, lost=facts.lost, flat=facts.flat)
    found = [one_end] if one_end else []
    if not one_end and facts.won < settings.model.min_wins_for_trees:
        found.append(
            f"{facts.won:,} wins are few: only the linear expert learns from under {settings.model.min_wins_for_trees}"
        )
    if facts.leads < FEW_LEADS:
        found.append(f"{facts.leads:,} leads are too few for a figure that means something; bring at least {FEW_LEADS}")
    if facts.mature == 0:
        found.append(
            "no lead is old enough to have a result"
            if facts.flat
            else f"no lead was created {facts.horizon_days:g} days before the end of the data; "
            "choose a shorter horizon_days"
        )
    return found


def _about_attributes(facts: Check, settings: Settings) -> list[str]:
    empty = [a.name for a in facts.attributes if a.missing == 1]
    same = [a.name for a in facts.attributes if a.distinct == 1 and a.missing == 0]
    many = [a for a in facts.attributes if a.is_text and a.distinct > MANY_VALUES]
    strangers = [name for name in settings.data.keep_na if name not in {a.name for a in facts.attributes}]
    found = [f"{a.name} has {a.distinct:,} different texts, too many for categories" for a in many]
    if empty:
        found.append(f"always missing: {', '.join(empty)}")
    if same:
        found.append(f"the same for every lead: {', '.join(same)}")
    if strangers:
        found.append(f"keep_na names columns that are no attributes: {', '.join(strangers)}")
    return found


def _about_kinds(facts: Check, settings: Settings) -> list[str]:
    if facts.flat:
        return ["there are no times: nobody can show that a value was known before the result"]
    if not facts.kinds:
        return ["there are no events, so only who a lead is can be learned from, not what it does"]
    unknown = [kind.name for kind in facts.kinds if settings.kinds and kind.name not in _named(settings)]
    if not unknown:
        return []
    shown = ", ".join(unknown[:10])
    return [f"{len(unknown)} kinds of events have no section in ripeness.toml and count as the lead's own: {shown}"]


def _named(settings: Settings) -> set[str]:
    return {name for name, kind in settings.kinds.items()} | {k.maps_to for k in settings.kinds.values() if k.maps_to}


def _about_refusals(facts: Check) -> list[str]:
    refused: dict[str, int] = {}
    for refusal in facts.refusals:
        refused[refusal.table] = refused.get(refusal.table, 0) + refusal.count
    return [
        f"{count:,} of {facts.rows[table]:,} rows of {table} are refused; see why before you trust the rest"
        for table, count in refused.items()
        if count > MUCH_REFUSED * facts.rows.get(table, count)
    ]
