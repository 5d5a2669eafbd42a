"""A permission that is missing, and one that nobody needs any more, are both found."""

from __future__ import annotations

import copy
import unittest
from pathlib import Path

from permission_rules import breaches
from template_rules import Template, parse

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
EVALUATES = {"state-table", "samples-table", "rule-transitions"}
USES = {
    "ingest-metrics": {"http-access", *EVALUATES},
    "query-metrics": {"http-access", "samples-table"},
    "serve-api": {"http-access", "state-table"},
    "serve-alertmanager": {"http-access", "state-table", "aws-sdk-secretsmanager"},
    "evaluate-rules": EVALUATES,
    "sweep-absence": EVALUATES,
    "measure-usage": {"state-table", "samples-table"},
    "route-alerts": {"state-table", "aws-sdk-sqs"},
    "deliver-notifications": {"state-table", "aws-sdk-secretsmanager", "aws-sdk-sesv2", "aws-sdk-sns"},
}


class PermissionRules(unittest.TestCase):
    def setUp(self) -> None:
        self.template: Template = copy.deepcopy(TEMPLATE)
        self.uses = copy.deepcopy(USES)

    def statements(self, role: str) -> list[dict]:
        return self.template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]

    def assert_said(self, words: str) -> None:
        self.assertIn(words, "\n".join(breaches(self.template, self.uses)))

    def test_the_template_fits_these_crates(self):
        self.assertEqual(list(breaches(self.template, self.uses)), [])

    def test_a_crate_whose_calls_are_not_allowed(self):
        self.uses["serve-api"].add("samples-table")
        self.assert_said("serve-api: uses samples-table and may not dynamodb:Query on SamplesTable")

    def test_a_permission_whose_crate_is_gone(self):
        self.uses["sweep-absence"].remove("samples-table")
        self.assert_said("sweep-absence: may dynamodb:Query on SamplesTable and uses none of samples-table")

    def test_a_permission_under_a_condition_counts(self):
        self.uses["deliver-notifications"].remove("aws-sdk-sesv2")
        self.assert_said("deliver-notifications: may ses:SendEmail and uses none of aws-sdk-sesv2")

    def test_a_queue_that_lambda_may_not_read(self):
        statements = self.statements("RouteAlertsRole")
        statements[:] = [each for each in statements if each.get("Sid") != "Consume"]
        self.assert_said("route-alerts: reads ['AlertsQueue'] and may sqs:ReceiveMessage on []")

    def test_a_queue_that_is_anothers(self):
        consume = next(each for each in self.statements("RouteAlertsRole") if each.get("Sid") == "Consume")
        self.statements("ServeApiRole").append(consume)
        self.assert_said("serve-api: reads [] and may sqs:ReceiveMessage on ['AlertsQueue']")

    def test_a_log_that_can_not_be_written(self):
        statements = self.statements("ServeApiRole")
        statements[:] = [each for each in statements if each.get("Sid") != "Log"]
        self.assert_said("serve-api: may not write to its log group ServeApiLog")


if __name__ == "__main__":
    unittest.main()
