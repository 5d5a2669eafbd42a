#!/usr/bin/env python3
"""Records how Prometheus expands templates: templates.py <promtool> > templates.json"""

import json
import re
import sys

import promtool as oracle

VALUES = """0 -0 1 -1 0.5 -0.5 2 3.14159265 5 9.9995 9.99949 10 42 59.9 59.99999 60 61 99.995 100 123.456 -123.456
999 999.94 999.95 999.99 1000 1023 1024 1025 1234.5678 3599 3600 3661 9999.5 12345 86399 86400 90061 99999.5 123456
999999 1000000 1048576 1234567 1500000000 1600000000.123 1600000000.9999 1073741824 1e9 123456789.5 1e12 1.5e15 1e18
1e20 1e21 1e22 1e24 1e25 1.7976931348623157e308 5e-324 0.1 0.01 0.001 0.00123 0.000123 0.0001 0.00001 1e-6 1e-9 1.5e-10
1e-15 1e-24 1e-27 0.9999 0.99999 0.999949 0.1234567 -0.001 -3661 -90061 -1e6 -1e-7 12.5 0.125 2.5 3.5 1e100 -1e25
253402300799 9223372036.854775 9223372036.9 -62135596800 NaN Inf -Inf""".split()

OF_VALUE = [
    "{{ $value }}",
    "{{ .Value | humanize }}",
    "{{ humanize1024 $value }}",
    "{{ $value | humanizeDuration }}",
    "{{ $value | humanizePercentage }}",
    "{{ $value | humanizeTimestamp }}",
    "{{ printf \"%.2f\" $value }}|{{ printf \"%e\" $value }}|{{ printf \"%g\" $value }}|{{ printf \"%.3g\" $value }}",
    "{{ $value | printf \"%8.1f%%\" }}|{{ printf \"%-10.2e\" $value }}|{{ printf \"%+.1f\" $value }}|{{ printf \"%010.2f\" $value }}",
    "{{ printf \"%v %s %d %t\" $value $value $value $value }}|{{ printf \"% .2f\" $value }}|{{ printf \"%G %E\" $value $value }}",
    "{{ if gt $value 5.0 }}above{{ else if eq $value 5.0 }}equal{{ else }}not above{{ end }}",
    "{{ if $value }}yes{{ else }}no{{ end }} {{ not $value }} {{ ne $value 1.0 }} {{ le $value 1.0 }}{{ ge $value 1.0 }}{{ lt $value 1.0 }}",
]

LABELS = {
    "instance": "web-1.example.org:9100",
    "job": "node",
    "path": "/var/lib/data",
    "quoted": "say \"hi\" & <b>",
    "japanese": "日本語 データ",
    "mixed": "hello wORLD foo_bar foo-bar 1st ß éa",
    "number": "12.5",
    "v6": "[::1]:9090",
    "address": "10.1.2.3:80",
    "empty_like": " ",
}

