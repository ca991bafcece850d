// Draws a run over and over while it goes on, and leaves the terminal as it found it.
import { createLogUpdate } from "log-update";
import type { HistoryEvent } from "../history/event.js";
import { LiveState } from "../report/live-state.js";
import { liveView } from "../report/live-view.js";
import { columns } from "../report/text.js";
import type { Scenario } from "../scenario/model.js";
import { color, note, width } from "./output.js";

/** Whoever watches a run: told its events, and whatever else is to be said meanwhile. */
export interface Watcher extends Disposable {
  note(line: string): void;
  onEvent?: (event: HistoryEvent) => void;
  /** The run has its result, which says all that the picture did. */
  finish?(): void;
}

const everyMs = 100;

/**
 * Until it is disposed of. After a run that failed the last picture stays. log-update hides the cursor; it comes back at the end
 * of this and of the process, whichever is first.
 */
export function openLive({ name, question, timeline }: Scenario): Watcher {
  const state = new LiveState({ name, question, steps: timeline.map(({ line }) => line) });
  const log = createLogUpdate(process.stdout);
  let firstAt: number | undefined;
  let shown = "";
  const draw = () => {
    const ms = firstAt === undefined ? 0 : performance.now() - firstAt;
    shown = liveView(state, { columns: width(), color: color(), ms: Math.max(ms, state.ms) });
    log(shown);
  };
  const resized = () => {
    log.clear();
    process.stdout.write(eraseAbove(extraRows(shown, width())));
    draw();
  };
  const timer = setInterval(draw, everyMs);
  process.stdout.on("resize", resized);
  let finished = false;
  return {
    onEvent: (event) => {
      firstAt ??= performance.now();
      state.apply(event);
    },
    note: (line) => {
      log.clear();
      note(line);
      draw();
    },
    finish: () => {
      finished = true;
      log.clear();
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      process.stdout.off("resize", resized);
      if (!finished) draw();
      log.done();
    },
  };
}

/** A terminal that has become narrower has broken the lines of the last picture: how many rows that made. */
function extraRows(text: string, width: number): number {
  return text.split("\n").reduce((sum, line) => sum + Math.max(0, Math.ceil(columns(line) / width) - 1), 0);
}

const eraseAbove = (rows: number) => (rows > 0 ? `\u001b[${rows}A\u001b[0J` : "");
