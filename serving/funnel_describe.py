"""How the OpenAPI document describes the queue and the funnel."""

from features.request import Schema
from serving import funnel_schemas as schemas
from serving import queue_schemas
from serving.ask import parameters_of
from serving.describe import ACCEPT_LANGUAGE, NEEDS_KEY, Description, route

ERRORS = (401, 403, 422, 503)


def _asked(answer: str, query: type[Schema], *errors: int) -> Description:
    return route(answer, *sorted({*ERRORS, *errors}), parameters=parameters_of(query), security=NEEDS_KEY)


QUEUE = _asked("QueueOut", queue_schemas.QueueAsked, 400)
QUEUE["openapi_extra"]["parameters"].append(ACCEPT_LANGUAGE)
HAND_OFFS = _asked("HandOffsOut", queue_schemas.HandOffsAsked, 400)
FUNNEL = _asked("FunnelOut", schemas.StepsAsked)
LEAKS = _asked("LeaksOut", schemas.LeaksAsked)
SOURCES = _asked("SourcesOut", schemas.PeriodAsked)
BANDS = _asked("BandsOut", schemas.StepsAsked)
REPRODUCE = _asked("ReproducedOut", schemas.ReproduceAsked, 404, 410)
