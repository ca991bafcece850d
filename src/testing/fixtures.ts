// Fixtures: plain data for `test.extend(fixtures)`, with a server for each worker and a lab for each test.
import { type Lab, startLab } from "./lab.js";
import { type LabServer, startLabServer } from "./server.js";

/** What a test receives. A fixture that no test uses is not started. */
export interface Fixtures {
  /** One per worker, shared by its labs. */
  server: LabServer;
  /** A fresh account with fresh streams. */
  lab: Lab;
  /** Opens a requester in the lab. */
  requester: Lab["requester"];
  /** Starts a responder in the lab. */
  responder: Lab["responder"];
  /** Runs a scenario on a server of its own. */
  runScenario: Lab["runScenario"];
}

type Use<T> = (value: T) => Promise<void>;

// biome-ignore lint/correctness/noEmptyPattern: vitest needs braces here, also for a fixture without dependencies
async function serverOfWorker({}: object, use: Use<LabServer>): Promise<void> {
  await using server = await startLabServer();
  await use(server);
}

/**
 * For `test.extend(fixtures)` of vitest. Vitest reads the dependencies of a fixture from the braces of its first parameter.
 * @example
 * const test = base.extend(fixtures);
 * test("an order is answered", async ({ requester, responder }) => { ... });
 */
export const fixtures = {
  server: [serverOfWorker, { scope: "worker" }] as [typeof serverOfWorker, { scope: "worker" }],
  lab: async ({ server }: { server: LabServer }, use: Use<Lab>): Promise<void> => {
    await using lab = await startLab({ server });
    await use(lab);
  },
  requester: ({ lab }: { lab: Lab }, use: Use<Fixtures["requester"]>): Promise<void> =>
    use((options) => lab.requester(options)),
  responder: ({ lab }: { lab: Lab }, use: Use<Fixtures["responder"]>): Promise<void> =>
    use((handlers, options) => lab.responder(handlers, options)),
  runScenario: ({ lab }: { lab: Lab }, use: Use<Fixtures["runScenario"]>): Promise<void> =>
    use((fileOrText, options) => lab.runScenario(fileOrText, options)),
} satisfies { [Name in keyof Fixtures]: unknown };
