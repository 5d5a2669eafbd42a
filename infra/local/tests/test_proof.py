import unittest

from toban_local import inbox, proof


def message(status="firing", instance="demo-host", name="HostDiskFull", starts="2026-11-20T10:00:00.5Z"):
    alert = {
        "status": status,
        "labels": {"instance": instance, "alertname": name},
        "startsAt": starts,
        "endsAt": "2026-11-20T10:01:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
    }
    return {"received_at_ms": 1795168800700, "path": "/webhook", "body": {"receiver": "inbox", "status": status, "alerts": [alert]}}


class Proof(unittest.TestCase):
    def test_times_are_read_in_every_length_that_rust_writes(self):
        for text, ms in {
            "1970-01-01T00:00:01Z": 1000,
            "1970-01-01T00:00:01.5Z": 1500,
            "1970-01-01T00:00:01.25Z": 1250,
            "1970-01-01T00:00:01.123456789Z": 1123,
        }.items():
            self.assertEqual(proof.to_ms(text), ms, text)

    def test_the_time_from_sample_to_arrival_is_measured(self):
        (found,) = proof.arrivals([message()], "firing", 1795168800500)
        self.assertEqual((found.receiver, found.latency_ms), ("inbox", 200))

    def test_an_older_alert_or_another_s_is_no_proof(self):
        for other, since_ms in (
            (message(), 1795168800501),
            (message(instance="x"), 0),
            (message(name="x"), 0),
            (message(status="resolved"), 0),
            ({"received_at_ms": 1, "path": "/", "body": "text"}, 0),
        ):
            self.assertEqual(proof.arrivals([other], "firing", since_ms), [])


class Inbox(unittest.TestCase):
    def test_what_arrived_is_shown_and_can_break_nothing(self):
        page = inbox.page([message(instance="<script>")])
        self.assertIn("[firing] HostDiskFull (&lt;script&gt;)", page)
        self.assertNotIn("<script>", page)
        for body in (None, [], "text", {"alerts": [1]}, {"alerts": [{}]}):
            inbox.page([{"received_at_ms": 1, "path": "/", "body": body}])

    def test_only_the_last_messages_are_kept(self):
        box = inbox.Box()
        for number in range(inbox.KEPT + 5):
            box.put("/", number)
        self.assertEqual(box.messages()[0]["body"], 5)


if __name__ == "__main__":
    unittest.main()
