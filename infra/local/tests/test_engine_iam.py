import unittest

from toban_local.engine_iam import mail_sender, permission


class Permissions(unittest.TestCase):
    def test_a_batch_needs_the_permission_of_a_single_message(self):
        cases = {
            "sqs:SendMessageBatch": "sqs:SendMessage",
            "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
            "sqs:SendMessage": "sqs:SendMessage",
            "glue:GetBatch": "glue:GetBatch",
            "dynamodb:GetItem": "dynamodb:GetItem",
            None: None,
        }
        for action, needed in cases.items():
            self.assertEqual(permission(action), needed)

    def test_the_sender_of_a_mail_is_its_bare_address(self):
        cases = {
            b'{"FromEmailAddress": "toban@example.com"}': "toban@example.com",
            b'{"FromEmailAddress": "Toban <toban@example.com>"}': "toban@example.com",
            b'{"FromEmailAddress": null}': "",
            b'{"FromEmailAddress": 7}': "",
            b"{}": "",
            b"[]": "",
            b"no json": "",
            b"\xff": "",
        }
        for body, sender in cases.items():
            self.assertEqual(mail_sender(body), sender, body)


if __name__ == "__main__":
    unittest.main()
