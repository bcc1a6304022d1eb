"""How the service listens, and what it bears."""

from pydantic import Field

from features.settings.section import Section


class Service(Section):
    """How the service listens."""

    host: str = "127.0.0.1"  #: loopback unless told otherwise
    port: int = Field(8377, ge=1, le=65535)  #: of the service and its pages
    max_body_bytes: int = Field(2_000_000, ge=1_000)  #: of one request
    max_batch: int = Field(1_000, ge=1)  #: leads in one request
    max_events_per_lead: int = Field(5_000, ge=1)  #: in one request
