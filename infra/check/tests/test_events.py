"""The recorded events are what the deployed template would send."""

from __future__ import annotations

import base64
import hashlib
import json
import unittest
from pathlib import Path

from template_rules import FUNCTION, events, of_type, parse

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = parse((ROOT / "template.yaml").read_text(encoding="utf-8"))


def recorded(trigger: str) -> dict[str, dict]:
    files = sorted((ROOT / "events" / trigger).glob("*.json"))
    return {file.name: json.loads(file.read_text(encoding="utf-8")) for file in files}


class Events(unittest.TestCase):
    def test_every_request_came_by_a_route_of_the_template(self):
        routes = {each["RouteKey"] for each in of_type(TEMPLATE, "AWS::ApiGatewayV2::Route").values()}
        for name, event in recorded("http-api").items():
            with self.subTest(event=name):
                self.assertIn(event["routeKey"], routes)
                self.assertEqual(event["requestContext"]["routeKey"], event["routeKey"])
                self.assertTrue(all(key == key.lower() for key in event["headers"]))
                if event["isBase64Encoded"]:
                    body = base64.b64decode(event["body"], validate=True)
                    self.assertEqual(event["headers"]["content-length"], str(len(body)))

    def test_every_record_carries_the_digest_of_its_body(self):
        for name, event in recorded("sqs").items():
            for record in event["Records"]:
                with self.subTest(event=name):
                    self.assertEqual(record["md5OfBody"], hashlib.md5(record["body"].encode()).hexdigest())

    def test_every_tick_is_what_the_schedule_sends(self):
        ticks = recorded("schedule")
        sent = [
            json.loads(schedule["Input"].replace("<aws.scheduler.scheduled-time>", "2026-11-20T09:00:00Z"))
            for function in of_type(TEMPLATE, FUNCTION).values()
            for schedule in events(function, "ScheduleV2")
        ]
        self.assertCountEqual(ticks.values(), sent)

    def test_no_trigger_is_without_an_event(self):
        for trigger in ("http-api", "sqs", "schedule"):
            self.assertTrue(recorded(trigger), trigger)


if __name__ == "__main__":
    unittest.main()
