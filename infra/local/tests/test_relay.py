import http.client
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from toban_local.fault_proxy import Control, FaultProxy, LedgerServer
from toban_local.faults import Ledger
from toban_local.gateway import Gateway, GatewayServer
from toban_local.relay import MAX_BODY_BYTES


class Upstream(BaseHTTPRequestHandler):
    """Answers with what it was asked, as headers and body."""

    protocol_version = "HTTP/1.1"
    calls = 0

    def answer(self):
        type(self).calls += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response_only(200)
        self.send_header("X-Path", self.path)
        self.send_header("X-Forwarded", self.headers.get("X-Forwarded-For", ""))
        self.send_header("X-Cookie", self.headers.get("Cookie", ""))
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, format, *args):
        pass


def serve(case, server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    case.addCleanup(server.server_close)
    case.addCleanup(server.shutdown)
    return server.server_address[1]


class Relaying(unittest.TestCase):
    def setUp(self):
        upstream = serve(self, ThreadingHTTPServer(("127.0.0.1", 0), Upstream))
        gateway = GatewayServer(0, Gateway, upstream)
        gateway.api_id = "abc"
        self.client = http.client.HTTPConnection("127.0.0.1", serve(self, gateway), timeout=20)
        self.addCleanup(self.client.close)

    def ask(self, method, path, body=None, headers=None):
        self.client.request(method, path, body, headers or {})
        answer = self.client.getresponse()
        return answer, answer.read()

    def test_path_query_and_cookies_pass_unchanged(self):
        answer, _ = self.ask("GET", "/api/v1/q?match[]=%7Ba%3D%22b%22%7D&x=1&x=2", headers={"Cookie": "t=1; u=2"})
        self.assertEqual(
            answer.headers["X-Path"],
            "/_aws/execute-api/abc/$default/api/v1/q?match[]=%7Ba%3D%22b%22%7D&x=1&x=2",
        )
        self.assertEqual(answer.headers["X-Cookie"], "t=1; u=2")
        self.assertEqual(answer.headers.get_all("Set-Cookie"), ["a=1", "b=2"])

    def test_the_client_s_address_is_added_behind_those_it_named(self):
        answer, _ = self.ask("GET", "/", headers={"X-Forwarded-For": "203.0.113.7"})
        self.assertEqual(answer.headers["X-Forwarded"], "203.0.113.7, 127.0.0.1")

    def test_ten_megabytes_of_any_bytes_pass_and_one_more_does_not(self):
        body = bytes(range(256)) * (MAX_BODY_BYTES // 256)
        _, content = self.ask("POST", "/", body)
        self.assertEqual(content, body)
        answer, _ = self.ask("POST", "/", b"", {"Content-Length": str(MAX_BODY_BYTES + 1)})
        self.assertEqual(answer.status, 413)

    def test_chunks_arrive_as_one_body(self):
        _, content = self.ask("POST", "/", iter([b"one", b"two" * 1000, b"three"]))
        self.assertEqual(content, b"one" + b"two" * 1000 + b"three")

    def test_one_connection_serves_many_requests_and_head_has_no_body(self):
        for _ in range(3):
            answer, content = self.ask("HEAD", "/", None)
            self.assertEqual((answer.status, content), (200, b""))
            answer, content = self.ask("POST", "/", b"x")
            self.assertEqual(content, b"x")

    def test_an_engine_that_is_away_is_a_503(self):
        gateway = GatewayServer(0, Gateway, 1)
        gateway.api_id = "abc"
        client = http.client.HTTPConnection("127.0.0.1", serve(self, gateway), timeout=20)
        self.addCleanup(client.close)
        client.request("GET", "/")
        self.assertEqual(client.getresponse().status, 503)


class Breaking(unittest.TestCase):
    def setUp(self):
        Upstream.calls = 0
        upstream = serve(self, ThreadingHTTPServer(("127.0.0.1", 0), Upstream))
        proxy, control = LedgerServer(0, FaultProxy, upstream), LedgerServer(0, Control)
        proxy.ledger = control.ledger = Ledger()
        self.port, self.control_port = serve(self, proxy), serve(self, control)

    def ask(self, port, method, path, body=None, headers=None):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            client.request(method, path, body, headers or {})
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def put(self):
        headers = {"X-Amz-Target": "DynamoDB_20120810.PutItem", "User-Agent": "app/f"}
        return self.ask(self.port, "POST", "/", b'{"TableName":"t"}', headers)

    def order(self, fault):
        self.assertEqual(self.ask(self.control_port, "POST", "/fault", fault)[0], 200)

    def test_a_throttled_call_is_answered_in_dynamodb_s_words_and_never_arrives(self):
        self.order(b'{"action":"throttle","operation":"PutItem"}')
        status, body = self.put()
        self.assertEqual(status, 400)
        self.assertIn(b"ProvisionedThroughputExceededException", body)
        self.assertEqual(Upstream.calls, 0)
        self.assertEqual(self.put(), (200, b'{"TableName":"t"}'))

    def test_a_dropped_answer_has_arrived_all_the_same(self):
        self.order(b'{"action":"drop_answer"}')
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
            self.put()
        self.assertEqual(Upstream.calls, 1)

    def test_a_refused_call_never_arrives(self):
        self.order(b'{"action":"refuse"}')
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
            self.put()
        self.assertEqual(Upstream.calls, 0)

    def test_every_call_is_counted_whatever_became_of_it(self):
        self.order(b'{"action":"unavailable","remaining":1}')
        self.assertEqual([self.put()[0], self.put()[0]], [503, 200])
        status, body = self.ask(self.control_port, "GET", "/counts")
        self.assertEqual(status, 200)
        self.assertIn(b'"calls": 2', body)

    def test_a_wrong_order_says_what_is_wrong(self):
        self.assertEqual(self.ask(self.control_port, "POST", "/fault", b"{")[0], 400)


if __name__ == "__main__":
    unittest.main()
