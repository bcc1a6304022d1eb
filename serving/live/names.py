"""What people call a lead by, found among its attributes by their usual English and Italian names."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

WHOLE = ("name", "full_name", "contact_name", "lead_name", "nome_completo", "nominativo", "nome_e_cognome")
FIRST = ("first_name", "given_name", "nome")
LAST = ("last_name", "surname", "family_name", "cognome")
COMPANY = ("company", "company_name", "organization", "organisation", "account_name", "azienda", "società", "societa")
ROLE = ("job_title", "title", "role", "position", "ruolo", "qualifica", "posizione")
SOURCE = ("source", "lead_source", "original_source", "utm_source", "origine", "fonte", "provenienza")
EMAIL = ("email", "e_mail", "email_address", "mail", "posta_elettronica", "indirizzo_email")
LONGEST = 200  #: characters that a list shows


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a list shows of who a lead is; None where its attributes don't tell."""

    name: str | None = None
    company: str | None = None
    role: str | None = None
    source: str | None = None


def named(attributes: Mapping[str, object]) -> Named:
    """Names of a lead by its attributes; of several that fit the more usual one counts."""
    plain = {_plain(name): value for name, value in attributes.items() if isinstance(value, str) and value.strip()}
    parts = [part for names in (FIRST, LAST) if (part := _first(plain, names))]
    return Named(
        name=_first(plain, WHOLE) or " ".join(parts)[:LONGEST] or _first(plain, EMAIL),
        company=_first(plain, COMPANY),
        role=_first(plain, ROLE),
        source=_first(plain, SOURCE),
    )


@lru_cache(maxsize=10_000)
def _plain(name: str) -> str:
    """`Job Title`, `job-title` and `jobTitle` are one name."""
    apart = "".join(f"_{c}" if c.isupper() and i and name[i - 1].islower() else c for i, c in enumerate(name))
    return "_".join(apart.lower().replace("-", " ").replace("_", " ").split())


def _first(values: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    found = next((values[name] for name in names if name in values), None)
    return None if found is None else str(found).strip()[:LONGEST]
