"""What an event kind means, by the words in its name: who acts, and how ripe a lead is that does it.

Kinds of the sales team and of machines are found first: an e-mail that was *sent* says nothing of
the lead. What remains is read from the ripest stage down.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from features.column_names import name_words
from features.read_results import plain
from features.settings import Actor, Kind
from features.stages import Stage

_SYSTEM = """bounce bounced delivered delivery deferred dropped scored assigned reassigned synced sync import imported
    merged enriched workflow automation enrolled updated modified changed status system scanner bot consegnata
    assegnato aggiornato modificato rimbalzo"""
_SELLER = """sent logged outbound dialed dialled voicemail task note notes reminder cadence sequence prospecting
    approached unreachable inviata inviato effettuata effettuato uscente nota promemoria"""
#: by what was done when it isn't the lead who does it
_BY_SELLER = ("call", "phone", "conversation", "meeting held", "meeting logged", "quote sent", "chiamata", "telefonata")
_BY_LEAD = """open opened click clicked reply replied visit visited view viewed attended register registered submit
    submitted request requested download downloaded inbound received booked answered aperta cliccato"""
_STAGES: tuple[tuple[Stage, str], ...] = (
    (
        Stage.SALES_QUALIFIED,
        """demo quote quotation proposal trial contactsales contactus talktosales callback appointment booked checkout
        cart preventivo offerta prova appuntamento richiamata carrello""",
    ),
    (
        Stage.MARKETING_QUALIFIED,
        """pricing price prices plans casestudy comparison compare calculator roi configurator product specification
        webinarattended attendedwebinar prezzi listino confronto calcolatore caso configuratore""",
    ),
    (Stage.LEAD, "click clicked reply replied cliccato risposto"),
    (
        Stage.SUBSCRIBER,
        """careers career jobs newsletter subscribe subscribed subscription unsubscribe
        unsubscribed email mail sms blog social follow
        followed like opened open iscrizione disiscrizione""",
    ),
)
_OUTCOMES: Mapping[str, str] = {
    **dict.fromkeys(("closedwon", "dealwon", "opportunitywon", "won", "purchase", "purchased", "vinto"), "closed_won"),
    **dict.fromkeys(("closedlost", "deallost", "opportunitylost", "lost", "perso"), "closed_lost"),
    **dict.fromkeys(("salesaccepted", "sqlaccepted", "leadaccepted", "accettato"), "sales_accepted"),
    **dict.fromkeys(("salesrejected", "sqlrejected", "leadrejected", "rifiutato"), "sales_rejected"),
}
_ENDS = ("unsubscribe", "unsubscribed", "unsubscription", "optout", "optedout", "disiscrizione", "disiscritto")
_SIGNS_UP = ("subscribe", "subscribed", "subscription", "newslettersignup", "optin", "optedin", "iscrizione")
_FAST = ("demo", "quote", "quotation", "contactsales", "talktosales", "callback", "preventivo")


def guess_kinds(names: Iterable[str]) -> dict[str, Kind]:
    """A meaning for each kind, by its name in the export; the settings' own default where nothing is telling."""
    return {name: guess_kind(name) for name in names}


def guess_kind(name: str) -> Kind:
    """The meaning of one kind."""
    outcome = _OUTCOMES.get(plain(name))
    if outcome is not None:
        return Kind(actor="system", stage=Stage.OPPORTUNITY, maps_to=None if outcome == name else outcome)
    return Kind(actor=_actor(name), stage=_stage(name), ends_contact=True if _tells(name, _ENDS) else None)


def ends_contact(name: str, kinds: Mapping[str, Kind]) -> bool:
    """Whether such an event ends contact: as the settings say of it, else by its name or the one it maps to."""
    target = (kinds[name].maps_to if name in kinds else None) or name
    said = (kinds[n].ends_contact for n in (name, target) if n in kinds)
    told = next((flag for flag in said if flag is not None), None)
    return _tells(target, _ENDS) if told is None else told


def signs_up(name: str) -> bool:
    """Whether such an event is a sign-up for news, by its name: consent that was given again."""
    return _tells(name, _SIGNS_UP) and not _tells(name, _ENDS)


def fast_tracks(kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    """Kinds by which a lead itself asks for sales."""
    return tuple(n for n, kind in kinds.items() if kind.actor == "lead" and _tells(n, _FAST) and "view" not in plain(n))


def _actor(name: str) -> Actor:
    words = set(name_words(name))
    if words & set(_SYSTEM.split()):
        return "system"
    if words & set(_SELLER.split()):
        return "seller"
    by_lead = words & set(_BY_LEAD.split())
    return "seller" if any(phrase in " ".join(name_words(name)) for phrase in _BY_SELLER) and not by_lead else "lead"


def _stage(name: str) -> Stage:
    return next((stage for stage, words in _STAGES if _tells(name, words.split())), Stage.LEAD)


def _tells(name: str, telling: Iterable[str]) -> bool:
    """Whether a telling word is in the name; words of two, such as "case study", count when they touch."""
    words = name_words(name)
    pairs = {a + b for a, b in pairwise(words)}
    return bool(set(telling) & (set(words) | pairs))
