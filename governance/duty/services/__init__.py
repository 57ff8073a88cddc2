"""Every change to copies and duties. One public verb a use case."""

from governance.duty.services.attesting import attest, statement_of
from governance.duty.services.making import make_from_record

__all__ = ["attest", "make_from_record", "statement_of"]
