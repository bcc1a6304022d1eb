"""How people speak of well-known kinds of events and fields; others are called by their label or name."""

from dataclasses import dataclass
from functools import lru_cache

from features.definitions import ANY
from features.view import View
from serving.language import N_, Language


@dataclass(frozen=True, kw_only=True)
class KindWords:
    """One kind of event in sentences, in the caller's language."""

    did: str | None  #: "Viewed the pricing page"; None for kinds nobody has a verb for
    none: str  #: "No pricing page view"
    noun: str  #: "Pricing page views", at the start of a sentence
    last: str  #: "Last viewed the pricing page", before "8 days ago"
    label: str  #: inside of a sentence, for kinds without a verb


#: kind -> what the lead did, that it did not, the doings as a noun, and the last time
KNOWN = {
    ANY: (N_("Was active"), N_("No activity"), N_("Activities"), N_("Last activity")),
    "page_view": (N_("Viewed our pages"), N_("No page view"), N_("Page views"), N_("Last viewed our pages")),
    "pricing_page_view": (
        N_("Viewed the pricing page"),
        N_("No pricing page view"),
        N_("Pricing page views"),
        N_("Last viewed the pricing page"),
    ),
    "careers_page_view": (
        N_("Viewed the careers page"),
        N_("No careers page view"),
        N_("Careers page views"),
        N_("Last viewed the careers page"),
    ),
    "content_download": (
        N_("Downloaded content"),
        N_("No content download"),
        N_("Content downloads"),
        N_("Last downloaded content"),
    ),
    "email_open": (N_("Opened our e-mails"), N_("No e-mail opened"), N_("E-mails opened"), N_("Last opened an e-mail")),
    "email_click": (
        N_("Clicked in our e-mails"),
        N_("No click in an e-mail"),
        N_("Clicks in e-mails"),
        N_("Last clicked in an e-mail"),
    ),
    "email_reply": (
        N_("Replied to our e-mails"),
        N_("No reply to an e-mail"),
        N_("Replies to e-mails"),
        N_("Last replied to an e-mail"),
    ),
    "newsletter_signup": (
        N_("Signed up for the newsletter"),
        N_("No newsletter sign-up"),
        N_("Newsletter sign-ups"),
        N_("Signed up for the newsletter"),
    ),
    "unsubscribe": (N_("Unsubscribed"), N_("No unsubscription"), N_("Unsubscriptions"), N_("Unsubscribed")),
    "form_submit": (
        N_("Filled in a form"),
        N_("No form filled in"),
        N_("Forms filled in"),
        N_("Last filled in a form"),
    ),
    "social_engagement": (
        N_("Reacted on social media"),
        N_("No reaction on social media"),
        N_("Reactions on social media"),
        N_("Last reacted on social media"),
    ),
    "webinar_registered": (
        N_("Registered for a webinar"),
        N_("No webinar registration"),
        N_("Webinar registrations"),
        N_("Last registered for a webinar"),
    ),
    "webinar_attended": (
        N_("Attended a webinar"),
        N_("No webinar attended"),
        N_("Webinars attended"),
        N_("Last attended a webinar"),
    ),
    "trade_show_visit": (
        N_("Visited our stand at a trade show"),
        N_("No visit to our stand"),
        N_("Visits to our stand"),
        N_("Last visited our stand"),
    ),
    "video_watched": (N_("Watched a video"), N_("No video watched"), N_("Videos watched"), N_("Last watched a video")),
    "chat": (N_("Chatted with us"), N_("No chat"), N_("Chats"), N_("Last chatted with us")),
    "meeting": (N_("Met us"), N_("No meeting"), N_("Meetings"), N_("Last met us")),
    "trial_started": (N_("Started a trial"), N_("No trial started"), N_("Trials started"), N_("Last started a trial")),
    "demo_request": (N_("Asked for a demo"), N_("No demo request"), N_("Demo requests"), N_("Last asked for a demo")),
    "quote_request": (
        N_("Asked for a quote"),
        N_("No quote request"),
        N_("Quote requests"),
        N_("Last asked for a quote"),
    ),
    "contact_sales": (
        N_("Asked to be contacted by sales"),
        N_("No contact request"),
        N_("Contact requests"),
        N_("Last asked to be contacted"),
    ),
}

ONCE_AT_A_TIME = ("unsubscribe", "newsletter_signup")  #: done once, that it was once goes without saying
UNWELCOME = ("unsubscribe", "careers_page_view")  #: whose absence is the good news

#: fields that most companies have, by the words that a person would use
FIELDS = {
    "name": N_("Name"),
    "full_name": N_("Name"),
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "company": N_("Company"),
    "company_name": N_("Company"),
    "phone": N_("Telephone"),
    "website": N_("Web site"),
    "account_id": N_("Account"),
    "created_at": N_("Created"),
    "industry": N_("Industry"),
    "country": N_("Country"),
    "city": N_("City"),
    "region": N_("Region"),
    "employees": N_("Employees"),
    "revenue": N_("Revenue"),
    "job_title": N_("Job title"),
    "title": N_("Job title"),
    "source": N_("Source"),
    "lead_source": N_("Source"),
    "email": N_("E-mail address"),
    "language": N_("Language"),
    "newsletter_consent": N_("Newsletter consent"),
    "owner": N_("Owner"),
}

#: what parsers read out of a field
PARTS = {
    "seniority": N_("Seniority"),
    "department": N_("Department"),
    "size_band": N_("Company size"),
    "revenue_band": N_("Revenue band"),
    "domain_type": N_("E-mail address"),
    "country": N_("Country"),
}


def kind_words(view: View, kind: str, language: Language) -> KindWords:
    """The words for a kind of the view, or for any other name."""
    meaning = view.kind_of.get(kind)
    return _words(meaning.name if meaning else kind, meaning.label if meaning else None, language)


@lru_cache(maxsize=1000)
def _words(name: str, label: str | None, language: Language) -> KindWords:
    """A company's own label goes before our words for the kind, unless it only repeats its name."""
    known = KNOWN.get(name) if label in (None, humanised(name)) else None
    if known is None:
        label = label or humanised(name)
        none, last = language.say("No {label}", label=label), language.say("Last “{label}”", label=label)
        return KindWords(did=None, none=none, noun=capital(label), last=last, label=label)
    did, none, noun, last = (language.say(message) for message in known)
    return KindWords(did=did, none=none, noun=noun, last=last, label=humanised(name))


def field_label(field: str, part: str | None, language: Language) -> str:
    """A field as a person calls it, at the start of a sentence."""
    if part in PARTS:
        return language.say(PARTS[part])
    known = FIELDS.get(field.lower().replace(" ", "_"))
    return language.say(known) if known else capital(humanised(field))


def humanised(name: str) -> str:
    """`lesson_watch` as "lesson watch"."""
    return " ".join(name.replace("_", " ").split()) or name


def capital(text: str) -> str:
    """The text with its first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]
