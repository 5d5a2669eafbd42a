"""The first token of all: written straight into the state table, because nobody could ask for it yet.

Follows `shared/access` (grammar, hash) and `shared/state-table` (item).
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

SYSTEM_TENANT = "system"


@dataclass(frozen=True)
class Token:
    tenant: str
    id: str
    secret: str

    def reveal(self) -> str:
        return f"tbn_{self.tenant}_{self.id}_{self.secret}"

    def secret_hash(self) -> str:
        return hashlib.sha256(self.secret.encode()).hexdigest()


def mint(tenant: str) -> Token:
    secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    return Token(tenant, secrets.token_hex(8), secret)


def keep(path: Path, text: str) -> None:
    """Writes what only its owner may read, whole or not at all."""
    draft = path.with_name(path.name + ".draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.replace(path)


def item(token: Token, role: str, holder: str, created_at: str) -> dict[str, dict[str, object]]:
    """The token's item, in DynamoDB's own notation."""
    return {
        "pk": {"S": f"{token.tenant}#token"},
        "sk": {"S": token.id},
        "kind": {"S": "token"},
        "v": {"N": "1"},
        "id": {"S": token.id},
        "role": {"S": role},
        "secret_sha256": {"S": token.secret_hash()},
        "holder": {"M": {"name": {"S": holder}, "kind": {"S": "person"}}},
        "created_at": {"S": created_at},
    }
