"""Texts are trimmed, whatever white space Unicode has at their ends, also where a look at their bytes would do."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from features.columns import text_of

WHITE = [chr(code) for code in range(0x3001) if chr(code).isspace()]
ends = st.text(st.sampled_from([*WHITE, "a", "è", "\u200b", "\x1b"]), max_size=2)
words = st.lists(st.none() | st.builds(lambda a, b, c: a + b + c, ends, st.text(max_size=3), ends), max_size=8)


@given(values=words, cut=st.integers(0, 3))
def test_a_column_is_trimmed_as_each_text_is(values, cut):
    column = pa.chunked_array([pa.array(["before", *values], pa.string())]).slice(cut)
    found = text_of(column)
    expected = [word.strip() or None if word is not None else None for word in ["before", *values][cut:]]
    assert found.objects.tolist() == expected
    assert len(set(found.words)) == len(found.words)


@given(values=words)
def test_plain_texts_stay(values):
    plain = [f"a{value}z" for value in values if value is not None]
    assert text_of(pa.chunked_array([pa.array(plain, pa.string())])).objects.tolist() == plain


@given(
    values=words,
    spare=st.lists(st.none() | st.sampled_from(["a", "spare", " a"]), max_size=3),
    chunks=st.integers(1, 3),
)
def test_text_by_distinct_values_reads_as_text_does(values, spare, chunks):
    """A dictionary in a file may hold words twice, nulls, or words that no row has, and differ from chunk to chunk."""
    held = [*spare, *reversed(values)]
    indices = [None if value is None else len(held) - 1 - i for i, value in enumerate(values)]
    coded = pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), pa.array(held, pa.string()))
    written = pa.chunked_array([pa.array(values, pa.string())] * chunks)
    found, expected = text_of(pa.chunked_array([coded] * chunks)), text_of(written)
    assert found.words.tolist() == expected.words.tolist()
    assert found.codes.tolist() == expected.codes.tolist()
