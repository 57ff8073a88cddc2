"""All stages of a build, in order. Each reads what the ones before it left."""

from . import (
    carding,
    collecting,
    identifying,
    indexing,
    redacting,
    selecting,
    verifying,
    writing,
)
from .work import Stage

STAGES: tuple[Stage, ...] = (
    collecting.STAGE,
    identifying.STAGE,
    selecting.STAGE,
    redacting.STAGE,
    writing.STAGE,
    indexing.STAGE,
    verifying.STAGE,
    carding.STAGE,
)

BY_NAME = {stage.name: stage for stage in STAGES}
