"""JSON whose order says something: a ranking stays one."""

import json
from typing import Any

from django.db import models


class OrderedJson(models.TextField):
    """A JSON value kept as text. PostgreSQL's jsonb sorts the keys of objects; this keeps them."""

    def from_db_value(self, value: str | None, *args: object) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False)
