"""Bundles as folders: equal bytes for equal input, and nothing damaged or forged is loaded."""

import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.errors import BadBundle
from models.files import load, save
from models.manifest import MANIFEST_BYTES, PART_BYTES, REQUIRED, read_file
from models.plain import from_text, plain, to_text
from models.probe import outcome, probe
from support.small_bundle import small

LOADS_ALL = """
import sys
from pathlib import Path
from features.errors import BadBundle
from models.files import load
for folder in sys.argv[1:]:
    print("began", folder, flush=True)
    try:
        load(Path(folder))
        print("loaded", folder, flush=True)
    except BadBundle:
        print("refused", folder, flush=True)
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "bundle"
    save(small().bundle, folder, small().rows)
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "bundle")


def reseal(folder):
    """Make the manifest say what the files now are, as a forger would."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, entry in manifest["files"].items():
        part = (folder / name).read_bytes()
        entry |= {"bytes": len(part), "sha256": hashlib.sha256(part).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def forge(folder, name, change):
    """Change the data of one file, and seal the folder anew."""
    data = json.loads((folder / name).read_text())
    data = change(data) or data
    (folder / name).write_text(json.dumps(data))
    if name != "manifest.json":
        reseal(folder)


@pytest.mark.parametrize("trees", [0, 20])
def test_loaded_is_what_was_saved(tmp_path, trees):
    made = small(trees=trees)
    digest = save(made.bundle, tmp_path / "bundle", made.rows)
    loaded = load(tmp_path / "bundle")
    assert loaded == replace(made.bundle, digest=digest)
    mine, theirs = made.bundle.answer(made.rows), loaded.answer(made.rows)
    np.testing.assert_array_equal(mine.log_odds, theirs.log_odds)
    np.testing.assert_array_equal(mine.contributions, theirs.contributions)
    assert digest == "sha256:" + hashlib.sha256((tmp_path / "bundle" / "manifest.json").read_bytes()).hexdigest()


def test_two_saves_are_equal_byte_for_byte(saved, tmp_path):
    save(load(saved), tmp_path / "again", small().rows)
    assert {p.name for p in saved.iterdir()} == REQUIRED | {"manifest.json", "trees.txt"}
    for path in saved.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_equal_training_in_another_process_gives_equal_bytes(saved, tmp_path):
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); from support.small_bundle import small;"
        "from models.files import save; save(small().bundle, Path(sys.argv[2]), small().rows)"
    )
    tests = Path(__file__).resolve().parents[1]
    subprocess.run([sys.executable, "-c", code, tests, tmp_path / "bundle"], check=True)
    for path in saved.iterdir():
        assert (tmp_path / "bundle" / path.name).read_bytes() == path.read_bytes()


def test_card_is_kept_for_machines_and_for_people(tmp_path):
    card = {"company": "Società", "auc": np.float64(0.7), "absent": math.nan, "pairs": np.int64(3), "parts": ("a", "b")}
    bundle = replace(small().bundle, card=card, card_text="# Scheda di Società\n")
    save(bundle, tmp_path / "bundle", small().rows)
    loaded = load(tmp_path / "bundle")
    assert loaded.card == {"company": "Società", "auc": 0.7, "absent": None, "pairs": 3, "parts": ["a", "b"]}
    assert loaded.card_text == "# Scheda di Società\n"


def test_files_are_json_that_anybody_can_read(saved):
    for path in saved.glob("*.json"):
        data = json.loads(path.read_text("ascii"), parse_constant=pytest.fail)  # called with NaN or Infinity
        assert list(data) == sorted(data)
    golden = json.loads((saved / "golden.json").read_text())
    assert len(golden["rows"]) == len(golden["log_odds"]) == 200
    assert any(value is None for row in golden["rows"] for value in row)


