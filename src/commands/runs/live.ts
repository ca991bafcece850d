// The live view of a run: a picture in the terminal, drawn again and again until the run ends.
import { createLogUpdate } from "log-update";
import type { HistoryEvent } from "../../history/event.js";
import { LiveState, liveView } from "../../report/live-view.js";
import type { Scenario } from "../../scenario/model.js";
import { color, note, width } from "../terminal.js";

export interface LiveView extends Disposable {
  /** A line of progress. */
  note(line: string): void;
  onEvent?: (event: HistoryEvent) => void;
  /** The run has a result: its report takes the place of the picture. */
  finish?(): void;
}

const everyMs = 100;

/**
 * Draws until it is disposed of. After a run that failed the last picture stays. log-update hides the cursor, and shows it
 * again when this is disposed of or the process ends.
 */
export function openLive({ name, question, timeline, server }: Scenario, ownServer: boolean): LiveView {
  const state = new LiveState({
    name,
    question,
    steps: timeline.map(({ line }) => line),
    servers: ownServer ? (server?.nodes ?? 1) : 0,
  });
  const log = createLogUpdate(process.stdout);
  const openedAt = performance.now();
  let firstAt: number | undefined;
  const draw = () => {
    const ms = performance.now() - (firstAt ?? openedAt);
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

/** A terminal that became narrower has broken the lines of the picture at unknown places: draw it at the top again. */
const clearScreen = "\u001b[2J\u001b[H";