OF_LABELS = [
    "plain text", "", "100% {braces} }} alone", "{{ $labels }}", "{{ .Labels }}", "{{$labels.instance}}",
    "{{ $labels.missing }}|", "{{ .Labels.job }}", "{{ $labels.instance | toUpper }}", "{{ toLower $labels.mixed }}",
    "{{ title $labels.mixed }}", "{{ $labels.japanese | title | toUpper }}", "{{ $labels.quoted | html }}",
    "{{ $labels.quoted | urlquery }}", "{{ $labels.japanese | urlquery }}", "{{ $labels.quoted | safeHtml }}",
    "{{ stripPort $labels.instance }} {{ stripPort $labels.v6 }} {{ stripPort $labels.job }} {{ stripPort $labels.address }}",
    "{{ stripDomain $labels.instance }} {{ stripDomain $labels.v6 }} {{ stripDomain $labels.job }} {{ stripDomain $labels.address }}",
    "{{ reReplaceAll \"(.*):(.*)\" \"$2 of ${1}x\" $labels.instance }}", "{{ $labels.path | reReplaceAll \"/\" \"-\" }}",
    "{{ reReplaceAll \"a*\" \"<$0>\" \"baaac\" }}", "{{ reReplaceAll \"x\" \"$$\" \"axb\" }}", "{{ reReplaceAll \"(?P<n>o)\" \"[$n]\" $labels.mixed }}",
    "{{ match \"^web-[0-9]+\" $labels.instance }} {{ match \"^b\" $labels.instance }}", "{{ if match \"node|db\" $labels.job }}known{{ end }}",
    "{{ index $labels \"job\" }} {{ index .Labels \"missing\" }}|", "{{ len $labels.job }} {{ len $labels }} {{ len $labels.japanese }}",
    "{{ $labels.number | humanize }} {{ humanizeDuration $labels.number }} {{ humanizePercentage \"0.256\" }}",
    "{{ $labels.job | humanize }}", "{{ humanize 1234567 }} {{ humanize 1234567.0 }}", "{{ 5 }} {{ 5.0 }} {{ -3 }} {{ +2 }} {{ 0x1f }} {{ 1e3 }} {{ 'a' }} {{ .5 }}",
    "{{ \"a\\tb\\\"c\\u00e9\" }}{{ `raw\\n` }}", "{{ true }} {{ false }}", "{{ print 1 2 \"a\" 3 4 true }} {{ println \"x\" 1 }}",
    "{{ printf \"%s %q %v %d %x\" $labels.job $labels.quoted $labels.job $labels.job $labels.job }}",
    "{{ printf \"%5s|%-8s|%.2s|%05d|%+d|%x|%X|%c|%q\" $labels.job $labels.job $labels.job 42 42 255 255 65 65 }}",
    "{{ printf \"%t %v %d\" true false true }} {{ printf \"%d %s\" 1 }} {{ printf \"%d\" 1 2 \"x\" }} {{ printf \"100%%\" }}",
    "{{ printf \"%s|%q|%v\" $labels $labels $labels }}", "{{ printf \"%6.2f|% d|%08.3f|%-8d|\" -3.14159 5 -3.14159 7 }}", "{{ printf \"%q\" $labels.japanese }}",
    "{{ printf \"%3c|%-5t|%5q\" 65 true \"a\" }} {{ printf \"%f %e %g\" 5 5 5 }} {{ printf \"%s\" 5 }}",
    "a {{- \" b \" -}} c", "a  {{- /* gone */ -}}  b", "{{/* a comment */}}x", "line\n  {{- if true }}\n  yes\n  {{- end }}\nend",
    "{{ if and $labels.job $labels.missing }}both{{ else }}not both{{ end }}", "{{ or $labels.missing \"default\" }} {{ and $labels.job 7 }} {{ or 0 \"\" false }} {{ and 1 2 3 }}",
    "{{ if or (eq $labels.job \"db\") (eq $labels.job \"node\") }}yes{{ end }}", "{{ if not (eq $labels.job \"db\") }}no db{{ end }}", "{{ eq $labels.job \"a\" \"b\" \"node\" }}",
    "{{ if eq $labels.job \"a\" }}1{{ else if eq $labels.job \"node\" }}2{{ else }}3{{ end }}", "{{ with $labels.job }}[{{ . }}]{{ else }}none{{ end }}", "{{ with $labels.missing }}x{{ else }}none{{ end }}",
    "{{ with $x := $labels.job }}{{ $x }}{{ . }}{{ end }}", "{{ $x := 5 }}{{ $x }}{{ $x = 6 }}{{ $x }}", "{{ $x := \"a\" }}{{ if true }}{{ $x = \"b\" }}{{ $x := \"c\" }}{{ $x }}{{ end }}{{ $x }}",
    "{{ if $x := $labels.job }}{{ $x }}{{ end }}", "{{ with .Labels }}{{ .job }} {{ $.Value }}{{ end }}", "{{ ($labels).job }} {{ (printf \"%s\" $labels.job) | toUpper }}",
    "{{ lt \"a\" \"b\" }} {{ gt 2 1 }} {{ ge 1.5 1.5 }} {{ eq true true }} {{ ne \"a\" \"b\" }}", "{{ eq \"a\" 1 }}", "{{ toUpper 5 }}", "{{ lt true false }}",
    "{{ parseDuration \"1h30m\" }} {{ parseDuration \"5m\" | humanizeDuration }}", "{{ parseDuration \"x\" }}", "{{ $externalLabels.region }} {{ .ExternalLabels.zone }} {{ $externalURL }} {{ .ExternalURL }}",
    "{{ $externalLabels }}", "{{ $labels.instance }} of {{ $labels.job }} is at {{ $value | humanize }} ({{ $value }})",
    "{{ \"a\" | printf \"%s-%s\" \"b\" }}", "{{ 3 | eq 3 }}", "{{ index $labels \"instance\" | stripPort | toUpper | printf \"%q\" }}", "{{ len \"é\" }}",
    "{{ if true }}{{ if false }}a{{ else }}b{{ end }}{{ end }}", "{{if 0}}a{{else}}b{{end}}{{if 0.0}}a{{else}}b{{end}}{{if \"\"}}a{{else}}b{{end}}", "{{ humanizeTimestamp 1600000000 }} {{ humanize1024 \"1048576\" }}",
]

