// The frame of a chart over the time of a run: axes with round numbers, and bands where something was broken.
import type { Band } from "./bands.js";
import { duration } from "./latency.js";
import { type Markup, markup } from "./markup.js";

export const chartWidth = 460;
export const chartHeight = 220;
const inside = { left: 50, right: chartWidth - 12, top: 14, bottom: chartHeight - 30 };

export interface Frame {
  x(t: number): number;
  y(value: number): number;
  markup: Markup;
}

export interface FrameOptions {
  start: number;
  end: number;
  /** Highest value on the vertical axis. */
  highest: number;
  bands: readonly Band[];
  /** Smallest step of the vertical axis: 1 for what is counted. */
  finest?: number;
  label(value: number): string;
}

export function frameOf({ start, end, highest, bands, finest, label }: FrameOptions): Frame {
  const span = Math.max(1, end - start);
  const steps = ticks(highest, finest);
  const top = steps.at(-1) ?? 1;
  const x = (t: number) =>
    round(inside.left + (Math.min(span, Math.max(0, t - start)) / span) * (inside.right - inside.left));
  const y = (value: number) => round(inside.bottom - (value / top) * (inside.bottom - inside.top));
  const times = ticks(span / 1000).filter((ms) => ms * 1000 <= span);
  return {
    x,
    y,
    markup: markup`${bands.map(
      (band) => markup`
<rect class="band ${band.kind}" x="${x(band.from)}" y="${inside.top}" width="${Math.max(1.5, round(x(band.to) - x(band.from)))}" height="${inside.bottom - inside.top}"><title>${band.label}</title></rect>`,
    )}${steps.map(
      (value) => markup`
<path class="grid" d="M${inside.left} ${y(value)}H${inside.right}"/><text class="value" x="${inside.left - 8}" y="${y(value) + 4}">${label(value)}</text>`,
    )}${times.map(
      (ms) => markup`
<text class="moment" x="${x(start + ms * 1000)}" y="${inside.bottom + 18}">${ms === 0 ? "0" : moment(ms)}</text>`,
    )}`,
  };
}

/** 0 and up to five round numbers, `finest` apart or more; the last of them is at least `highest`. */
export function ticks(highest: number, finest = 0): number[] {
  const rough = Math.max(highest, 1e-6) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(finest, ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power);
  const many = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: Math.max(1, many) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** A time on an axis: `250 ms`, `1.5 s`. */
export function moment(ms: number): string {
  return ms >= 1000
    ? `${Number((ms / 1000).toPrecision(4))} s`
    : ms >= 1
      ? `${Number(ms.toPrecision(4))} ms`
      : duration(ms);
}

export const round = (value: number) => Math.round(value * 10) / 10;
