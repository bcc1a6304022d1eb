"""Words, in English and Italian, that columns of the kind "filled in afterwards" often carry.

They are a weak prior: they raise suspicion and never refuse a column without figures. No name of a
column of any particular data set is here.
"""

from collections.abc import Iterable, Mapping

from features.column_names import name_words
from features.parsers.plain import plain_words


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _phrases(listed: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in listed.split(";"))


#: words in the name of a column -> what such a column usually is
NAMES: Mapping[str, frozenset[str]] = {
    "speaks of how it ended": _words(
        "outcome result final close closed closing won lost win loss reason converted conversion churn churned "
        "cancel cancelled cancellation unsubscribed contract invoice invoiced payment paid "
        "purchase purchased bought sold esito risultato finale chiuso chiusa chiusura vinto vinta perso persa "
        "perdita motivo convertito conversione disdetta contratto fattura pagamento pagato acquisto venduto"
    ),
    "names a state that moves on with the deal": _words(
        "stage status state phase step pipeline fase stato stadio avanzamento"
    ),
    "names a judgement, made by a person or another system at a time that nobody recorded": _words(
        "tag tags label labels quality score scores scoring rating grade rank index profile notable priority "
        "temperature verdict qualification disposition remark remarks note notes comment comments "
        "etichetta etichette qualita punteggio valutazione voto indice profilo priorita temperatura giudizio "
        "qualificazione nota commento commenti"
    ),
    "names the latest of something, which is overwritten until the export": _words(
        "last latest recent updated modified ultimo ultima ultimi ultime recente aggiornato modificato"
    ),
    "names something that is measured when a contact is over": _words("duration elapsed durata trascorso"),
}
#: words in values that read like a verdict
JUDGEMENTS = _words(
    "worst best good bad poor excellent hot warm cold high medium low potential likely unlikely might maybe sure "
    "qualified unqualified disqualified eligible ineligible interested uninterested relevant irrelevant relevance "
    "won lost closed converted signed invalid junk spam rejected accepted dead unreachable "
    "pessimo pessima ottimo ottima buono buona scarso scarsa caldo calda tiepido tiepida freddo fredda alto alta medio "
    "media basso bassa potenziale probabile improbabile forse sicuro qualificato qualificata squalificato idoneo "
    "interessato interessata vinto vinta perso persa chiuso chiusa convertito firmato rifiutato accettato "
    "irraggiungibile"
)

#: whole texts that stand for "nothing was said"
MISSING = _phrases(
    """
    select; please select; select one; choose; choose one; please choose; none selected; not selected; none;
    not specified; unspecified; unknown; not known; not available; not applicable; not provided; not set; undefined;
    missing; empty; blank; no data; nil; null; n a; na; nan; tbd; to be defined; to be determined;
    seleziona; selezionare; selezionare un valore; scegli; scegliere; nessuno; nessuna; non specificato;
    non specificata; sconosciuto; sconosciuta; non disponibile; non applicabile; non indicato; non indicata; mancante;
    vuoto; nessun dato; n d; nd; da definire
    """
)

#: words in the name of a kind of event that somebody of the company does
OURS = _words(
    "sent logged assigned created updated modified note task outbound proposal quote offer contract invoice "
    "payment onboarding stage status owner closed won lost inviato inviata assegnato creato aggiornato modificato nota "
    "attivita proposta preventivo offerta contratto fattura pagamento fase stato chiuso vinto perso"
)


def plain(text: str) -> str:
    """A value in a form to look up: lower case, words only, single spaces."""
    return " ".join(plain_words(text))


def hints(name: str) -> dict[str, str]:
    """What the words of a column's name hint at, and the word that does."""
    words = name_words(name)
    found = ((meaning, next((w for w in words if w in listed), None)) for meaning, listed in NAMES.items())
    return {meaning: word for meaning, word in found if word is not None}


def judging(texts: Iterable[str]) -> list[bool]:
    """Which values read like a verdict."""
    return [any(word in JUDGEMENTS for word in plain_words(text)) for text in texts]
