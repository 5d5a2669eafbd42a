"""The agent that reports this machine to its own stack."""

from __future__ import annotations

import os

from . import packages
from .layout import Layout
from .services import Service

BINARY = "toban-agent"


def service(layout: Layout, ingest_token: str) -> Service:
    binary = packages.binary(BINARY)
    environment = {
        "PATH": os.defpath,
        "HOME": str(layout.home),
        "LANG": "C.UTF-8",
        "TOBAN_URL": layout.api_url,
        "TOBAN_TOKEN": ingest_token,
    }
    return Service("agent", [str(binary)], environment, 0, [binary])