def test_save_writes_into_an_empty_folder_only(saved, tmp_path):
    with pytest.raises(BadBundle, match="not empty"):
        save(small().bundle, saved, small().rows)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadBundle, match="can't be written to"):
        save(small().bundle, tmp_path / "file" / "bundle", small().rows)


def random_damage(folder, seed):
    """Damage one file of the folder as disks, networks and people do; the file's name."""
    random = np.random.default_rng(seed)
    names = sorted(p.name for p in folder.iterdir() if p.stat().st_size)
    name, other = random.choice(names, 2, replace=False)
    path, text = folder / name, (folder / name).read_bytes()
    at = int(random.integers(len(text)))
    kind = random.integers(7)
    if kind == 0:
        path.write_bytes(text[:at])
    elif kind == 1:
        path.write_bytes(text[:at] + bytes([text[at] ^ (1 << int(random.integers(8)))]) + text[at + 1 :])
    elif kind == 2:
        path.write_bytes(text[:at] + b"\0" * min(20, len(text) - at) + text[at + 20 :])
    elif kind == 3:
        path.write_bytes((folder / other).read_bytes())
        (folder / other).write_bytes(text)
    elif kind == 4:
        (folder / f"extra-{at}").write_bytes(b"")
    elif kind == 5:
        path.unlink()
    else:
        path.write_bytes(text[:at] + text[at:] * 2)
    return name


@pytest.mark.parametrize("seeds", [range(start, start + 50) for start in range(0, 200, 50)], ids=str)
def test_any_damage_is_refused(saved, tmp_path, seeds):
    for seed in seeds:
        damaged = shutil.copytree(saved, tmp_path / str(seed))
        name = random_damage(damaged, seed)
        with pytest.raises(BadBundle):
            load(damaged)
            pytest.fail(f"seed {seed} on {name} was loaded")


def test_resealed_damage_to_trees_is_refused_or_harmless(saved, tmp_path):
    """What survives the checks answers as before; what kills the process kills only the child."""
    random, folders = np.random.default_rng(5), []
    for i in range(60):
        folders.append(shutil.copytree(saved, tmp_path / str(i)))
        text = bytearray((folders[-1] / "trees.txt").read_bytes())
        at = int(random.integers(len(text)))
        if i % 3:
            text[at] = int(random.choice(list(b"0123456789 -.e=\n")))
        else:
            del text[at : at + int(random.integers(1, 400))]
        (folders[-1] / "trees.txt").write_bytes(text)
        reseal(folders[-1])
    child = subprocess.run([sys.executable, "-c", LOADS_ALL, *folders], capture_output=True, text=True, check=False)
    outcomes = [line.split()[0] for line in child.stdout.splitlines() if line.startswith(("loaded", "refused"))]
    assert child.returncode == 0, child.stderr[-500:]
    assert len(outcomes) == 60
    assert outcomes.count("refused") >= 30


def test_link_is_refused(folder, tmp_path):
    shutil.move(folder / "linear.json", tmp_path / "elsewhere.json")
    (folder / "linear.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(BadBundle, match=r"linear\.json can't be read"):
        load(folder)


@pytest.mark.parametrize("name", ["linear.json", "manifest.json"])
def test_pipe_is_refused_and_does_not_hang(folder, name):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(BadBundle, match="no regular file"):
        load(folder)


def test_folder_in_place_of_a_file_is_refused(folder):
    (folder / "policy.json").unlink()
    (folder / "policy.json").mkdir()
    with pytest.raises(BadBundle, match=r"policy\.json"):
        load(folder)


@pytest.mark.parametrize("where", ["missing", "empty"])
def test_no_bundle_is_refused(tmp_path, where):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadBundle, match=r"manifest\.json can't be read"):
        load(tmp_path / where)


def test_size_is_capped(folder):
    (folder / "manifest.json").write_text(" " * (MANIFEST_BYTES + 1))
    with pytest.raises(BadBundle, match="at most 100,000 bytes"):
        load(folder)
    with pytest.raises(BadBundle, match="at most 10 bytes"):
        read_file(folder / "view.json", at_most=10)


