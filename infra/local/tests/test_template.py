import copy
import unittest

from toban_local import template
from toban_local.layout import REPOSITORY
from toban_local.template import Package

TEXT = """
Transform: AWS::Serverless-2016-10-31
Conditions:
  Big: !Not [!Equals [!Ref Stage, dev]]
Resources:
  Budget: { Type: AWS::Budgets::Budget, Properties: {} }
  Role:
    Type: AWS::IAM::Role
    Properties: { Version: 2012-10-17, Arn: !GetAtt Table.Arn, Name: !Sub "${Stage}-x" }
  ReadThings:
    Type: AWS::Serverless::Function
    Condition: Big
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: read-things } }
    Properties: { CodeUri: functions/anything/ }
  WriteThings:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda }
    Properties: { CodeUri: ./functions/write-things/, Environment: { Variables: { A: b } } }
"""
PACKAGES = {"read-things": Package("b", "r.zip"), "write-things": Package("b", "w.zip")}


class Adaptation(unittest.TestCase):
    def setUp(self):
        self.parsed = template.parse(TEXT)

    def test_short_forms_are_read_as_long_ones(self):
        self.assertEqual(
            self.parsed["Conditions"]["Big"], {"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "dev"]}]}
        )
        role = self.parsed["Resources"]["Role"]["Properties"]
        self.assertEqual(role["Arn"], {"Fn::GetAtt": ["Table", "Arn"]})
        self.assertEqual(role["Name"], {"Fn::Sub": "${Stage}-x"})
        self.assertEqual(role["Version"], "2012-10-17")

    def test_each_function_gets_the_binary_that_sam_would_build(self):
        self.assertEqual(
            template.functions(self.parsed),
            {"ReadThings": "read-things", "WriteThings": "write-things"},
        )

    def test_code_is_the_uploaded_package_and_the_rest_stays(self):
        adapted = template.adapt(self.parsed, PACKAGES)["Resources"]
        written = adapted["WriteThings"]["Properties"]
        self.assertEqual(written["CodeUri"], {"Bucket": "b", "Key": "w.zip"})
        self.assertEqual(
            written["Environment"]["Variables"], {"A": "b", "AWS_SDK_UA_APP_ID": "write-things"}
        )
        self.assertEqual(adapted["ReadThings"]["Condition"], "Big")
        self.assertEqual(adapted["Role"], self.parsed["Resources"]["Role"])

    def test_what_the_engine_does_not_know_is_left_out(self):
        self.assertNotIn("Budget", template.adapt(self.parsed, PACKAGES)["Resources"])

    def test_the_template_itself_is_not_changed(self):
        before = copy.deepcopy(self.parsed)
        template.adapt(self.parsed, PACKAGES)
        self.assertEqual(self.parsed, before)

    def test_a_function_without_a_package_stops_the_deployment(self):
        with self.assertRaises(KeyError):
            template.adapt(self.parsed, {})

    def test_every_function_of_the_project_is_a_folder(self):
        parsed = template.parse((REPOSITORY / "template.yaml").read_text())
        folders = {path.name for path in (REPOSITORY / "functions").iterdir()}
        self.assertEqual(set(template.functions(parsed).values()), folders)


if __name__ == "__main__":
    unittest.main()
