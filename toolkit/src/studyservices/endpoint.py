"""Ask a model that is served in OpenAI's form, wherever it runs."""

from __future__ import annotations

from typing import Any

import httpx
from pydantic import SecretStr

from studyruntime.errors import RuntimeFailure, Unavailable

_TOO_MANY = 429
_SERVER_ERROR = 500


class ModelRefused(RuntimeFailure):
    """A model's endpoint does not take what we ask, and never will: a wrong key, a wrong name, a wrong form."""


class ModelEndpoint:
    """One model at one address."""

    def __init__(self, url: str, model: str, api_key: SecretStr | None, *, timeout_seconds: float) -> None:
        self.model = model
        headers = {} if api_key is None else {"Authorization": f"Bearer {api_key.get_secret_value()}"}
        self._client = httpx.Client(base_url=f"{url.rstrip('/')}/", headers=headers, timeout=timeout_seconds)

    def ask(self, path: str, question: dict[str, Any]) -> Any:
        """The JSON that `path` answers to `question`.

        Raises:
            Unavailable: no answer, or one that may be better later.
            ModelRefused: an answer that will not change.
        """
        try:
            response = self._client.post(path, json={"model": self.model, **question})
        except httpx.HTTPError as error:
            raise Unavailable(self.model, f"{type(error).__name__}: {error}") from error
        if response.status_code == _TOO_MANY or response.status_code >= _SERVER_ERROR:
            raise Unavailable(self.model, f"status {response.status_code}")
        if not response.is_success:
            raise ModelRefused(
                f"{self.model} answers {response.status_code}: {response.text[:200]}",
                hint="Check the address, the name and the key of the model.",
            )
        try:
            return response.json()
        except ValueError as error:
            raise Unavailable(self.model, "it answers something else than JSON") from error
