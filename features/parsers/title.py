"""Job titles, in English and Italian, as how senior somebody is and in which department.

A title is read from left to right, taking the longest phrase known at each word: "vice president"
is one phrase, so its "president" is not seen, and a "product owner" owns nothing. Of all phrases
found the most telling one counts; their order of precedence is the order of the tables here.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from features.parsers.plain import plain_words, short_text

#: from the first that counts to the last; phrases are separated by commas
SENIORITY: tuple[tuple[str, str], ...] = (
    # who assists somebody isn't that somebody
    (
        "staff",
        "assistant to, assistant to the, executive assistant, personal assistant, administrative assistant, "
        "management assistant, office assistant, ea to, pa to, secretary to, secretary, segretaria, segretario, "
        "assistente, assistant professor, associate professor",
    ),
    (
        "owner",
        "owner, co owner, business owner, founder, co founder, cofounder, founding partner, managing partner, "
        "senior partner, equity partner, proprietor, entrepreneur, self employed, freelance, freelancer, "
        "titolare, contitolare, fondatore, fondatrice, cofondatore, cofondatrice, socio, socia, proprietario, "
        "proprietaria, imprenditore, imprenditrice, libero professionista, libera professionista, lavoratore autonomo",
    ),
    (
        "c_level",
        "ceo, cfo, cto, cio, cmo, coo, cso, cro, chro, ciso, cdo, cpo, cco, cao, cxo, clo, c level, c suite, "
        "chief executive, chief operating, chief financial, chief technology, chief technical, chief information, "
        "chief marketing, chief revenue, chief commercial, chief product, chief people, chief data, chief digital, "
        "chief legal, chief human, chief strategy, chief sales, chief security, chief risk, chief compliance, "
        "chief customer, chief growth, chief innovation, chief administrative, chief experience, chief brand, "
        "president, chairman, chairwoman, chairperson, managing director, executive director, general manager, "
        "amministratore delegato, amministratrice delegata, amministratore unico, amministratrice unica, "
        "consigliere delegato, consigliera delegata, direttore generale, direttrice generale, presidente",
    ),
    (
        "vp",
        "vp, vps, svp, evp, avp, rvp, gvp, vice president, senior vice president, executive vice president, "
        "assistant vice president, vice presidente, vicepresidente",
    ),
    (
        "director",
        "director, directors, dir, head, head of, direttore, direttrice, vice direttore, vicedirettore, dirigente, "
        "chief of staff, chief, country manager, regional manager, dean, rector, rettore, rettrice, preside, "
        "dirigente scolastico, headmaster, provost, superintendent, soprintendente",
    ),
    (
        "manager",
        "manager, managers, mgr, mngr, responsabile, resp, capo, caporeparto, capoufficio, capo ufficio, "
        "capo reparto, caposquadra, capo area, capoarea, capocantiere, capo progetto, capoprogetto, supervisor, "
        "supervisore, team lead, team leader, teamleader, group leader, coordinatore, coordinatrice, foreman, quadro, "
        "gestore, gerente",
    ),
    (
        "senior",
        "senior, sr, snr, lead, principal, staff engineer, expert, esperto, esperta, partner, fellow",
    ),
    (
        "intern",
        "intern, internship, trainee, apprentice, working student, student, students, undergraduate, stagista, "
        "tirocinante, apprendista, praticante, studente, studentessa, laureando, laureanda, tesista, stage, "
        "phd student, dottorando, dottoranda",
    ),
    ("junior", "junior, jr, jnr, entry level, graduate, neolaureato, neolaureata, assistant, aiuto"),
    # these only keep their words from being read as something else
    (
        "staff",
        "product owner, process owner, data owner, service owner, system owner, risk owner, content owner, "
        "business partner, hr business partner, account executive, sales executive, marketing executive, "
        "customer service executive, police officer, loan officer, press officer, purchasing officer, "
        "administrative officer, support officer, project officer, programme officer, program officer, "
        "information officer, lead generation, head hunter, headhunter, stage manager, "
        "student advisor, student affairs, student services",
    ),
    # who says to be no more than that
    (
        "staff",
        "employee, employees, impiegato, impiegata, dipendente, addetto, addetta, operaio, operaia, worker, clerk, "
        "staff, specialist, specialista, analyst, analista, consultant, consulente, coordinator, officer, "
        "representative, operator, operatore, operatrice, associate, collaboratore, collaboratrice, technician, nurse, "
        "infermiere, infermiera, receptionist, autista, driver",
    ),
    (
        "",
        "unemployed, retired, housewife, disoccupato, disoccupata, pensionato, pensionata, casalinga, none, other, "
        "altro",
    ),
)

DEPARTMENTS: tuple[tuple[str, str], ...] = (
    (
        "marketing",
        "marketing, mktg, brand, branding, communication, communications, comunicazione, comunicazioni, seo, sem, "
        "social media, content, copywriter, public relations, pr, pr manager, press officer, ufficio stampa, "
        "relazioni esterne, advertising, pubblicita, media buyer, media planner, demand generation, demand gen, "
        "lead generation, growth, crm, cmo, digital, product marketing, events, eventi, trade marketing",
    ),
    (
        "hr",
        "hr, human resources, human resource, risorse umane, personale, people, talent, recruiter, recruiting, "
        "recruitment, head hunter, headhunter, payroll, paghe, chro, selezione, selezione del personale, training, "
        "learning and development, learning & development, employee, hr business partner, formazione del personale",
    ),
    (
        "legal",
        "legal, legale, lawyer, attorney, counsel, general counsel, avvocato, avvocata, affari legali, compliance, "
        "paralegal, notary, notaio, clo, dpo, data protection, privacy, contract manager, giurista",
    ),
    (
        "procurement",
        "procurement, purchasing, purchase, buyer, buyers, sourcing, acquisti, acquisto, approvvigionamento, "
        "approvvigionamenti, ufficio acquisti, category manager, purchasing officer, supply manager, cpo procurement",
    ),
    (
        "finance",
        "finance, financial, finanza, finanziario, finanziaria, cfo, accounting, accountant, accounts payable, "
        "accounts receivable, controller, controlling, contabile, contabilita, amministrazione, amministrativo, "
        "amministrativa, treasury, treasurer, tesoreria, tesoriere, tax, fiscale, audit, auditor, investment, "
        "investments, bilancio, controllo di gestione, bookkeeper, commercialista, credit, loan officer, ragioniere",
    ),
    (
        "sales",
        "sales, selling, vendite, vendita, venditore, venditrice, commerciale, commerciali, account executive, "
        "account manager, key account, account director, business development, bdr, sdr, business developer, "
        "sviluppo commerciale, sviluppo business, cro, pre sales, presales, prevendita, area manager, export manager, "
        "export, agente di commercio, rappresentante, sales support, sales operations, sales engineer, "
        "chief commercial, chief revenue",
    ),
    (
        "support",
        "support, customer service, customer success, customer care, customer support, customer experience, "
        "help desk, helpdesk, service desk, assistenza, assistenza clienti, servizio clienti, client services, "
        "call center, after sales, post vendita, postvendita",
    ),
    (
        "product",
        "product, product manager, product owner, product management, prodotto, prodotti, ux, ui, user experience, "
        "cpo, designer, product design",
    ),
    (
        "it",
        "it, ict, information technology, information systems, information security, software, developer, "
        "sviluppatore, sviluppatrice, programmer, programmatore, programmatrice, informatico, informatica, "
        "sistemi informativi, sistemista, sysadmin, system administrator, systems administrator, network, devops, sre, "
        "cloud, cyber, cybersecurity, security, ciso, cio, cto, data, database, dba, web, webmaster, full stack, "
        "frontend, front end, backend, back end, machine learning, artificial intelligence, business intelligence, "
        "digital transformation, trasformazione digitale, erp, sap, solution architect, enterprise architect, "
        "computer, amministratore di sistema, amministratore di rete, data engineer, data scientist, software engineer",
    ),
    (
        "education",
        "teacher, professor, professore, professoressa, lecturer, insegnante, docente, maestro, maestra, tutor, "
        "school, scuola, university, universita, education, academic, dean, rector, rettore, rettrice, preside, "
        "dirigente scolastico, headmaster, student, students, studente, studentessa, formatore, formatrice, faculty, "
        "assistant professor, associate professor, librarian, working student, phd student, dottorando, dottoranda",
    ),
    (
        "operations",
        "operations, operation, operational, operativo, operativa, operazioni, coo, logistics, logistica, "
        "supply chain, warehouse, magazzino, magazziniere, production, produzione, manufacturing, plant, stabilimento, "
        "quality, qualita, facility, facilities, fleet, maintenance, manutenzione, shipping, spedizioni, "
        "process owner, project manager, program manager, programme manager, project management, pmo, office manager, "
        "capo progetto, hse, safety, sicurezza, store manager, restaurant manager, hotel manager",
    ),
    (
        "engineering",
        "engineering, engineer, engineers, ingegnere, ingegneria, r&d, rd, research, ricerca, ricerca e sviluppo, "
        "research and development, technical, tecnico, tecnica, ufficio tecnico, technician, scientist, laboratory, "
        "laboratorio, progettista, progettazione, mechanical, electrical, innovation, innovazione, chimico, chemist, "
        "technology",
    ),
    (
        "executive",
        "ceo, chief executive, owner, co owner, business owner, founder, co founder, cofounder, president, chairman, "
        "chairwoman, chairperson, managing director, executive director, general manager, managing partner, board, "
        "amministratore delegato, amministratrice delegata, amministratore unico, amministratrice unica, "
        "direttore generale, direttrice generale, presidente, titolare, contitolare, fondatore, fondatrice, "
        "proprietario, proprietaria, imprenditore, imprenditrice, entrepreneur, chief of staff, direzione generale, "
        "consigliere delegato, consigliera delegata, founding partner, socio, socia, vice president, vicepresidente",
    ),
    ("", "business partner, assistente di direzione, assistente personale, amministratore di condominio"),
)

_LONGEST_PHRASE = 4  #: words


def _ranks(table: Iterable[tuple[str, str]]) -> Mapping[str, int]:
    """Each phrase to the place of its line in the table."""
    ranks: dict[str, int] = {}
    for rank, (_, phrases) in enumerate(table):
        for phrase in phrases.split(","):
            ranks.setdefault(phrase.strip(), rank)
    return ranks


_SENIORITY_RANKS = _ranks(SENIORITY)
_DEPARTMENT_RANKS = _ranks(DEPARTMENTS)


def seniority(value: object) -> str | None:
    """How senior a job title says somebody is; `staff` where it says nothing of it, None where it is no title."""
    text = short_text(value)
    return _seniority(text) if text else None


def tells_seniority(value: object) -> bool:
    """Whether a title says how senior somebody is: by a word for it, or by naming a job in a department."""
    text = short_text(value)
    return text is not None and (
        _first_rank(plain_words(text), _SENIORITY_RANKS) is not None or bool(_department(text))
    )


def department(value: object) -> str | None:
    """The department that a job title names, if it names one; `executive` for those who run the company."""
    text = short_text(value)
    return _department(text) if text else None


@lru_cache(maxsize=65_536)
def _seniority(title: str) -> str | None:
    words = plain_words(title)
    if "chief" in words and "officer" in words:
        return "c_level"
    rank = _first_rank(words, _SENIORITY_RANKS)
    if rank is not None:
        return SENIORITY[rank][0] or None
    return "staff" if any(len(word) > 1 and word.isalpha() for word in words) else None


@lru_cache(maxsize=65_536)
def _department(title: str) -> str | None:
    rank = _first_rank(plain_words(title), _DEPARTMENT_RANKS)
    return None if rank is None else DEPARTMENTS[rank][0] or None


def _first_rank(words: list[str], ranks: Mapping[str, int]) -> int | None:
    """The lowest rank among the longest phrases found from left to right."""
    best, i = None, 0
    while i < len(words):
        for length in range(min(_LONGEST_PHRASE, len(words) - i), 0, -1):
            rank = ranks.get(" ".join(words[i : i + length]))
            if rank is not None:
                best = rank if best is None else min(best, rank)
                break
        i += length
    return best
