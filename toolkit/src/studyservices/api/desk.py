"""What the routes work with, and who is in front of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from studyruntime.storage import ObjectStorage
from studyservices.api.details import DocumentDetails
from studyservices.api.library import Library
from studyservices.callers import bearer_identity
from studyservices.options import Options
from studyservices.passages import PassageIndex
from studyservices.removal import Removal
from studyservices.tokens import Identity, TokenSigner


@dataclass(frozen=True)
class Desk:
    """Everything a request may need."""

    library: Library
    details: DocumentDetails
    removal: Removal
    storage: ObjectStorage
    passages: PassageIndex
    signer: TokenSigner
    options: Options


def _desk(request: Request) -> Desk:
    return cast("Desk", request.app.state.desk)


def _caller(request: Request) -> Identity:
    return bearer_identity(request, _desk(request).signer)


AtDesk = Annotated[Desk, Depends(_desk)]
Caller = Annotated[Identity, Depends(_caller)]
