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
