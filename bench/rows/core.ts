// The baseline: the client's own `request()` against a plain subscriber. Nothing is stored.
import { order, plainConnection, type Row, timeoutMs } from "./row.js";

const subject = `bench.${order}`;

export const core: Row = {
  about: "nc.request() and a plain subscriber; nothing is stored",
  connect: plainConnection,
  setup: async () => {},
  clean: async () => {},
  respond: async (nc, answer) => {
    const subscription = nc.subscribe(subject, { callback: (_, msg) => void msg.respond(answer) });
    await nc.flush();
    return { [Symbol.asyncDispose]: async () => subscription.unsubscribe() };
  },
  open: async (nc) => ({
    request: (payload) => nc.request(subject, payload, { timeout: timeoutMs }),
    [Symbol.asyncDispose]: async () => {},
  }),
};
