"""OpenTelemetry's Python SDK exports beats in protobuf until it is told to end.

Arguments: URL, token. Prints what became of each export: `taken N` or `given-up N`.
"""

import itertools
import signal
import sys
import threading

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

SERIES = 10
# The SDK gives an export up after this; the default of 10 s is shorter than an outage.
TIMEOUT_SECS = 120


class Exporter(OTLPMetricExporter):
    """Says what became of each export."""

    def export(self, metrics_data, *arguments, **options):
        result = super().export(metrics_data, *arguments, **options)
        metric = metrics_data.resource_metrics[0].scope_metrics[0].metrics[0]
        word = "taken" if result is MetricExportResult.SUCCESS else "given-up"
        print(word, int(next(iter(metric.data.data_points)).value), flush=True)
        return result


def main(url: str, token: str) -> None:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    exporter = Exporter(
        endpoint=url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=TIMEOUT_SECS,
        compression=Compression.Gzip,
    )
    reader = PeriodicExportingMetricReader(
        exporter, export_interval_millis=1000, export_timeout_millis=TIMEOUT_SECS * 1000
    )
    resource = Resource({"service.name": "beats", "service.instance.id": "1", "host.name": "python-host"})
    provider = MeterProvider([reader], resource)
    beats = itertools.count()

    def look(_options):
        beat = next(beats)
        return [Observation(beat, {"n": str(n)}) for n in range(SERIES)]

    provider.get_meter("beats").create_observable_gauge("beat", [look])
    ended.wait()
    provider.shutdown(timeout_millis=TIMEOUT_SECS * 1000)


main(*sys.argv[1:])
