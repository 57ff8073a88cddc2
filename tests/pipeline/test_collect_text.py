"""Bytes become text without loss, or a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect import paths, text
from pipeline.collect.text import Text, decode


@pytest.mark.parametrize(
    ("data", "encoding", "told"),
    [
        (b"a = 1\r\nb = 2\r\n", "utf-8", "a = 1\r\nb = 2\r\n"),
        ("naïve ☃".encode(), "utf-8", "naïve ☃"),
        (b"\xef\xbb\xbfx = 1\n", "utf-8-sig", "x = 1\n"),
        ("\ufeffgrüß".encode("utf-16-le"), "utf-16-le", "\ufeffgrüß"),
        ("\ufeffgrüß".encode("utf-16-be"), "utf-16-be", "\ufeffgrüß"),
        ("\ufeffgrüß".encode("utf-32-le"), "utf-32-le", "\ufeffgrüß"),
        ("# coding: koi8-r\ns = 'привет'\n".encode("koi8-r"), "koi8-r", None),
        ("#!/usr/bin/python\n# -*- coding: euc-jp -*-\n'日本'".encode("euc-jp"), "euc_jp", None),
        ("# Größe in Metern, as most of it is plain\n".encode("cp1252"), "cp1252", None),
        ("# coding: utf-7\nGröße".encode(), "utf-8", "# coding: utf-7\nGröße"),
        ("# coding: ascii\nGröße".encode(), "utf-8", None),
    ],
)
def test_text_is_read_as_it_was_meant(data, encoding, told):
    found = decode(data)
    assert isinstance(found, Text)
    assert found.encoding == encoding
    assert found.text.encode(encoding) == data
    assert told is None or found.text == told


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"x" * 101, "too-large"),
        (b"\x7fELF\x00\x01", "binary"),
        (bytes(range(128, 256)), "binary"),
        (b"\x01\x02caf\xe9", "binary"),
        (b"\xff\xfe\x00", "binary"),
        (b"\xff\xfe\x00\xd8", "binary"),
    ],
)
def test_what_is_no_text_has_a_reason(data, reason):
    assert decode(data, limit=100 if reason == "too-large" else text.LIMIT) == reason


def test_a_declared_codec_that_would_change_bytes_is_not_used():
    data = b"# coding: cp932\n# \x87\x90 and much more text that is plain\n"  # one of two codes
    assert data.decode("cp932").encode("cp932") != data
    found = decode(data)
    assert not isinstance(found, Text) or found.text.encode(found.encoding) == data


@given(st.one_of(st.binary(max_size=300), st.text(max_size=80).map(str.encode)))
def test_whatever_is_taken_gives_its_bytes_back(data):
    found = decode(data)
    if isinstance(found, Text):
        assert found.text.encode(found.encoding) == data
        assert "\x00" not in found.text
        found.text.encode()  # fits a column of UTF-8
    else:
        assert found in ("empty", "binary")


@pytest.mark.parametrize(
    "path",
    [
        "a.py",
        "пакет/модуль.py",
        "包/模块.py",
        "cafe\u0301/x.py",
        "a b/c'd.py",
        "..a/b..py",
        "नमस्ते.py",
    ],
)
def test_names_in_any_script_are_kept(path):
    assert paths.refuse(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x.py",
        "a/../../x.py",
        "a/..",
        "a//b",
        "./a",
        "a\nb.py",
        "a\x00.py",
        "a\x85.py",
        "a\u2028.py",
        "C:/x.py",
        "C:\\x.py",
        "\\\\host\\x.py",
        "a\\..\\x.py",
        "a\udcff.py",
        "x" * 1_025,
        "é" * 600,
    ],
)
def test_paths_with_tricks_are_refused(path):
    assert paths.refuse(path) == "bad-path"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("cp1251", "# Привет, мир. Этот комментарий говорит, как работает программа\n"),
        ("koi8-r", "# Привет, мир. Этот комментарий говорит, как работает программа\n"),
        ("shift_jis", "// これはコメントです。日本語のソース\n"),
        ("euc_jp", "// これはコメントです。日本語のソース\n"),
        ("gb18030", "/* 这是中文注释 程序说明 */\n"),
        ("big5", "/* 這是中文註解 程式說明 */\n"),
        ("euc-kr", "# 한국어 주석입니다\n"),
        ("iso8859-7", "# Καλημέρα κόσμε, αυτό είναι σχόλιο\n"),
        ("cp1252", "# naïve café “quotes”\n"),
        ("latin-1", "# Äpfel und Öl für große Füße\n"),
    ],
)
def test_other_scripts_are_read_and_give_their_bytes_back(encoding, told):
    data = (told + "x = 1\n").encode(encoding) * 4
    found = decode(data)
    assert found.text == data.decode(encoding)
    assert found.text.encode(found.encoding) == data


def test_noise_is_no_text():
    import random

    made = random.Random(1)
    noise = bytes(made.choice(range(160, 256)) for _ in range(20_000))
    assert decode(bytes(made.randrange(1, 256) for _ in range(5_000))) == "binary"
    found = decode(noise)
    assert found == "binary" or found.text.encode(found.encoding) == noise
