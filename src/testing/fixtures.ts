// The fixtures as plain data, for `test.extend(fixtures)`: the server of the worker, and a lab of its own for each test.
import { type Lab, startLab } from "./lab.js";
import { type LabServer, startLabServer } from "./server.js";

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

// biome-ignore lint/correctness/noEmptyPattern: vitest wants braces here, also where nothing is needed
async function serverOfWorker({}: object, use: Use<LabServer>): Promise<void> {
  await using server = await startLabServer();
  await use(server);
}

// Vitest reads from the braces of the first parameter what a fixture needs, so nothing that is not used is started.
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
