// OpenTelemetry's npm SDK exports beats in JSON until it is told to end.
//
// Arguments: URL, token. Prints what became of each export: `taken N` or `given-up N`.
'use strict';

const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-http');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');

const SERIES = 10;
const [url, token] = process.argv.slice(2);

class Exporter extends OTLPMetricExporter {
  export(metrics, done) {
    const beat = metrics.scopeMetrics[0].metrics[0].dataPoints[0].value;
    super.export(metrics, (result) => {
      console.log(result.code === 0 ? 'taken' : 'given-up', beat);
      done(result);
    });
  }
}

const exporter = new Exporter({ url, headers: { Authorization: `Bearer ${token}` }, timeoutMillis: 120_000 });
const reader = new PeriodicExportingMetricReader({
  exporter,
  exportIntervalMillis: 1000,
  exportTimeoutMillis: 1000,
});
const resource = resourceFromAttributes({
  'service.name': 'beats',
  'service.instance.id': '2',
  'host.name': 'node-host',
});
const provider = new MeterProvider({ resource, readers: [reader] });
let next = 0;
provider
  .getMeter('beats')
  .createObservableGauge('beat')
  .addCallback((result) => {
    const beat = next++;
    for (let n = 0; n < SERIES; n++) result.observe(beat, { n: String(n) });
  });

// The SDK's timer alone keeps no process alive.
setInterval(() => {}, 60_000);
process.on('SIGTERM', async () => {
  await provider.shutdown().catch(() => {});
  process.exit(0);
});
