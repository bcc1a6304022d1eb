"""All figures of speed in one command: `make bench`, or `make bench BENCH_ARGS=--short` in a minute or so.

usage: python tests/benchmarks/bench.py [--short] [--only NAME ...] [--out FILE.json]

Each part is a script of its own that writes JSON. They run one at a time. The whole form keeps its figures in
docs/benchmarks.json and writes the table of docs/performance.md from it; the short form only shows that all works.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent.parent / "docs"
KEPT, PAGE = DOCS / "benchmarks.json", DOCS / "performance.md"
BEGIN, END = "<!-- figures of make bench -->", "<!-- end of figures -->"

#: name -> script, arguments of the whole form, arguments of the short one (None: left out), whether it takes --home
PARTS: dict[str, tuple[str, list[str], list[str] | None, bool]] = {
    "explain": ("explain.py", [], ["--quick"], False),
    "features": (
        "feature_rows.py",
        [],
        ["--quick", "--repeat", "1", "--only", "DuckDB, per kind", "pandas, per kind"],
        False,
    ),
    "growth": ("growth.py", [], ["--events", "20000", "200000", "--leads"], True),
    "predict": ("predict.py", [], None, True),
    "predict, large trees": ("predict.py", ["--large"], None, True),
    "whole base": ("whole_base.py", [], None, True),
    "whole base, large trees": ("whole_base.py", ["--large"], None, True),
    "training": ("train_pairs.py", [], ["--pairs", "10000", "--columns", "12"], False),
    "load": ("open_load.py", [], None, True),
}


def run(script: str, arguments: list[str], home: Path | None) -> dict[str, object]:
    """One part; what it wrote, or why it did not."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out.json"
        place = ["--home", str(home)] if home else []
        command = [sys.executable, str(HERE / script), *arguments, *place, "--out", str(out)]
        started = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        figures = json.loads(out.read_text(encoding="utf-8")) if out.exists() else None
        told = {} if figures is not None else {"failed": (done.stderr or done.stdout)[-2000:]}
    ran = {"command": " ".join(["python", f"tests/benchmarks/{script}", *arguments])}
    loads = [round(load, 1) for load in os.getloadavg()]
    return (
        ran
        | told
        | {"exit_code": done.returncode, "took_s": time.perf_counter() - started, "load": loads, "figures": figures}
    )


def lines(found: dict[str, dict]) -> list[str]:
    """The table: a row for each figure that there is."""
    rows = [line for name, part in found.items() if part["figures"] for line in ROWS[name](part["figures"])]
    return ["| what | against | figure | bar | by processor time |", "|---|---|---|---|---|", *rows]


def _row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _times(ratio: float) -> str:
    return f"{ratio:.0f} x" if ratio >= 10 else f"{ratio:.2g} x"


def _explain(figures: dict) -> list[str]:
    told = figures.get("ratios") or figures.get("figures") or []
    return [
        _row(
            r["what"],
            r["against"],
            _times(r["times"]),
            f"{r['bar']:g} x" if r["bar"] else "",
            _times(r["times_cpu"]),
        )
        for r in told
    ]


def _features(figures: dict) -> list[str]:
    def median(result: dict, of: str) -> float:
        return sorted(result[of][1:])[len(result[of][1:]) // 2]

    ours = figures["results"]["Ripeness"]
    what = f"features of {figures['events']:,} events, sorting included"
    return [
        _row(
            what,
            name,
            f"{median(r, 'seconds') / median(ours, 'seconds'):.1f} x",
            "10 x the fastest",
            f"{median(r, 'cpu_seconds') / median(ours, 'cpu_seconds'):.1f} x",
        )
        for name, r in figures["results"].items()
        if name != "Ripeness"
    ]


def _growth(figures: dict) -> list[str]:
    found = []
    for name, unit in (("features", "events"), ("scores", "leads")):
        told = figures[name]
        if told["exponent_seconds"] is not None:
            sizes = f"{told['rows'][0]['size']:,.0f} to {told['rows'][-1]['size']:,.0f} {unit}"
            by_cpu = f"{told['exponent_cpu_seconds']:.2f}"
            found.append(
                _row(f"growth of {name}, {sizes}", "", f"exponent {told['exponent_seconds']:.2f}", "1.05", by_cpu)
            )
    return found


def _predict(figures: dict) -> list[str]:
    what = f"/v1/predict, 50 events, 4 connections, {figures['model']}"
    peers = {"mlflow": "`mlflow models serve`", "plain": "plain FastAPI and `pred_contrib`, ready-made features"}
    ratios, bars = figures["ratios"], figures["bars"]
    return [_row(what, told, f"{ratios[name]:.1f} x", f"{bars[name]:g} x", "") for name, told in peers.items()]


def _whole(figures: dict) -> list[str]:
    what = f"{figures['leads']:,} leads from files to explained scores, {figures['model']}"
    memory = f"{figures['peak_gigabytes']:.1f} GB"
    return [
        _row(
            what,
            "pandas and `pred_contrib`",
            f"{figures['times']:.1f} x",
            f"{figures['bar']:g} x",
            f"{figures['times_cpu']:.1f} x",
        ),
        _row("peak memory of it", "", memory, f"{figures['memory_bar']:g} GB", ""),
    ]


def _training(figures: dict) -> list[str]:
    what = f"training, {figures['pairs']:,} pairs of {figures['columns']} columns, overhead"
    return [
        _row(
            what,
            "LightGBM's own calls in it",
            f"{figures['overhead']:.0%}",
            f"{figures['bar']:.0%}",
            f"{figures['overhead_cpu']:.0%}",
        )
    ]


def _load(figures: dict) -> list[str]:
    what = f"open loop, {figures['rate']:g} requests/s for {figures['seconds']:g} s"
    told = ", ".join(f"p{p} {figures[f'p{p}_ms']:.1f} ms" for p in ("50", "99", "99.9"))
    return [_row(what, f"{figures['errors']} errors", told, "0 errors", "")]


ROWS = {
    "explain": _explain,
    "features": _features,
    "growth": _growth,
    "predict": _predict,
    "predict, large trees": _predict,
    "whole base": _whole,
    "whole base, large trees": _whole,
    "training": _training,
    "load": _load,
}


def write_page(table: list[str]) -> None:
    """Put the table between its marks."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text("\n".join([before + BEGIN, "", *table, "", END + after]), encoding="utf-8")


def main() -> int:
    """Run the parts, print the table, keep it; 1 where a part did not run through."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="small sizes, without what starts services; keeps nothing")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), default=list(PARTS), help="parts to run")
    parser.add_argument("--home", type=Path, help="folder that keeps trained models and files for the next time")
    parser.add_argument("--out", type=Path, help="JSON file for the figures; docs/benchmarks.json unless short")
    asked = parser.parse_args()
    kept = asked.out or (None if asked.short else KEPT)
    found = json.loads(kept.read_text(encoding="utf-8")) if kept and kept.exists() else {}
    failed = []
    with tempfile.TemporaryDirectory() as scratch:
        home = (asked.home or Path(scratch)).resolve()
        for name in asked.only:
            script, whole, short, takes_home = PARTS[name]
            arguments = short if asked.short else whole
            if arguments is None:
                continue
            print(f"{name} ...", flush=True)  # noqa: T201  # a command line
            found[name] = run(script, arguments, home if takes_home else None)
            failed += [name] if found[name]["figures"] is None else []
            if kept:
                kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    table = lines(found)
    print("\n".join(table))  # noqa: T201
    if kept == KEPT:
        write_page(table)
    for name in failed:
        print(f"{name} did not run through: {found[name]['failed']}")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
