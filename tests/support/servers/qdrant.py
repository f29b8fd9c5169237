"""The stand-in for Qdrant that `studyctl local` starts, as a process of this session."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Mapping, Sequence

from tests.support.servers.process import HOST, ServerProcess

API_KEY = "key-of-these-tests"


class QdrantServer(ServerProcess):
    """It keeps its collections over a restart."""

    def command(self) -> Sequence[str]:
        module = "studyctl.adapters.local.qdrant_standin"
        return [sys.executable, "-m", module, "--port", str(self.port), "--data", str(self.folder / "data")]

    def environment(self) -> Mapping[str, str]:
        return {"QDRANT__SERVICE__API_KEY": API_KEY}

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/collections", headers={"api-key": API_KEY})
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def variables(self) -> dict[str, str]:
        """What a service is told about it."""
        return {"QDRANT_URL": f"http://{HOST}:{self.port}", "QDRANT_API_KEY": API_KEY}
