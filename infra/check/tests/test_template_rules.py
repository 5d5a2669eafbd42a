"""Each promise of template_rules.py is missed when it is broken: the real template, spoilt in one place."""

from __future__ import annotations

import copy
import unittest
from pathlib import Path

from template_rules import Template, breaches, parse

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
FOLDERS = {each.name for each in (ROOT / "functions").iterdir() if (each / "Cargo.toml").is_file()}


class TemplateRules(unittest.TestCase):
    def setUp(self) -> None:
        self.template: Template = copy.deepcopy(TEMPLATE)

    def properties(self, name: str) -> dict:
        return self.template["Resources"][name]["Properties"]

    def statement(self, role: str, sid: str) -> dict:
        statements = self.properties(role)["Policies"][0]["PolicyDocument"]["Statement"]
        return next(each for each in statements if each.get("Sid") == sid)

    def assert_said(self, words: str) -> None:
        self.assertIn(words, "\n".join(breaches(self.template, FOLDERS)))

    def test_the_template_as_it_is_keeps_every_promise(self):
        self.assertEqual(list(breaches(TEMPLATE, FOLDERS)), [])

    def test_an_action_with_a_wildcard(self):
        self.statement("IngestMetricsRole", "Samples")["Action"] = ["dynamodb:*"]
        self.assert_said("IngestMetricsRole, Samples: dynamodb:*: name each action")

    def test_a_resource_with_a_wildcard(self):
        self.statement("IngestMetricsRole", "Samples")["Resource"] = "*"
        self.assert_said("IngestMetricsRole, Samples:")

    def test_a_wider_resource_under_an_excepted_name(self):
        self.statement("DeliverNotificationsRole", "PublishToReceivers")["Resource"] = {"Fn::Sub": "arn:aws:sns:*:*:*"}
        self.assert_said("DeliverNotificationsRole, PublishToReceivers")

    def test_a_wildcard_that_hides_in_a_condition(self):
        statements = self.properties("DeliverNotificationsRole")["Policies"][0]["PolicyDocument"]["Statement"]
        choice = next(each for each in statements if "Fn::If" in each)
        choice["Fn::If"][1]["Resource"] = "*"
        self.assert_said("DeliverNotificationsRole, SendMail")

    def test_a_role_left_to_sam(self):
        del self.properties("SweepAbsence")["Role"]
        self.assert_said("SweepAbsence: needs a Role of its own")

    def test_a_role_shared_by_two(self):
        self.properties("SweepAbsence")["Role"] = {"Fn::GetAtt": "EvaluateRulesRole.Arn"}
        self.assert_said("shares EvaluateRulesRole")

    def test_a_managed_policy(self):
        self.properties("SweepAbsenceRole")["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]
        self.assert_said("SweepAbsenceRole: managed policies")

    def test_a_role_that_others_may_take(self):
        self.properties("SweepAbsenceRole")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"AWS": "*"}
        self.assert_said("SweepAbsenceRole: only Lambda")

    def test_a_function_that_is_not_deployed(self):
        del self.template["Resources"]["SweepAbsence"]
        self.assert_said("functions/sweep-absence is not deployed")

    def test_a_binary_without_a_folder(self):
        self.template["Resources"]["SweepAbsence"]["Metadata"]["BuildProperties"]["Binary"] = "sweep-presence"
        self.assert_said("sweep-presence is deployed and has no folder")

    def test_a_queue_in_clear(self):
        del self.properties("AlertsDeadLetterQueue")["SqsManagedSseEnabled"]
        self.assert_said("AlertsDeadLetterQueue: not encrypted")

    def test_a_queue_that_loses_what_fails(self):
        del self.properties("AlertsQueue")["RedrivePolicy"]
        self.assert_said("AlertsQueue: what fails for good")

    def test_a_queue_that_shows_a_message_while_it_is_handled(self):
        self.properties("DeliverNotifications")["Timeout"] = 61
        self.assert_said("NotificationsQueue: visibility")

    def test_a_batch_that_fails_as_one(self):
        del self.properties("RouteAlerts")["Events"]["Alerts"]["Properties"]["FunctionResponseTypes"]
        self.assert_said("RouteAlerts: one bad message")

    def test_a_table_that_anyone_can_delete(self):
        del self.properties("StateTable")["DeletionProtectionEnabled"]
        self.assert_said("StateTable: must be protected")

    def test_a_table_that_only_grows(self):
        del self.properties("SamplesTable")["TimeToLiveSpecification"]
        self.assert_said("SamplesTable: nothing would ever expire")

    def test_logs_for_ever(self):
        del self.properties("RouteAlertsLog")["RetentionInDays"]
        self.assert_said("RouteAlertsLog: logs would be kept for ever")

    def test_a_function_that_logs_elsewhere(self):
        del self.properties("RouteAlerts")["LoggingConfig"]
        self.assert_said("RouteAlerts: needs a log group")

    def test_a_schedule_that_two_stacks_would_fight_for(self):
        self.properties("RouteAlerts")["Events"]["EveryMinute"]["Properties"]["Name"] = "route-alerts"
        self.assert_said("RouteAlerts: its schedule's Name")

    def test_each_alarm_that_is_taken_away(self):
        for name, each in TEMPLATE["Resources"].items():
            if each["Type"] == "AWS::CloudWatch::Alarm" and name != "DueIndexWriteThrottles":
                with self.subTest(alarm=name):
                    self.template = copy.deepcopy(TEMPLATE)
                    del self.template["Resources"][name]
                    self.assert_said(f"no alarm on {each['Properties']['MetricName']}")

    def test_an_alarm_that_tells_nobody(self):
        del self.properties("HttpApiServerErrors")["AlarmActions"]
        self.assert_said("HttpApiServerErrors: tells nobody")

    def test_an_alarm_that_takes_silence_for_health(self):
        self.properties("SweepAbsenceDidNotRun")["TreatMissingData"] = "notBreaching"
        self.assert_said("SweepAbsenceDidNotRun: a function that never ran")

    def test_what_the_local_engine_can_not_run(self):
        self.template["Resources"]["HttpApi"]["Type"] = "AWS::Serverless::HttpApi"
        self.assert_said("HttpApi: AWS::Serverless::HttpApi does not run on the local engine")


if __name__ == "__main__":
    unittest.main()
