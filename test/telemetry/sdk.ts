// The real SDK of OpenTelemetry with its in-memory exporters, registered for the process that imports this.
import { context, metrics, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

export const spans = new InMemorySpanExporter();
const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 });

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

/** The sum of a counter over all attributes, or the count of a histogram, by the names of the metrics. */
export async function measured(): Promise<Record<string, number>> {
  await reader.forceFlush();
  const last = metricExporter.getMetrics().at(-1);
  const found: Record<string, number> = {};
  for (const { descriptor, dataPoints } of last?.scopeMetrics.flatMap(({ metrics: all }) => all) ?? []) {
    for (const { value } of dataPoints) {
      const count = typeof value === "number" ? value : (value as Histogram).count;
      found[descriptor.name] = (found[descriptor.name] ?? 0) + count;
    }
  }
  return found;
}
