"""What the documentation shows of the routes that tell."""

from typing import Any

BY_ID: dict[str, Any] = {"lead_id": "L-17"}
