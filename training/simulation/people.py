"""The leads of the simulated company: accounts, roles, origins, and the fit that follows from them.

Fit is a function of what is recorded, so that it is no secret: an unknown industry fits like the
average one. All companies live under example.com, and no address belongs to a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.clock import DAY, SECOND
from training.simulation.world import World

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.object_]

RANKS = ("specialist", "senior", "manager", "director", "executive")
#: one title per rank: department, language -> titles
LADDERS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("it", "en"): ("Software Engineer", "Senior Software Engineer", "IT Manager", "IT Director", "CTO"),
    ("it", "it"): ("Programmatore", "Sistemista senior", "Responsabile IT", "Direttore IT", "CTO"),
    ("operations", "en"): (
        "Operations Analyst",
        "Senior Operations Analyst",
        "Operations Manager",
        "Director of Operations",
        "Chief Operating Officer",
    ),
    ("operations", "it"): (
        "Addetto alla produzione",
        "Tecnico di produzione senior",
        "Responsabile Produzione",
        "Direttore Operativo",
        "COO",
    ),
    ("finance", "en"): ("Accountant", "Senior Accountant", "Finance Manager", "Finance Director", "CFO"),
    ("finance", "it"): (
        "Contabile",
        "Contabile senior",
        "Responsabile Amministrazione",
        "Direttore Finanziario",
        "CFO",
    ),
    ("marketing", "en"): (
        "Marketing Specialist",
        "Senior Marketing Specialist",
        "Marketing Manager",
        "Marketing Director",
        "Chief Marketing Officer",
    ),
    ("marketing", "it"): (
        "Addetto marketing",
        "Specialista marketing senior",
        "Responsabile Marketing",
        "Direttore Marketing",
        "CMO",
    ),
    ("sales", "en"): (
        "Sales Representative",
        "Senior Sales Representative",
        "Sales Manager",
        "Sales Director",
        "VP Sales",
    ),
    ("sales", "it"): (
        "Venditore",
        "Venditore senior",
        "Responsabile Vendite",
        "Direttore Commerciale",
        "Vicepresidente Vendite",
    ),
    ("hr", "en"): ("HR Specialist", "Senior HR Specialist", "HR Manager", "HR Director", "Chief People Officer"),
    ("hr", "it"): ("Addetto risorse umane", "Recruiter senior", "Responsabile HR", "Direttore HR", "CHRO"),
}
DEPARTMENTS = ("it", "operations", "finance", "marketing", "sales", "hr")
_LANGUAGES = ("en", "it")
_TITLES = np.array(
    [LADDERS[department, language] for department in DEPARTMENTS for language in _LANGUAGES], dtype=object
).reshape(6, 2, 5)
_STUDENT = np.array(["Student", "Studente"], dtype=object)

_INDUSTRY_SHARES = (0.22, 0.10, 0.17, 0.15, 0.14, 0.08, 0.07, 0.07)
_COUNTRY_SHARES = (0.46, 0.12, 0.09, 0.07, 0.08, 0.11, 0.04, 0.03)
_COUNTRY_NAMES = np.array(
    [
        ["Italy", "Italia"],
        ["Germany", "Germania"],
        ["France", "Francia"],
        ["Spain", "Spagna"],
        ["United Kingdom", "Regno Unito"],
        ["United States", "Stati Uniti"],
        ["Netherlands", "Paesi Bassi"],
        ["Switzerland", "Svizzera"],
    ],
    dtype=object,
)
_SIZE_STEPS = (10, 50, 200, 1000, 5000)  #: the most employees of each band but the last
_FREE = np.array(["gmail.com", "yahoo.it", "outlook.com", "libero.it"], dtype=object)
_DISPOSABLE = np.array(["mailinator.com", "guerrillamail.com"], dtype=object)
SCANNER_SHARE = 0.10  #: accounts whose mail gate clicks every link before anybody reads it


@dataclass(frozen=True, kw_only=True)
class People:
    """Everything about the leads that is fixed on arrival; all arrays (n_leads,)."""

    created_at: Ints
    first_day: Ints  #: the first whole day of the lead's life, counted from the start
    origin: Ints  #: position in `World.origins`
    attributes: Mapping[str, Words]  #: as recorded on arrival; None where unknown
    account_id: Words
    promoted_day: Ints  #: from this day on the title is `promoted_title`
    promoted_title: Words
    promotable: npt.NDArray[np.bool_]
    fit: Floats  #: log multiplier of the chance to win
    promoted_fit: Floats
    subscribed: npt.NDArray[np.bool_]
    scanned: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.fit)

    def fit_on(self, day: int, leads: Ints) -> Floats:
        """Fit of these leads on that day, after any promotion."""
        return np.where(self.promoted_day[leads] <= day, self.promoted_fit[leads], self.fit[leads])


def people(world: World, *, leads: int, start: int, n_days: int, rng: np.random.Generator) -> People:
    """Draw the leads, sorted by creation."""
    created = _created(leads, start, n_days, rng)
    origin = rng.choice(len(world.origins), size=leads, p=[o.share for o in world.origins.values()])
    account = np.floor(rng.random(leads) ** 1.25 * max(1, int(0.62 * leads))).astype(np.int64)
    company = _companies(world, int(account.max()) + 1, rng)
    email_type = rng.choice(3, size=leads, p=(0.82, 0.165, 0.015))
    role = _roles(company["country"][account], rng)
    recorded = {name: values[account] for name, values in company["recorded"].items()}
    fits = _fits(world, origin, role, company, account, email_type)
    first_day = (created - start) // DAY + 1
    subscribed = rng.random(leads) < np.array([o.subscribed for o in world.origins.values()])[origin]
    return People(
        created_at=created,
        first_day=first_day,
        origin=origin,
        attributes={
            "source": np.array(list(world.origins), dtype=object)[origin],
            "job_title": role["title"],
            **recorded,
            "email": _addresses(account, email_type, rng),
            "newsletter_consent": np.where(subscribed, "yes", "no").astype(object),
            "import_batch": np.array(list("ABCDEFGH"), dtype=object)[rng.integers(0, 8, leads)],
        },
        account_id=blank(_numbered("A", account), email_type != 0),
        promoted_day=first_day + rng.geometric(world.promoted, leads) - 1,
        promoted_title=role["next_title"],
        promotable=role["promotable"],
        fit=fits[0],
        promoted_fit=fits[1],
        subscribed=subscribed,
        scanned=(rng.random(int(account.max()) + 1) < SCANNER_SHARE)[account] & (email_type == 0),
    )


def _created(leads: int, start: int, n_days: int, rng: np.random.Generator) -> Ints:
    """Moments of arrival: fewer at weekends, from 07:00 to 19:00 UTC, in whole seconds."""
    weekday = (start // DAY + np.arange(n_days) + 3) % 7
    weight = np.where(weekday >= 5, 0.3, 1.0)
    day = np.sort(rng.choice(n_days, size=leads, p=weight / weight.sum()))
    return np.sort(start + day * DAY + rng.integers(7 * 3600, 19 * 3600, leads) * SECOND)


def _numbered(letter: str, numbers: Ints) -> Words:
    return np.array([f"{letter}{n + 1:06d}" for n in numbers], dtype=object)


def blank(values: npt.NDArray[Any], where: npt.NDArray[np.bool_]) -> Words:
    """The values as objects, None where they are unknown."""
    found = values.astype(object)
    found[where] = None
    return found


def _sometimes(values: npt.NDArray[Any], share: float, rng: np.random.Generator) -> Words:
    """The values, unknown for a share of them."""
    return blank(values, rng.random(len(values)) < share)


def _companies(world: World, count: int, rng: np.random.Generator) -> dict[str, Any]:
    """Attributes of accounts: codes, and words as recorded (some unknown)."""
    industries = np.array(list(world.fit["industry"]), dtype=object)
    industry = _sometimes(industries[rng.choice(len(industries), size=count, p=_INDUSTRY_SHARES)], 0.10, rng)
    employees = np.ceil(np.exp(rng.normal(4.6, 1.7, count))).clip(1, 80_000)
    known = rng.random(count) >= 0.12
    revenue = employees * np.exp(rng.normal(11.6, 0.5, count)) * np.exp(-0.03 * np.log(employees))
    country = rng.choice(len(_COUNTRY_NAMES), size=count, p=_COUNTRY_SHARES)
    language = (rng.random(count) < np.where(country == 0, 0.35, 0.05)).astype(np.int64)
    return {
        "industry": industry,
        "size": np.where(known, np.searchsorted(_SIZE_STEPS, employees), -1),
        "country": country,
        "recorded": {
            "industry": industry,
            "employees": blank(employees, ~known),
            "revenue": _sometimes(np.round(revenue, -3), 0.35, rng),
            "country": _COUNTRY_NAMES[country, language],
        },
    }


def _roles(country: Ints, rng: np.random.Generator) -> dict[str, Any]:
    """Rank, department and title of each lead, and what a promotion makes of them."""
    count = len(country)
    italian = (rng.random(count) < np.where(country == 0, 0.8, 0.02)).astype(np.int64)
    department = rng.choice(6, size=count, p=(0.24, 0.22, 0.14, 0.18, 0.12, 0.10))
    rank = rng.choice(5, size=count, p=(0.30, 0.18, 0.27, 0.15, 0.10))
    student, unknown = rng.random(count) < 0.05, rng.random(count) < 0.08
    title = blank(np.where(student, _STUDENT[italian], _TITLES[department, italian, rank]), unknown)
    after = np.minimum(rank + 1, 4)
    promotable = ~student & ~unknown & (rank < 4)
    return {
        "title": title,
        "next_title": np.where(promotable, _TITLES[department, italian, after], title),
        "promotable": promotable,
        "rank": np.where(unknown, -1, np.where(student, 5, rank)),
        "next_rank": np.where(unknown, -1, np.where(student, 5, after)),
        "department": np.where(unknown | student, -1, department),
    }


def _effect(effects: Mapping[str, float], order: Sequence[str], code: Ints) -> Floats:
    """Effects by code; 0 for the unknown, whose code is -1."""
    return np.array([*(effects[name] for name in order), 0.0])[code]


def _fits(
    world: World, origin: Ints, role: Mapping[str, Any], company: Mapping[str, Any], account: Ints, email_type: Ints
) -> tuple[Floats, Floats]:
    """Fit on arrival and after a promotion: a sum over what is recorded."""
    fit, ranks = world.fit, (*RANKS, "student")
    industry = np.array([fit["industry"].get(name, 0.0) for name in company["industry"]])
    common = (
        np.array([o.fit for o in world.origins.values()])[origin]
        + industry[account]
        + _effect(fit["size"], list(fit["size"]), company["size"][account])
        + _effect(fit["country"], list(fit["country"]), company["country"][account])
        + _effect(fit["email"], list(fit["email"]), email_type)
        + _effect(fit["department"], DEPARTMENTS, role["department"])
    )
    return common + _effect(fit["rank"], ranks, role["rank"]), common + _effect(fit["rank"], ranks, role["next_rank"])


def _addresses(account: Ints, email_type: Ints, rng: np.random.Generator) -> Words:
    """Addresses of nobody: `lead.N` at a company under example.com, a free or a throw-away provider."""
    count = len(account)
    company = np.array([f"company-{a + 1}.example.com" for a in account], dtype=object)
    free, disposable = _FREE[rng.integers(0, len(_FREE), count)], _DISPOSABLE[rng.integers(0, 2, count)]
    domain = np.choose(email_type, [company, free, disposable])
    return np.array([f"lead.{i + 1}@{d}" for i, d in enumerate(domain)], dtype=object)
