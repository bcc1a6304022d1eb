"""The peer of `/v1/predict`: a plain FastAPI endpoint that explains ready-made features by `pred_contrib`.

usage: python tests/benchmarks/plain_endpoint.py TREES.txt PORT

As somebody would write it in an afternoon: no events, no sentences, no key, no linear expert, no calibration.
"""

import sys
from pathlib import Path
from typing import Annotated

import lightgbm
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field


class Features(BaseModel):
    """One lead as numbers; null is missing."""

    lead_id: str
    features: Annotated[list[float | None], Field(min_length=1)]


def app_of(trees: Path) -> FastAPI:
    """The endpoint for the trees of a bundle."""
    booster = lightgbm.Booster(model_file=str(trees), params={"num_threads": 1})
    names = booster.feature_name()
    app = FastAPI()

    @app.post("/predict")
    def predict(sent: Features) -> dict[str, object]:
        row = np.array([sent.features], dtype=np.float64)
        parts = booster.predict(row, pred_contrib=True, num_threads=1)[0]
        log_odds = float(parts.sum())
        reasons = sorted(zip(names, parts[:-1].tolist(), strict=True), key=lambda r: -abs(r[1]))[:10]
        return {
            "lead_id": sent.lead_id,
            "probability": float(1 / (1 + np.exp(-log_odds))),
            "base_value": float(parts[-1]),
            "reasons": [{"feature": name, "contribution": part} for name, part in reasons],
        }

    return app


if __name__ == "__main__":
    uvicorn.run(app_of(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
