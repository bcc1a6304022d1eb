"""A service that is given damaged bundles one after the other; each time it is asked what it then says."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree

from support.mutations import mutated
from support.service import Running, service
from support.swapping import Folders, Json, own_answers, requests, sound_bundles


@dataclass(kw_only=True)
class Mutants:
    """What became of damaged bundles."""

    tried: int = 0
    deaths: int = 0  #: times that the service did not answer afterwards
    wrong: int = 0  #: answers that are of no sound bundle
    harmless: int = 0  #: taken, for they answer as before: a blank more, say
    found_by: Counter[str] = field(default_factory=Counter)  #: what refused them


def try_mutants(root: Path, *, count: int, seed: int, said: Callable[[int], None] = lambda _: None) -> Mutants:
    """Give `count` damaged bundles to a service, every other one with a manifest made anew."""
    serving, other = sound_bundles(root, count=2)
    registry, found = Folders(), Mutants()
    registry.promote(serving)
    source = registry.source()
    assert source.refresh().trouble is None
    good = [_numbers(answer) for answer in own_answers(serving, "")]
    others = [_numbers(answer) for answer in own_answers(other, "")]
    with service(source=source) as running:
        for i in range(count):
            folder = root / f"mutant-{i}"
            mutated(other, folder, seed=seed + i, resealed=i // 6 % 2 == 1)
            registry.promote(folder)
            status = source.refresh()
            taken = status.trouble is None
            good = others if taken else good
            found.tried += 1
            found.harmless += taken
            found.found_by["nothing, it is harmless" if taken else _finder(str(status.trouble))] += 1
            _ask(running, good, found)
            rmtree(folder)
            said(i + 1)
    return found


def _ask(running: Running, good: list[Json], found: Mutants) -> None:
    """Compare what the service says with what the bundle in service should say."""
    answer = running.client.post("/v1/predict/batch", json={"requests": requests()}, headers={"accept-language": "en"})
    if answer.status_code != 200:
        found.deaths += 1
        return
    found.wrong += [_numbers(a) for a in answer.json()["answers"]] != good


def _numbers(answer: Json) -> Json:
    """An answer but for who gave it."""
    return answer | {"model": None}


def _finder(trouble: str) -> str:
    """Which check refused a bundle, by its message."""
    words = {
        "the manifest": ("is not what the manifest says", "also holds", "lacks"),
        "golden answers": ("differ from the golden",),
        "the files that golden answers name": ("those of other files",),
        "a child that died": ("died",),
    }
    return next((name for name, said in words.items() if any(word in trouble for word in said)), "structure")
