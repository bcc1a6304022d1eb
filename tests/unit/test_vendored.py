"""Files of others are as they came, and nothing on a page comes from anywhere else."""

import hashlib
import re

from serving.web.render import ASSETS, PAGES
from serving.web.routes import TYPES


def test_vendored_files_have_the_checksums_that_are_written_down():
    told = re.findall(r"^\| `([\w.]+)` .*`([0-9a-f]{64})` \|$", (ASSETS / "VENDORED.md").read_text("utf-8"), re.M)
    assert [name for name, _ in told] == ["htmx.min.js"]
    for name, checksum in told:
        assert hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() == checksum


def test_every_file_that_is_served_is_there():
    assert all((ASSETS / name).is_file() for name in TYPES)


def test_no_template_holds_a_script_a_style_or_an_address_of_others():
    for path in PAGES.rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=\"\{\{ asset)|javascript:", text), path.name
        assert not re.search(r"(src|href|action)=\"(https?:)?//", text), path.name
        assert "| safe" not in text, path.name


def test_colours_are_declared_once():
    styles = (ASSETS / "style.css").read_text("utf-8")
    _, _, rules = styles.partition("\n}\n")
    assert not re.findall(r"#[0-9a-fA-F]{3,6}\b|\brgb\(", rules)
