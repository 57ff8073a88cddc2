"""The file that these tests ask for."""

from tests.serving import file, researcher  # noqa: F401  fixtures
