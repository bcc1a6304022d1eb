"""Try it on a company that does not exist: `simulate`, `demo`."""

from pathlib import Path
from typing import Annotated

import typer

from commands.terminal import DEFAULT_HOME, Home, now, quiet_logs, say


def simulate(
    folder: Annotated[Path, typer.Argument(help="folder to write the simulated company to")],
    leads: Annotated[int, typer.Option(min=100)] = 7000,
    months: Annotated[int, typer.Option(min=6, help="of history, from 2025-01-01 on")] = 18,
    seed: int = 1,
) -> None:
    """Write a simulated company's export, to try things on."""
    from training.simulate import simulate as invent

    invent(seed=seed, leads=leads, months=months).write(folder)
    say(f"wrote a company of {leads:,} leads to {folder}")


def demo(
    home: Home = DEFAULT_HOME / "demo",
    once: Annotated[bool, typer.Option("--once", help="ask the own endpoint once, print the answer, and end")] = False,
    port: Annotated[int | None, typer.Option(help="port to listen on")] = None,
) -> None:
    """Simulate a company, train, register, serve: the whole job on this machine."""
    from commands.run_demo import run

    quiet_logs()
    home.mkdir(parents=True, exist_ok=True)
    run(home=home, once=once, port=port, now=now())
