#!/usr/bin/env python3
"""Records which rule files Prometheus takes: files.py <promtool> > files.json"""

import json
import sys

import promtool as oracle

RULE = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n"

FILES = [
    "", "\n", "---\n", "groups: []\n", "groups:\n", "groups: {}\n", "groups: x\n", "- a\n", "x\n", "nogroups: []\n",
    RULE, RULE + "    for: 5m\n    keep_firing_for: 1h30m\n    labels: {severity: page}\n    annotations:\n      summary: '{{ $labels.instance }} down'\n",
    "groups:\n- name: g\n  interval: 30s\n  limit: 10\n  rules:\n  - alert: A\n    expr: up == 0\n",
    "groups:\n- name: g\n  interval: 30\n  rules: []\n", "groups:\n- name: g\n  limit: x\n  rules: []\n", "groups:\n- name: g\n  limit: -1\n  rules: []\n",
    "groups:\n- name: g\n  rules: []\n- name: g\n  rules: []\n", "groups:\n- name: ''\n  rules: []\n", "groups:\n- rules: []\n", "groups:\n- name: g\n",
    "groups:\n- name: g\n  typo: 1\n", RULE + "    foor: 5m\n", "groups: []\nother: 1\n",
    RULE + "    for: 5\n", RULE + "    for: 5x\n", RULE + "    for: -5m\n", RULE + "    for: 1.5h\n", RULE + "    for: 0\n", RULE + "    for: ''\n", RULE + "    for: 1m1h\n", RULE + "    for:\n", RULE + "    for: ~\n",
    RULE + "    for: 1d12h\n", RULE + "    for: 1y2w3d\n", RULE + "    for: 100ms\n", RULE + "    for: 300y\n", RULE + "    for: 292y\n", RULE + "    for: [1m]\n",
    RULE + "    labels: {1a: x}\n", RULE + "    labels: {a-b: x}\n", RULE + "    labels: {__name__: x}\n", RULE + "    labels: {alertname: x}\n", RULE + "    labels: {__x: x}\n", RULE + "    labels: {a: }\n", RULE + "    labels: {a: 1}\n",
    RULE + "    labels: {a: true}\n", RULE + "    labels: {a: 1.50}\n", RULE + "    labels: {a: [1]}\n", RULE + "    labels: {a: {b: c}}\n", RULE + "    labels: [a]\n", RULE + "    labels: x\n", RULE + "    labels:\n", RULE + "    labels: {a: 2020-01-01}\n",
    RULE + "    annotations: {1a: x}\n", RULE + "    annotations: {__name__: x}\n", RULE + "    annotations: {a: '{{ $labels.x }'}\n", RULE + "    annotations: {a: '{{ nofunc }}'}\n", RULE + "    labels: {a: '{{ end }}'}\n",
    RULE + "    labels: {a: x, a: y}\n", RULE + "    expr: up\n", "groups:\n- name: g\n  rules:\n  - expr: up\n", "groups:\n- name: g\n  rules:\n  - alert: A\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: ''\n",
    "groups:\n- name: g\n  rules:\n  - alert: ''\n    expr: up\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    record: b\n    expr: up\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up ==\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: 'sum('\n",
    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      up\n        == 0\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: >-\n      up\n      == 0\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: 1\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: nofunc(up)\n",
    "groups:\n- name: g\n  rules:\n  - alert: A B ü\n    expr: up\n", "groups:\n- name: g\n  rules:\n  - &a\n    alert: A\n    expr: up\n  - <<: *a\n    alert: B\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: &e up == 0\n  - alert: B\n    expr: *e\n",
    "groups:\n- name: g\n  rules:\n  - x\n", "groups:\n- x\n", "groups:\n- name: [g]\n", "groups:\n\t- name: g\n", "groups: [\n", "groups:\n- name: g\n  rules:\n  - alert: A\n   expr: up\n", '{"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "up == 0"}]}]}',
    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: *nope\n", "# only a comment\n", "groups:\n- name: 5\n  rules: []\n", "groups:\n- name: g\n  rules: x\n", "groups:\n- name: g\n  rules:\n  -\n",
    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - alert: A\n    expr: up\n", "%YAML 1.1\n---\ngroups: []\n", "groups: !!seq []\n", "groups:\n- name: g\n  rules:\n  - alert: !!str A\n    expr: up\n", "groups:\n- name: \"g\\n\"\n  rules: []\n",
    "groups:\n-\n", "groups:\n- ~\n", "groups:\n- name: ~\n", "groups:\n- name: g\n  interval:\n", "groups:\n- name: g\n  limit:\n", "groups:\n- name: g\n  limit: 1.5\n", "groups:\n- name: g\n  limit: '5'\n", "groups:\n- name: g\n  limit: 0x10\n", RULE + "    annotations: {a: ~, b: ''}\n",
    RULE.replace("\n", "\r\n"), "\ufeff" + RULE, RULE.replace("up == 0", "up == 0 # dead"), RULE.replace("alert:", "'alert':"), "groups:\n- name: g\n  rules:\n  - alert: A\n    expr:\n      up\n      == 0\n",
    "groups:\n- name: g\n  rules:\n  - {alert: A, expr: 'up == 0', labels: {a: b,\n      c: d}}\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |-\n\n      up == 0\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"up ==\\\n      0\"\n",
    "groups:\n  - name: g\n    rules:\n    - alert: A\n      expr: up == 0\n      annotations:\n        d: |\n          {{ if $labels.x }}\n          a: b # no comment\n          {{ end }}\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up{a=\"b: c\"} == 0\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: {a=\"b\"} == 0\n",
    "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    annotations:\n      s: {{ $value }}\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    annotations:\n      s: a {{ $value }}: b\n", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    annotations:\n      s: '{{ $value }}: it''s b'\n",
]


def main() -> None:
    tool = sys.argv[1]
    recorded = [[text, oracle.accepts(tool, text)] for text in FILES]
    rows = ",\n".join(json.dumps(row) for row in recorded)
    head = json.dumps({"command": "files.py promtool > files.json", "oracle": oracle.version(tool)}, indent=1)[:-2]
    print(f'{head},\n "files": [\n{rows}\n]}}')


main()
