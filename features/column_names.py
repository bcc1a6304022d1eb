"""What companies call their columns, in English and Italian, and how well a name fits a meaning."""

import re
from collections.abc import Mapping

from features.parsers.plain import plain_words

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def name_words(name: str) -> tuple[str, ...]:
    """`"createdAt"`, `"Created At"` and `"created_at"` as `("created", "at")`."""
    return tuple(plain_words(_CAMEL.sub(" ", name)))


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _phrases(listed: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(phrase.split()) for phrase in listed.split(","))


#: phrases per meaning, the most telling first
LEAD_NAMES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "lead_id": _phrases(
        "lead id, prospect id, contact id, opportunity id, deal id, student id, customer id, user id, client id, "
        "visitor id, person id, record id, lead key, id lead, id contatto, id cliente, id opportunita, codice lead, "
        "codice cliente, codice contatto, id, uuid, guid, lead number, record number, codice, email, e mail"
    ),
    "created_at": _phrases(
        "created at, created date, create date, date created, creation date, created on, created, createdate, "
        "registered at, date registered, registration date, registered on, signup date, sign up date, signed up at, "
        "signup, date added, added at, added on, first seen, first contact, engage date, inquiry date, enquiry date, "
        "lead date, inserted at, entry date, open date, opened at, opened date, start date, data creazione, creato il, "
        "data registrazione, data iscrizione, data inserimento, data contatto, data primo contatto, data lead, "
        "data apertura"
    ),
    "closed_won_at": _phrases(
        "closed won at, closed won date, won at, won date, date won, date purchased, purchase date, purchased at, "
        "purchased on, converted at, conversion date, converted date, date converted, converted on, sale date, "
        "sold at, order date, first order date, became customer, customer since, signed at, contract date, "
        "data acquisto, data vendita, data conversione, vinto il, data contratto, data ordine, cliente dal"
    ),
    "closed_lost_at": _phrases(
        "closed lost at, closed lost date, lost at, lost date, date lost, disqualified at, disqualified date, "
        "rejected at, data perdita, perso il, data perso"
    ),
    "closed_at": _phrases(
        "closed at, close date, closed date, date closed, closed on, closing date, actual close date, outcome at, "
        "outcome date, result date, decided at, data chiusura, chiuso il, data esito, data fine"
    ),
    "result": _phrases(
        "converted, is converted, is won, won, closed won, deal stage, opportunity stage, sales stage, stage name, "
        "deal status, opportunity status, lead status, outcome, result, y, target, label, conversion, converted flag, "
        "purchased, bought, is customer, stage, status, esito, convertito, acquistato, vinto, fase trattativa, "
        "fase opportunita, stato lead, stato opportunita, stato trattativa, fase, stato"
    ),
    "account_id": _phrases(
        "account id, company id, organization id, organisation id, account key, account, company, id azienda, "
        "codice azienda, id account, azienda"
    ),
    "owner": _phrases(
        "owner, owner id, lead owner, opportunity owner, deal owner, contact owner, account owner, sales agent, "
        "sales rep, sales person, salesperson, sales representative, assigned to, assignee, agente, venditore, "
        "commerciale, assegnato a, proprietario, responsabile commerciale"
    ),
}
EVENT_NAMES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "kind": _phrases(
        "kind, event kind, event type, event name, activity type, activity name, activity, action, interaction type, "
        "interaction, touchpoint, engagement type, event, type, tipo evento, tipo attivita, tipo azione, evento, "
        "attivita, azione, tipo"
    ),
    "happened_at": _phrases(
        "happened at, occurred at, occurred on, event time, event date, event timestamp, event at, activity date, "
        "activity time, performed at, timestamp, ts, datetime, date time, time, date, created at, created date, "
        "created on, data evento, data attivita, data ora, data, quando"
    ),
    "known_at": _phrases(
        "known at, recorded at, logged at, synced at, ingested at, loaded at, received at, inserted at, registrato il"
    ),
    "event_id": _phrases("event id, activity id, interaction id, event key, id evento, id attivita, uuid, guid, id"),
    "value": _phrases(
        "value, amount, quantity, duration, minutes, seconds, count, score, valore, importo, quantita, durata, minuti"
    ),
    "topic": _phrases(
        "topic, subject, detail, details, page, page url, url, content, asset, campaign, title, item, product, "
        "argomento, oggetto, dettaglio, pagina, contenuto, campagna, prodotto"
    ),
    "channel": _phrases("channel, source, medium, utm source, utm medium, canale, fonte, origine, mezzo"),
    "actor": _phrases("actor, actor type, performed by, initiated by, direction, attore, eseguito da"),
}
CHANGE_NAMES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "field": _phrases(
        "field, field name, property, property name, attribute, attribute name, column, column name, campo, "
        "nome campo, proprieta, attributo"
    ),
    "old_value": _phrases(
        "old value, oldvalue, previous value, prior value, from value, value before, valore precedente, "
        "vecchio valore, valore vecchio"
    ),
    "value": _phrases("new value, newvalue, to value, value after, value, nuovo valore, valore nuovo, valore"),
    "known_at": _phrases(
        "known at, changed at, changed on, change date, date changed, modified at, modified on, updated at, edited at, "
        "edit date, created at, created date, timestamp, ts, date, data modifica, modificato il, data cambio, data"
    ),
}
TABLE_NAMES: Mapping[str, frozenset[str]] = {
    "leads": _words(
        "lead leads contact contacts prospect prospects opportunity opportunities pipeline deal deals student students "
        "customer customers signup signups user users crm contatti clienti opportunita trattative iscritti"
    ),
    "events": _words(
        "event events activity activities interaction interactions touchpoint touchpoints engagement log logs clicks "
        "visits behaviour behavior eventi attivita interazioni"
    ),
    "changes": _words("change changes history histories audit modifiche storico storia cronologia"),
}
#: columns about a person that no model should learn from
PERSONAL = _words(
    "name firstname lastname fullname surname givenname familyname middlename phone phonenumber mobile mobilephone "
    "telephone fax street address streetaddress notes note comments comment description birthdate ssn taxcode nome "
    "cognome nomecognome telefono cellulare indirizzo via codicefiscale commenti commento descrizione"
)
ITALIAN = _words(
    "data nome cognome azienda settore citta provincia regione paese fatturato dipendenti fonte canale stato esito "
    "fase ruolo cliente codice valore tipo creazione acquisto chiusura attivita evento"
)


def fitness(phrases: tuple[tuple[str, ...], ...], name: str) -> float:
    """How well a name fits: from 2 for the very phrase, from 1 for a name that holds it, 0 for none.

    Within each, earlier phrases fit better.
    """
    words = name_words(name)
    for place, phrase in enumerate(phrases):
        if words == phrase or "".join(words) == "".join(phrase):
            return 3 - place / len(phrases)
    for place, phrase in enumerate(phrases):
        if len(phrase) > 1 and set(phrase) <= set(words):
            return 2 - place / len(phrases)
    return 0.0
