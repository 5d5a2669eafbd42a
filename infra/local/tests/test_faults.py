import unittest

from toban_local.faults import Fault, InvalidFault, Ledger, parse_fault, read_call

AGENT = "aws-sdk-rust/1.3 ua/2.1 api/dynamodb/1.0 os/linux lang/rust app/ingest-metrics"


def call(operation, body=b"{}", agent=AGENT):
    return read_call(f"DynamoDB_20120810.{operation}", agent, body)


class Calls(unittest.TestCase):
    def test_a_call_says_who_did_what_to_which_tables(self):
        body = b'{"TransactItems": [{"Put": {"TableName": "a"}}, {"Update": {"TableName": "b"}}]}'
        found = call("TransactWriteItems", body)
        self.assertEqual(found.function, "ingest-metrics")
        self.assertEqual((found.operation, found.tables, found.items), ("TransactWriteItems", ("a", "b"), 2))

    def test_a_call_says_whose_items_it_touches(self):
        key = call("GetItem", b'{"TableName": "t", "Key": {"pk": {"S": "demo#token"}, "sk": {"S": "x"}}}')
        self.assertEqual(key.tenants, ("demo",))
        message = read_call("AmazonSQS.SendMessage", AGENT, rb'{"MessageBody": "{\"tenant\":\"demo\"}"}')
        self.assertEqual(message.tenants, ("demo",))
        self.assertEqual(call("GetItem", b'{"Key": {"pk": {"S": "nobody"}}}').tenants, ())
        fault = parse_fault({"action": "throttle", "tenant": "other"})
        self.assertFalse(fault.matches(key))

    def test_batches_count_their_items(self):
        cases = {
            b'{"RequestItems": {"t": [{"PutRequest": {}}, {"PutRequest": {}}]}}': 2,
            b'{"RequestItems": {"t": {"Keys": [{}, {}, {}]}}}': 3,
            b'{"Entries": [{}, {}]}': 2,
            b'{"TableName": "t"}': 1,
            b"no json": 1,
            b"[]": 1,
        }
        for body, items in cases.items():
            self.assertEqual(call("X", body).items, items, body)

    def test_a_caller_without_a_name_is_unknown(self):
        self.assertEqual(call("X", agent="curl").function, "unknown")


class Faults(unittest.TestCase):
    def test_a_fault_hits_as_often_as_it_was_told(self):
        ledger = Ledger()
        ledger.add(Fault("throttle", operation="Put.*", remaining=2))
        hits = [ledger.enter(call("PutItem")) is not None for _ in range(3)]
        self.assertEqual(hits, [True, True, False])

    def test_only_what_matches_is_hit(self):
        body = b'{"TableName": "samples"}'
        for wanted, hit in (
            ({"operation": "PutItem"}, True),
            ({"operation": "Put"}, False),
            ({"function": "ingest-.*"}, True),
            ({"function": "serve-api"}, False),
            ({"table": "samples"}, True),
            ({"table": "state"}, False),
        ):
            ledger = Ledger()
            ledger.add(parse_fault({"action": "unavailable"} | wanted))
            self.assertEqual(ledger.enter(call("PutItem", body)) is not None, hit, wanted)

    def test_what_is_no_fault_is_refused_with_its_reason(self):
        for wanted in ({}, {"action": "explode"}, {"action": "delay"}, {"action": "throttle", "x": 1},
                       {"action": "throttle", "operation": "("}):
            with self.assertRaises(InvalidFault, msg=str(wanted)):
                parse_fault(wanted)

    def test_the_faults_of_one_tenant_are_taken_back_alone(self):
        ledger = Ledger()
        for tenant in ("demo", "other"):
            ledger.add(Fault("throttle", tenant=tenant))
        ledger.clear("demo")
        self.assertEqual([fault["tenant"] for fault in ledger.report()["faults"]], ["other"])

    def test_counts_add_up_and_are_forgotten_on_request(self):
        ledger = Ledger()
        for _ in range(3):
            ledger.enter(call("PutItem", b'{"TableName": "t"}'))
        (line,) = ledger.report()["calls"]
        self.assertEqual((line["calls"], line["items"], line["tables"]), (3, 3, ("t",)))
        ledger.reset()
        self.assertEqual(ledger.report(), {"calls": [], "faults": []})


if __name__ == "__main__":
    unittest.main()
