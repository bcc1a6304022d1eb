"""Adds the pages to the service."""

from fastapi import FastAPI

from serving.web import funnel_pages, lead_routes, model_routes, queue_routes, routes


def install(app: FastAPI) -> None:
    """The pages, for a service that has a store."""
    for module in (routes, queue_routes, lead_routes, model_routes, funnel_pages):
        app.include_router(module.router)
