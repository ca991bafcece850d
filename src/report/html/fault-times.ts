// When faults begin. The laboratory notes a fault when it is in place, which takes the death of a server or an election; what
// it does to the others comes before that note. In the picture a fault begins with the step that injects it.
import type { HistoryEvent } from "../../history/event.js";

/** The same events, each injected fault moved up behind its step: steps and notes are paired in their order. */
export function faultsFromTheirSteps(events: readonly HistoryEvent[]): HistoryEvent[] {
  const steps = events.filter((event) => event.type === "step" && event.step === "inject");
  const notes = events.filter((event) => event.type === "fault-injected");
  const moved = new Map<HistoryEvent, HistoryEvent>();
  const left = new Set<HistoryEvent>();
  notes.forEach((note, i) => {
    const step = steps[i];
    if (!step || step.t > note.t) return;
    moved.set(step, { ...note, t: step.t });
    left.add(note);
  });
  return events.flatMap((event) => {
    const fault = moved.get(event);
    return fault ? [event, fault] : left.has(event) ? [] : [event];
  });
}
