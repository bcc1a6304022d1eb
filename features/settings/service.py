"""How the service listens, and what it bears."""

from pydantic import Field

from features.settings.section import Section


class Service(Section):
    """How the service listens."""

    host: str = "127.0.0.1"  #: loopback unless told otherwise
    port: int = Field(8377, ge=1, le=65535)  #: of the service and its pages
    max_body_bytes: int = Field(8_000_000, ge=1_000)  #: of one request; holds 1,000 leads of 50 activities each
    max_batch: int = Field(1_000, ge=1)  #: leads in one request
    max_events_per_lead: int = Field(5_000, ge=1)  #: in one request
    max_events_per_batch: int = Field(1_000, ge=1)  #: in one request of /v1/events/batch
    max_clock_skew_seconds: float = Field(300, ge=0, le=86_400)  #: how far after now a fact may lie
    database_url: str | None = None  #: postgresql://HOST/DATABASE; a SQLite file in the home folder unless given
    database_timeout_seconds: float = Field(5, gt=0, le=600)  #: how long to wait for the database
    database_max_bytes: int | None = Field(None, ge=1_000_000)  #: of the SQLite file; beyond it writes are answered 507
    rescore_hour: int = Field(3, ge=-1, le=23)  #: of the company's day: all leads are scored again then; -1 for never
    max_waiting_writes: int = Field(1_000, ge=1)  #: beyond it writes are answered 503
    kept_bundles: int = Field(5, ge=1, le=1_000)  #: models that served last, kept in the home folder to start from
    webhooks_to_private: bool = False  #: whether a webhook may lead to this machine or a private network
    webhooks_over_http: bool = False  #: whether a webhook may do without TLS
    webhook_timeout_seconds: float = Field(10, gt=0, le=60)  #: for one sending, from the connection to the answer
    webhook_attempts: int = Field(10, ge=1, le=50)  #: of one delivery; then it is dead until somebody sends it again
    max_webhooks: int = Field(20, ge=0, le=1_000)  #: at once
    mlflow_url: str | None = Field(None, pattern="^https?://")  #: where people open MLflow, for links on the model page
    requests_per_minute: int | None = Field(60_000, ge=1)  #: of one key; beyond it requests are answered 429
    max_requests_under_way: int = Field(200, ge=1)  #: at once; beyond it requests are answered 503
    max_wait_seconds: float = Field(2, gt=0, le=60)  #: that a request may wait to be looked at; beyond it 503