def entry(name, key, value):
    def change(data):
        data["files"][name][key] = value

    return change


def put(value, *path):
    """A change that puts `value` at a path of keys and positions."""

    def change(data):
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value

    return change


def drop(*path):
    def change(data):
        for step in path[:-1]:
            data = data[step]
        del data[path[-1]]

    return change


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("manifest.json", put(2, "format"), "the format is 2"),
        ("manifest.json", put(True, "format"), "the format is True"),
        ("manifest.json", put("1", "format"), "the format is '1'"),
        ("manifest.json", drop("format"), "expected an object"),
        ("manifest.json", put(0, "extra"), "expected an object"),
        ("manifest.json", drop("files", "view.json"), "should name"),
        ("manifest.json", drop("files", "trees.txt"), "also holds 'trees.txt'"),
        ("manifest.json", put({"bytes": 1, "sha256": ""}, "files", "../x"), "should name"),
        ("manifest.json", put("x" * 64, "view"), "fingerprint"),
        ("manifest.json", put(0, "horizon_days"), "horizon"),
        ("manifest.json", put(80.0, "horizon_days"), "differ from the golden ones"),
        ("manifest.json", put("90", "horizon_days"), "finite number"),
        ("manifest.json", entry("view.json", "bytes", -1), "count"),
        ("manifest.json", entry("view.json", "bytes", 7), "view"),
        ("manifest.json", entry("view.json", "bytes", PART_BYTES + 1), "more than"),
        ("manifest.json", entry("view.json", "sha256", "0" * 64), "SHA-256"),
        ("calibration.json", put(0.0, "a"), "order of leads"),
        ("calibration.json", put(-1.0, "a"), "order of leads"),
        ("calibration.json", put(None, "a"), "finite number"),
        ("calibration.json", put(True, "b"), "finite number"),
        ("calibration.json", put(0.5, "b"), "differ from the golden ones"),
        ("policy.json", put(99.0, "quantiles", 0), "not ascending"),
        ("policy.json", drop("quantiles", 0), "list of 1001"),
        ("policy.json", put([3.0, 2.0, 1.0], "fit_cuts"), "not ascending"),
        ("policy.json", put([1.0, 2.0], "fit_cuts"), "list of 3"),
        ("policy.json", put(0, "base_rate"), "out of bounds"),
        ("policy.json", put(101, "capacity_score"), "out of bounds"),
        ("linear.json", put(None, "intercept"), "finite number"),
        ("linear.json", put(1.0, "intercept"), "differ from the golden ones"),
        ("linear.json", drop("columns", 0), "list of 16"),
        ("linear.json", put("revenue", "columns", 0, "name"), "'industry'"),
        ("linear.json", put("number", "columns", 0, "is"), "no column of categories"),
        ("linear.json", put([0.0, 1.0], "columns", 0, "weights"), "list of 5"),
        ("linear.json", put(9, "columns", 0, "count"), "9 codes, the view 4"),
        ("linear.json", put(-1.0, "columns", 1, "scale"), "has scale"),
        ("linear.json", put(99.0, "columns", 1, "low"), "has scale"),
        ("linear.json", put("yes", "columns", 1, "can_miss"), "no column of numbers"),
        ("linear.json", put(None, "columns", 1), "expected an object"),
        ("evidence.json", put(1, "leads"), "other leads than the whole"),
        ("evidence.json", put(10**6, "columns", 0, "won", 0), "more wins than leads"),
        ("evidence.json", put(-1, "columns", 0, "leads", 0), "count"),
        ("evidence.json", put([1.0, 1.0], "columns", 1, "edges"), "not ascending"),
        ("evidence.json", drop("columns", 3), "list of 16"),
        ("view.json", put("Nothing", "definitions", 0, "is"), "Nothing"),
        ("view.json", put(5, "definitions", 0, "field"), "no text"),
        ("view.json", put("magic", "definitions", 0, "encoding"), "neither"),
        ("view.json", drop("categories", "industry"), "no list of categories"),
        ("view.json", put("abcd", "categories", "industry"), "expected a list"),
        ("view.json", put("growing", "kinds", 0, "stage"), "growing"),
        ("view.json", put(["software", "health", "retail", "finance"], "categories", "industry"), "fingerprint"),
        (
            "view.json",
            lambda data: data["definitions"].insert(4, data["definitions"].pop(5)),
            "stands where the view has",
        ),
        ("view.json", lambda data: put(data["definitions"][4], "definitions", 5)(data), "same name"),
        ("card.json", lambda data: [1, 2], "no object"),
        ("card.json", put("other", "name"), "those of other files"),
        ("golden.json", put(None, "parts"), "those of other files"),
        ("golden.json", put([], "rows"), "0 golden rows"),
        ("golden.json", put(7.0, "log_odds", 3), "differ from the golden ones"),
        ("golden.json", put(7.0, "score", 3), "differ from the golden ones"),
        ("golden.json", put(7.0, "base_value"), "differ from the golden ones"),
        ("golden.json", put("x", "rows", 0, 0), "finite number"),
        ("golden.json", drop("rows", 0, 0), "list of 16"),
    ],
)
def test_forged_file_is_refused(folder, name, change, message):
    forge(folder, name, change)
    with pytest.raises(BadBundle, match=message):
        load(folder)


