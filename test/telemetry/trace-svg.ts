// Trace picture: the spans of one request as bars, one trace after the other, and their links as arrows. Waiting time is cut out.
import type { HrTime, Link, SpanContext } from "@opentelemetry/api";

export interface RecordedSpan {
  name: string;
  kind: number;
  startTime: HrTime;
  endTime: HrTime;
  context: SpanContext;
  parent: SpanContext | undefined;
  links: Pick<Link, "context">[];
}

const width = 860;
const left = 250;
const row = 30;
const kinds = ["internal", "server", "client", "producer", "consumer"];
const colors = ["#8a8f98", "#8a8f98", "#3b6fb6", "#2f8f5b", "#b3622a"];

const ms = ([seconds, nanoseconds]: HrTime) => seconds * 1000 + nanoseconds / 1e6;

export function traceSvg(recorded: readonly RecordedSpan[]): string {
  // The clock of a span has milliseconds: a child may seem to begin before its parent.
  const depth = (span: RecordedSpan): number => {
    const parent = recorded.find(({ context }) => context.spanId === span.parent?.spanId);
    return parent ? 1 + depth(parent) : 0;
  };
  const traceStart = (span: RecordedSpan) =>
    Math.min(...recorded.filter(({ context }) => context.traceId === span.context.traceId).map((s) => ms(s.startTime)));
  const spans = [...recorded].sort(
    (a, b) => traceStart(a) - traceStart(b) || depth(a) - depth(b) || ms(a.startTime) - ms(b.startTime),
  );
  const traces = [...new Set(spans.map(({ context }) => context.traceId))];
  const ordered = traces.flatMap((id) => spans.filter(({ context }) => context.traceId === id));
  const scales = traces.map((id) => scaleOf(ordered.filter(({ context }) => context.traceId === id)));
  const share = (width - left - 40) / traces.length;
  const at = (span: RecordedSpan, time: HrTime) => {
    const n = traces.indexOf(span.context.traceId);
    const { begin, length } = scales[n] as { begin: number; length: number };
    return left + n * (share + 20) + ((ms(time) - begin) / length) * (share - 20);
  };
  const y = (span: RecordedSpan) => 46 + ordered.indexOf(span) * row;
  const bars = ordered.map((span) => {
    const [from, to] = [at(span, span.startTime), at(span, span.endTime)];
    const color = colors[span.kind];
    return [
      `<text x="12" y="${y(span) + 5}">${span.name}</text>`,
      `<rect x="${from.toFixed(1)}" y="${y(span) - 8}" width="${Math.max(4, to - from).toFixed(1)}" height="16" rx="3" fill="${color}"><title>${kinds[span.kind]}</title></rect>`,
    ].join("\n  ");
  });
  const arrows = ordered.flatMap((span) =>
    span.links.flatMap(({ context }) => {
      const target = ordered.find((other) => other.context.spanId === context.spanId);
      if (!target) return [];
      const [x1, y1, x2, y2] = [at(span, span.startTime), y(span), at(target, target.endTime) + 4, y(target)];
      return `<path d="M ${x1.toFixed(1)} ${y1} C ${(x1 - 40).toFixed(1)} ${y1}, ${(x2 + 60).toFixed(1)} ${y2}, ${x2.toFixed(1)} ${y2}" fill="none" stroke="#555" stroke-dasharray="4 3" marker-end="url(#arrow)"/>`;
    }),
  );
  const gaps = traces.slice(1).map((_, n) => {
    const x = left + (n + 1) * (share + 20) - 20;
    return `<text x="${x.toFixed(1)}" y="22" text-anchor="middle" fill="#777">the request waits</text>\n  <line x1="${x.toFixed(1)}" y1="28" x2="${x.toFixed(1)}" y2="${46 + ordered.length * row - 14}" stroke="#bbb" stroke-dasharray="2 4"/>`;
  });
  const height = 46 + ordered.length * row;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#222">
  <title>The trace of a request that waited for an offline responder</title>
  <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="#555"/></marker></defs>
  <rect width="${width}" height="${height}" fill="#fff"/>
  ${[...gaps, ...bars, ...arrows].join("\n  ")}
</svg>
`;
}

function scaleOf(spans: readonly RecordedSpan[]): { begin: number; length: number } {
  const begin = Math.min(...spans.map(({ startTime }) => ms(startTime)));
  return { begin, length: Math.max(...spans.map(({ endTime }) => ms(endTime))) - begin || 1 };
}