REFUSED = [
    "{{ $labels.x ", "{{ end }}", "{{ if true }}", "{{ $undefined }}", "{{ nofunction 1 }}", "{{ }}", "{{ if }}{{ end }}", "{{ \"unclosed }}",
    "{{ 1 2 | }}", "{{ | toUpper }}", "{{ ( 1 }}", "{{ 1 ) }}", "{{ else }}", "{{ if true }}{{ else }}{{ else }}{{ end }}", "{{ /* x */ }}", "{{/* x }}",
    "{{ $x = 1 }}", "{{ \"a\"\"b\" }}", "{{ 1x }}", "{{ 'ab' }}", "{{ \"\\q\" }}", "{{ {{ 1 }} }}", "{{ $labels.a$value }}", "{{ end x }}", "{{ @ }}",
]


def cases():
    for template in OF_VALUE:
        for value in VALUES:
            yield template, value
    for template in OF_LABELS:
        yield template, "5"


def series_of(number: int) -> str:
    pairs = {**LABELS, "case": str(number)}
    return "m{" + ", ".join(f"{n}={json.dumps(v, ensure_ascii=False)}" for n, v in pairs.items()) + "}"


def refused(tool: str) -> list:
    found = []
    for template in REFUSED:
        rule = {"alert": "C", "expr": "m", "annotations": {"a": template}}
        rules = json.dumps({"groups": [{"name": "g", "rules": [rule]}]})
        if oracle.accepts(tool, rules):
            print("taken, not refused:", template, file=sys.stderr)
            continue
        found.append(template)
    return found


def main() -> None:
    tool = sys.argv[1]
    asked = list(cases())
    rules = [
        {"alert": f"C{n}", "expr": f'm{{case="{n}"}}', "annotations": {"a": template}}
        for n, (template, _) in enumerate(asked)
    ]
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "external_labels": {"region": "tokyo"},
            "external_url": "https://toban.example/x",
            "input_series": [{"series": series_of(n), "values": value} for n, (_, value) in enumerate(asked)],
            "alert_rule_test": [{"eval_time": "0m", "alertname": f"C{n}", "exp_alerts": []} for n in range(len(asked))],
        }],
    }
    report = oracle.run(tool, {"groups": [{"name": "g", "rules": rules}]}, test)
    got = {}
    for block in report.split("alertname: C")[1:]:
        text = re.search(r'Annotations:\{(?:a=("(?:\\.|[^"\\])*"))?\}', block, re.S)
        got[int(block.split(",")[0])] = oracle.unquote(text.group(1)) if text.group(1) else ""
    assert len(got) == len(asked), (len(got), len(asked), report[:2000])
    recorded = {
        "command": "templates.py promtool > templates.json",
        "oracle": oracle.version(tool),
        "labels": LABELS,
        "external_labels": {"region": "tokyo"},
        "external_url": "https://toban.example/x",
        "cases": [[template, value, got[n], n] for n, (template, value) in enumerate(asked)],
        "refused": refused(tool),
    }
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in recorded.pop("cases"))
    head = json.dumps(recorded, ensure_ascii=False, indent=1)[:-2]
    print(f'{head},\n "cases": [\n{rows}\n]}}')


main()
