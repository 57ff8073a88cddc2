"""Signed notes: the reference implementation's example, and everything that is no note."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import notes
from client.errors import BadSignatureError, NoteError, UnknownSignerError
from tests.client import logs

# The example in the documentation of golang.org/x/mod/sumdb/note.
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    TEXT + "\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_example_of_the_reference_is_signed_to_the_byte():
    private, name = notes.read_private_key(PRIVATE + "\n")
    assert notes.sign(TEXT, private, name) == NOTE
    assert str(notes.verifier_of(private, name)) == PUBLIC
    assert notes.private_key_text(private, name) == PRIVATE


def test_the_example_of_the_reference_is_opened():
    verifier = notes.Verifier.parse(PUBLIC)
    assert notes.open(NOTE, [verifier]) == TEXT
    assert notes.read(NOTE, [logs.verifier(), verifier]).signers == (verifier,)


texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200).map(
    lambda t: t + "\n"
)


@given(texts)
def test_any_text_can_be_signed_and_opened(text):
    note = notes.sign(text, logs.key(), logs.ORIGIN)
    assert notes.open(note, [logs.verifier()]) == text


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_a_note_can_be_changed(at, change):
    data = bytearray(NOTE.encode())
    data[at % len(data)] ^= change
    try:
        changed = data.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteError):
        notes.open(changed, [notes.Verifier.parse(PUBLIC)])


def test_a_note_needs_one_known_signature_and_passes_over_others():
    two = NOTE + notes.sign(TEXT, logs.key(), logs.ORIGIN).split("\n\n")[1]
    assert notes.open(two, [logs.verifier()]) == TEXT
    with pytest.raises(UnknownSignerError):
        notes.open(NOTE, [logs.verifier()])
    with pytest.raises(UnknownSignerError):
        notes.open(NOTE, [])


def test_one_false_signature_of_a_known_key_spoils_the_note():
    other = notes.sign("another text\n", logs.key(), logs.ORIGIN).split("\n\n")[1]
    with pytest.raises(BadSignatureError):
        notes.open(NOTE + other, [notes.Verifier.parse(PUBLIC), logs.verifier()])


def test_a_key_of_the_same_name_is_another_key():
    with pytest.raises(UnknownSignerError):
        notes.open(NOTE, [logs.verifier("other", "PeterNeumann")])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        TEXT,
        TEXT + "\n",
        NOTE[:-1],
        NOTE.replace("\u2014", "-"),
        NOTE.replace(" x08go", "  x08go"),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("AM=\n", "AM\n"),
        NOTE.replace("AM=\n", "AN=\n"),
        NOTE + "\u2014 someone AAAA\n",
        NOTE + "no signature\n",
        NOTE.replace("think", "th\tnk"),
        NOTE + NOTE.split("\n\n")[1] * 100,
        "x" * 1_000_001,
    ],
)
def test_what_is_no_note_is_refused_with_a_sentence(note):
    with pytest.raises(NoteError) as caught:
        notes.open(note, [notes.Verifier.parse(PUBLIC)])
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        PUBLIC[:-4],
        PUBLIC.replace("c74f20a3", "c74f20a4"),
        PUBLIC.replace("c74f20a3", "C74F20A3"),
        PUBLIC.replace("Peter", "Peter "),
        PUBLIC.removeprefix("PeterNeumann"),
        PUBLIC.replace("+ARpc", "+AhpC"),
        PRIVATE,
    ],
)
def test_what_is_no_verifier_key_is_refused(text):
    with pytest.raises(NoteError):
        notes.Verifier.parse(text)


@pytest.mark.parametrize("text", ["", PUBLIC, PRIVATE[:-4], PRIVATE.replace("c74f", "c74e")])
def test_what_is_no_private_key_is_refused_and_not_repeated(text):
    with pytest.raises(NoteError) as caught:
        notes.read_private_key(text)
    assert "AYEK" not in caught.value.sentence


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u00a0b", "a\x01b", "\ud800"])
def test_names_that_no_key_can_have(name):
    with pytest.raises(NoteError):
        notes.sign(TEXT, logs.key(), name)


@pytest.mark.parametrize("text", ["", "no newline", "bell\x07\n", "\ud800\n"])
def test_texts_that_cannot_be_signed(text):
    with pytest.raises(NoteError):
        notes.sign(text, logs.key(), logs.ORIGIN)


def test_a_file_of_keys_may_have_comments(tmp_path):
    file = tmp_path / "log.key"
    file.write_text(f"# the log of the shelf\n\n{PUBLIC}\n{logs.verifier()}\n")
    assert notes.read_keys(file) == [notes.Verifier.parse(PUBLIC), logs.verifier()]
    for wrong in (b"", b"# only this\n", b"nonsense\n", b"\xff\xfe"):
        file.write_bytes(wrong)
        with pytest.raises(NoteError):
            notes.read_keys(file)
