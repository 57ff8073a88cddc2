"""Presidio (MIT): its pattern recognisers; no language model is loaded or fetched."""

from collections.abc import Iterator
from importlib.metadata import version

from pipeline.redact.plugins import Plugin
from pipeline.redact.spans import Span

CLASSES = {
    "EMAIL_ADDRESS": "EMAIL",
    "IP_ADDRESS": "IP_ADDRESS",
    "PHONE_NUMBER": "PHONE",
    "CREDIT_CARD": "PAYMENT_CARD",
    "US_SSN": "NATIONAL_ID",
    "US_ITIN": "NATIONAL_ID",
    "UK_NHS": "NATIONAL_ID",
    "ES_NIF": "NATIONAL_ID",
    "IT_FISCAL_CODE": "NATIONAL_ID",
    "PL_PESEL": "NATIONAL_ID",
    "IN_AADHAAR": "NATIONAL_ID",
    "FI_PERSONAL_IDENTITY_CODE": "NATIONAL_ID",
}
LEAST = 0.5  # below it a pattern alone decides, without its words of context or check digits


class PresidioDetector:
    """The recognisers that work by pattern and check digit, for English and the numbers above."""

    name = "presidio"

    def __init__(self) -> None:
        from presidio_analyzer import PatternRecognizer, RecognizerRegistry

        registry = RecognizerRegistry()
        registry.load_predefined_recognizers()
        self._recognizers = [
            each
            for each in registry.recognizers
            if isinstance(each, PatternRecognizer) and set(each.supported_entities) & set(CLASSES)
        ]
        self.digest = f"{version('presidio-analyzer')} patterns {LEAST}"

    def detect(self, text: str, path: str) -> Iterator[Span]:  # noqa: ARG002
        for recognizer in self._recognizers:
            for result in recognizer.analyze(text, recognizer.supported_entities, None) or ():
                cls = CLASSES.get(result.entity_type)
                if cls and result.score >= LEAST:
                    yield Span(result.start, result.end, cls, result.entity_type, result.score)


def make() -> Plugin:
    return PresidioDetector()
