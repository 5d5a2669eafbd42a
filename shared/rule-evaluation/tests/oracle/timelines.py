#!/usr/bin/env python3
"""Records which alerts Prometheus holds over random series: timelines.py <promtool> > timelines.json"""

import json
import random
import re
import sys

import promtool as oracle

STEPS = 20
BY_VALUE = '{{ if gt $value 1.5 }}critical{{ else }}warning{{ end }}'


def values(chance: random.Random, gaps: bool) -> list:
    """Runs of one value, so that `for` and `keep_firing_for` are passed as well as missed."""
    found = []
    while len(found) < STEPS:
        value = chance.choice(["0", "1", "2"] + (["_", "stale"] if gaps else []))
        found += [value] * chance.choice([1, 1, 2, 3, 5])
    return found[:STEPS]


def case(chance: random.Random, number: int, eval_secs: int, interval_secs: int) -> dict:
    gaps = chance.random() < 0.4
    labels = {"team": "a"}
    if chance.random() < 0.3:
        labels["severity"] = BY_VALUE
    if chance.random() < 0.2:
        labels["host"] = "{{ $labels.host }}.example"
    hosts = range(chance.choice([1, 1, 2, 3]))
    return {
        "number": number,
        "eval_secs": eval_secs,
        "interval_secs": interval_secs,
        "for": chance.choice(["0s", "0s", "30s", "1m", "90s", "2m", "3m", "5m"]),
        "keep_firing_for": chance.choice(["0s", "0s", "1m", "90s", "2m", "4m"]),
        "labels": labels,
        "series": [[f"h{host}", values(chance, gaps)] for host in hosts],
    }


def ask(tool: str, cases: list, eval_secs: int, interval_secs: int) -> None:
    rules, series = [], []
    for one in cases:
        rule = {"alert": f"T{one['number']}", "expr": f'm{{case="{one["number"]}"}} > 0', "labels": one["labels"]}
        rule |= {key: one[key] for key in ("for", "keep_firing_for") if one[key] != "0s"}
        rules.append(rule)
        for host, sent in one["series"]:
            series.append({"series": f'm{{case="{one["number"]}", host="{host}"}}', "values": " ".join(sent)})
    times = range(0, STEPS * interval_secs, eval_secs)
    asked = [{"expr": expr, "eval_time": f"{t}s", "exp_samples": []} for t in times for expr in ("ALERTS", "ALERTS_FOR_STATE")]
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{eval_secs}s",
        "tests": [{"interval": f"{interval_secs}s", "input_series": series, "promql_expr_test": asked}],
    }
    report = oracle.run(tool, {"groups": [{"name": "g", "rules": rules}]}, test)
    steps = {one["number"]: [[] for _ in times] for one in cases}
    since = {}
    for expr, time, got in re.findall(r'expr: "(ALERTS|ALERTS_FOR_STATE)", time: (\S+),\n\s+exp: nil\n\s+got: (.*)', report):
        step = seconds(time) // eval_secs
        for text, value in re.findall(r"(\{.*?\}) ([-+0-9.E]+)(?:, |$)", got):
            labels = oracle.labels(text)
            labels.pop("__name__")
            state = labels.pop("alertstate", None)
            key = (step, json.dumps(labels, sort_keys=True))
            if expr == "ALERTS":
                assert key not in since, key
                since[key] = [labels, state]
            else:
                since[key].append(int(float(value)))
    for (step, _), (labels, state, active_at) in since.items():
        number = int(labels["alertname"][1:])
        steps[number][step].append([labels, state, active_at])
    for one in cases:
        one["alerts"] = spans(steps[one["number"]])


def spans(steps: list) -> list:
    """Host, severity, state, active since, first and last step of each alert that stays as it is."""
    found, running = [], {}
    for step, alerts in enumerate(steps):
        now = {(a[0]["host"], a[0].get("severity", ""), a[1], a[2]) for a in alerts}
        running = {key: span for key, span in running.items() if key in now}
        for key in sorted(now):
            if key not in running:
                running[key] = [*key, step, step]
                found.append(running[key])
            running[key][5] = step
    return found


def seconds(duration: str) -> int:
    parts = re.findall(r"(\d+)([hms])", duration)
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in parts)


def main() -> None:
    tool = sys.argv[1]
    chance = random.Random(20261120)
    recorded = []
    for eval_secs, interval_secs, count in [(60, 60, 400), (30, 15, 150), (60, 120, 100)]:
        cases = [case(chance, len(recorded) + n, eval_secs, interval_secs) for n in range(count)]
        ask(tool, cases, eval_secs, interval_secs)
        recorded += cases
    head = {"command": "timelines.py promtool > timelines.json", "oracle": oracle.version(tool)}
    rows = ",\n".join(json.dumps(one, separators=(",", ":")) for one in recorded)
    print(json.dumps(head, indent=1)[:-2] + f',\n "cases": [\n{rows}\n]}}')


main()
