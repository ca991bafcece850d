// The guided tour of the first visit: five steps, each done when the events show it.
import { isLost, type State } from "./state.js";

interface TourStep {
  text: string;
  why: string;
  /** Whether the events since the step began show that it is done. */
  done(state: State): boolean;
}

const orders = (state: State) => [...state.orders.values()];

export const tourSteps: readonly TourStep[] = [
  {
    text: "Order a sandwich. No responder is running.",
    why: "The order waits in REQUESTS. Your call times out after 3 seconds, and the order stays.",
    done: (state) => orders(state).some(({ timedOut }) => timedOut),
  },
  {
    text: "Start bob.",
    why: "bob finds the order, and stores the reply in the mailbox. It reaches you although your call has ended.",
    done: (state) => orders(state).some(({ place, timedOut }) => place === "received" && timedOut),
  },
  {
    text: "Stop bob, order a bagel, and kill this tab. Come back, and start bob.",
    why: "The reopened tab collects the reply with its handle.",
    done: (state) => orders(state).some(({ collected }) => collected),
  },
  {
    text: "Add a slow responder, stop bob, order a flatbread, and kill the slow one while it works. Then start bob.",
    why: "The server delivers the order again, to bob.",
    done: (state) => orders(state).some(({ deliveries, place }) => deliveries > 1 && place === "received"),
  },
  {
    text: "Stop all responders, choose “both”, order once, kill this tab, come back, and start bob.",
    why: "The mailbox has its reply. The inbox belonged to the killed tab, so its reply is lost.",
    done: (state) => orders(state).some(isLost) && orders(state).filter(({ collected }) => collected).length > 1,
  },
];

export function Tour({ state, onEnd }: { state: State; onEnd(): void }) {
  const at = tourSteps.findIndex(({ done }) => !done(state));
  const step = tourSteps[at];
  const before = tourSteps[(at < 0 ? tourSteps.length : at) - 1];
  return (
    <section class="tour" aria-labelledby="tour-title">
      <h2 id="tour-title">{step ? `Tour, step ${at + 1} of ${tourSteps.length}` : "The tour is done"}</h2>
      <div aria-live="polite">
        {before && <p class="why">✔ {before.why}</p>}
        {step ? (
          <p>
            <b>{step.text}</b>
          </p>
        ) : (
          <p>
            Copy this session as a scenario and run it: <code>npx jsrr scenario demo.yaml</code>
          </p>
        )}
      </div>
      <button type="button" class="plain" onClick={onEnd}>
        {step ? "Skip the tour" : "Close"}
      </button>
    </section>
  );
}