@pytest.mark.parametrize("name", sorted(REQUIRED - {"card.md", "card.json"}))
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"a": NaN, "b": 1}',
        b'{"a": 1, "a": 2, "b": 0}',
        b"[" * 100_000,
        b"1e999",
    ],
)
def test_file_that_holds_something_else_is_refused(folder, name, text):
    (folder / name).write_bytes(text)
    reseal(folder)
    with pytest.raises(BadBundle, match=name.replace(".", r"\.")):
        load(folder)


def test_trees_over_other_columns_are_refused(folder):
    path = folder / "trees.txt"
    path.write_text(path.read_text().replace("split_feature=", "split_feature=9", 1))
    reseal(folder)
    with pytest.raises(BadBundle, match=r"trees\.txt"):
        load(folder)


def test_trees_left_out_with_a_forged_manifest_are_missed_by_the_golden_answers(folder):
    (folder / "trees.txt").unlink()
    forge(folder, "manifest.json", drop("files", "trees.txt"))
    with pytest.raises(BadBundle, match="golden"):
        load(folder)


def test_errors_say_the_remedy(folder):
    (folder / "view.json").unlink()
    with pytest.raises(BadBundle, match=r"lacks 'view.json'; fetch it again from the registry, or train anew"):
        load(folder)


def test_probe_tries_a_folder_in_a_child(saved, folder):
    assert probe(saved) == load(saved).digest
    (folder / "card.md").write_text("altered")
    with pytest.raises(BadBundle, match=r"card\.md is not what the manifest says"):
        probe(folder)


def test_child_that_dies_or_hangs_takes_nobody_along():
    with pytest.raises(BadBundle, match=r"died \(exit code -11\)"):
        outcome([sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"], timeout_seconds=30)
    with pytest.raises(BadBundle, match=r"within 0\.5 seconds"):
        outcome([sys.executable, "-c", "import time; time.sleep(60)"], timeout_seconds=0.5)


def test_plain_data_reads_back_to_the_same_floats():
    values = [*np.random.default_rng(1).normal(size=500) * 10.0 ** np.arange(-250, 250), 0.1, -0.0, 5e-324]
    assert from_text(to_text({"values": np.array(values)})) == {"values": [float(v) for v in values]}
    assert plain({"a": (math.nan, math.inf, np.bool_(True))}) == {"a": [None, None, True]}
