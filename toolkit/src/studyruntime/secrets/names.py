"""Names of secrets: `database/password` is the key `password` of the secret `database`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from studyruntime.errors import SecretNotFound

NAME = re.compile(r"(?P<secret>[a-z0-9][a-z0-9_-]*)(/(?P<key>[A-Za-z0-9][A-Za-z0-9_.-]*))?")


@dataclass(frozen=True, slots=True)
class SecretName:
    """A secret, and the part of it that is meant; no part means all of it."""

    secret: str
    key: str | None = None

    @classmethod
    def parse(cls, text: str) -> SecretName:
        """From `secret` or `secret/key`. Anything else, such as a path that climbs, is refused."""
        found = NAME.fullmatch(text)
        if found is None:
            raise SecretNotFound(
                f"{text!r} is no name of a secret", hint="Names look like session-signing or database/password."
            )
        return cls(found["secret"], found["key"])

    def __str__(self) -> str:
        return self.secret if self.key is None else f"{self.secret}/{self.key}"

    @property
    def variable(self) -> str:
        """The environment variable that may hold it: DATABASE_PASSWORD."""
        return re.sub(r"[^A-Z0-9]", "_", str(self).upper())

    def pick(self, document: str) -> str:
        """The meant part of the whole secret. Errors never show what the secret holds."""
        if self.key is None:
            return document
        try:
            parts = json.loads(document)
        except ValueError:
            parts = None
        if not isinstance(parts, dict):
            raise SecretNotFound(
                f"the secret {self.secret!r} has no parts, so there is no {self.key!r} in it",
                hint=f"Ask for {self.secret!r}, or store a JSON object.",
            )
        if self.key not in parts:
            raise SecretNotFound(f"the secret {self.secret!r} has no part {self.key!r}")
        part = parts[self.key]
        return part if isinstance(part, str) else json.dumps(part)
