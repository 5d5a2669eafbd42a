"""May this caller do that? The engine's own IAM, and what it reads otherwise than AWS does.

`engine.py` switches it on for every stack: each function runs with its role from `template.yaml` and nothing else.
"""

from __future__ import annotations

import json
from email.utils import parseaddr
from typing import Any

SEND_MAIL = "ses:SendEmail"


def enforce_as_aws_does() -> None:
    ask_for_the_single_form_of_batches()
    judge_mail_by_identity_and_sender()


def ask_for_the_single_form_of_batches() -> None:
    """SQS has no permission for a batch: `SendMessageBatch` needs `sqs:SendMessage`."""
    from ministack.core import iam_actions

    read = iam_actions.extract_iam_action

    def action(*request: Any, **more: Any) -> str | None:
        return permission(read(*request, **more))

    iam_actions.extract_iam_action = action


def permission(action: str | None) -> str | None:
    """The permission that a call needs; None is a call that needs none."""
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


def judge_mail_by_identity_and_sender() -> None:
    """The engine asks for `ses:SendEmail` on everything, and knows no `ses:FromAddress`."""
    from ministack import app
    from ministack.core import iam_actions
    from ministack.core.responses import get_account_id

    enforce = app._enforce_ses_v2

    def enforce_mail(
        method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str
    ) -> Any:
        action = iam_actions.extract_iam_action("ses", method, path, headers, body, query)
        if action != SEND_MAIL:
            return enforce(method, path, headers, body, query, request_id)
        sender = mail_sender(body)
        region = app.extract_region(headers, query)
        identity = f"arn:aws:ses:{region}:{get_account_id()}:identity/{sender}"
        return app._enforce_data_plane(
            "sesv2", action, headers, query, request_id,
            resource_arn=identity, service_context={"ses:FromAddress": sender}, named_resource=identity,
        )

    app._enforce_ses_v2 = enforce_mail


def mail_sender(body: bytes) -> str:
    """The bare address; the local stack verifies addresses, so it names the identity too."""
    try:
        request = json.loads(body)
        return parseaddr(request["FromEmailAddress"])[1]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
