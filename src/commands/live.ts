// Draws a run over and over while it goes on, and leaves the terminal as it found it.

import { createLogUpdate } from "log-update";
import type { HistoryEvent } from "../history/event.js";
import { LiveState, liveView } from "../report/live-view.js";
import type { Scenario } from "../scenario/model.js";
import { color, note, width } from "./terminal.js";

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
  const draw = () => {
    const ms = firstAt === undefined ? 0 : performance.now() - firstAt;
    log(liveView(state, { columns: width(), color: color(), ms: Math.max(ms, state.ms) }));
  };
  let drawnFor = width();
  const resized = () => {
    log.clear();
    if (width() < drawnFor) process.stdout.write(clearScreen);
    drawnFor = width();
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

/** A terminal that became narrower has broken the lines of the picture, nobody can tell where: it begins anew, at the top. */
const clearScreen = "\u001b[2J\u001b[H";
