"""Which language a caller gets, and that Italian is complete."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import serving
from serving.language import LANGUAGES, catalogs, preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("it", "it"),
        ("it-IT,it;q=0.9,en;q=0.8", "it"),
        ("en-GB;q=0.5, it;q=0.6", "it"),
        ("de, fr;q=0.9", "en"),
        ("de, IT;q=0.1", "it"),
        ("it;q=0", "en"),
        ("it;q=nan", "en"),
        ("it;q=9", "en"),
        ("*", "en"),
        (";;;,,,q=", "en"),
        ("it\x00", "en"),
        ("x" * 100_000, "en"),
    ],
)
def test_the_caller_chooses_the_language(header, language):
    assert preferred(header, "en") == language


@given(st.text())
def test_no_header_breaks_the_choice(header):
    assert preferred(header, "it") in LANGUAGES


def messages():
    keywords = {"say": None, "say_n": (1, 2), "N_": None, "NN_": (1, 2)}
    methods = [("**.py", "python"), ("pages/**.html", "jinja2")]
    found = extract_from_dir(Path(serving.__file__).parent, method_map=methods, keywords=keywords)
    return {message for _, _, message, _, _ in found}


def italian_files():
    return [{m.id: m for m in read_po(io.BytesIO(path.read_bytes()), locale="it") if m.id} for path in catalogs("it")]


def italian():
    return {id: message for file in italian_files() for id, message in file.items()}


def test_italian_is_complete_and_holds_nothing_that_nobody_says():
    translated = {id for id, message in italian().items() if not message.fuzzy and all(forms(message.string))}

    assert translated == messages()


def test_no_message_is_translated_twice():
    assert len(italian()) == sum(map(len, italian_files()))


def forms(text):
    return [text] if isinstance(text, str) else list(text)


@pytest.mark.parametrize("message", italian().values(), ids=lambda m: forms(m.id)[0][:40])
def test_a_translation_has_the_places_of_its_original(message):
    def places(texts):
        return {place for text in texts for place in re.findall(r"\{(\w+)\}", text)}

    assert places(forms(message.string)) == places(forms(message.id))
    assert len(forms(message.string)) == len(forms(message.id))
