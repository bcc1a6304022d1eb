"""What a form of ours sends: a few short fields, each once."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Request

from features.request import BadRequest, Fault

MOST_FIELDS = 20
FORM = "application/x-www-form-urlencoded"


def form_of(request: Request) -> dict[str, str]:
    """The fields of the form that was sent, without blanks around them; browsers send the end of a line as two signs.

    Raises:
        BadRequest: it is no form.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if media_type != FORM:
            raise ValueError
        text = request.scope["state"]["body"].decode("ascii")
        sent = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=MOST_FIELDS)
        fields = dict(sent)
        if len(fields) != len(sent) or "\0" in "".join(fields.values()):
            raise ValueError
    except ValueError:
        raise BadRequest([Fault(pointer="", detail="this is not a form of ours; go back and send it again")]) from None
    return {name: value.replace("\r\n", "\n").strip() for name, value in fields.items()}


def own_path(address: str | None, default: str) -> str:
    """An address of this service to go on to; `default` for any other, so that no link leads elsewhere."""
    if address is None or not address.startswith("/") or address.startswith(("//", "/\\")) or len(address) > 2_000:
        return default
    if any(ord(sign) < 33 or sign == "\\" for sign in address):
        return default
    parts = urlsplit(address)
    return default if parts.scheme or parts.netloc else address


def with_field(path: str, name: str, value: str | None) -> str:
    """An address of ours with one field of its query set anew; without it where the value is None."""
    parts = urlsplit(path)
    fields = [(key, text) for key, text in parse_qsl(parts.query) if key != name]
    query = urlencode(fields + ([] if value is None else [(name, value)]))
    return parts._replace(query=query).geturl()
