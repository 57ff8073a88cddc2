"""The schema that the card shows is the one that files have."""

from pipeline.shards.columns import COLUMNS, described
from pipeline.shards.schemas import PROCESSED


def test_every_column_has_its_sentence_and_nothing_else_does():
    assert list(COLUMNS) == PROCESSED.names
    for name, kind, words in described():
        assert words.endswith("."), name
        assert "large" not in kind
