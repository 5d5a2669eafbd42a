#!/usr/bin/env python3
"""Records what Alertmanager makes of the templates here: answers.json.

    record.py AMTOOL TEMPLATES

AMTOOL is a program or a script that runs `amtool` of Alertmanager 0.25 where its default templates, those of TEMPLATES, are found;
`tests/tests/message_templates.rs` does so, and holds what is recorded against it.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
KINDS = {"text": "templates.txt", "html": "html.txt"}


def main() -> None:
    amtool, templates = sys.argv[1:]
    answers = []
    for data in ("three.json", "ended.json"):
        for kind, file in KINDS.items():
            for line in (HERE / file).read_text(encoding="utf-8").splitlines():
                template = line.replace("⏎", "\n")
                said = subprocess.run(
                    [amtool, "template", "render", f"--template.glob={templates}/*.tmpl", f"--template.type={kind}",
                     f"--template.data={HERE / data}", f"--template.text={template}"],
                    capture_output=True, encoding="utf-8", check=False,
                )
                answer = said.stdout if said.returncode == 0 else None
                if answer is None:
                    print(f"refused: {template}\n    {said.stderr.strip()}")
                answers.append({"data": data, "kind": kind, "template": template, "said": answer})
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in answers)
    (HERE / "answers.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


main()
