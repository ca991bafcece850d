// Where a measurement takes place: a nats-server of the kit's own with file storage, with an account for each row, so
// that every row has a REQUESTS stream to itself while all of them share one server.
import type { NatsConnection } from "@nats-io/nats-core";
import { type ConnectionSettings, openConnection } from "jetstream-request-reply-kit";
import { createRunFolder, findServer, NatsServer, type RunFolder, sweepRunFolders } from "./kit-server.js";

export interface Place extends AsyncDisposable {
  server: { version: string; origin: string; pid: number };
  folder: RunFolder;
  settings(account: string): ConnectionSettings;
  /** What `work` does, unless the server ends first: a client would wait for it to come back. */
  whileUp<T>(work: Promise<T>): Promise<T>;
  /** A connection of this process, for setting up and cleaning; closed with the place. */
  connect(account: string): Promise<NatsConnection>;
}

export async function openPlace(accounts: readonly string[], onProgress: (line: string) => void): Promise<Place> {
  await sweepRunFolders();
  const binary = await findServer({ onProgress });
  const folder = await createRunFolder();
  try {
    const onSpawn = (pid: number) => folder.adopt(pid);
    const server = await NatsServer.start({ binary, folder: folder.path, config: configuration(accounts), onSpawn });
    const settings = (account: string) => ({ servers: server.url, user: account, password: account });
    const opened: NatsConnection[] = [];
    const died = server.exited.then(({ code, signal }): never => {
      throw new Error(`nats-server ended by itself (${signal ?? `exit code ${code}`}).`);
    });
    died.catch(() => {}); // at the end it ends because we say so
    return {
      server: { version: server.version, origin: server.origin, pid: server.pid },
      folder,
      settings,
      whileUp: (work) => Promise.race([work, died]),
      connect: async (account) => {
        const nc = await openConnection(settings(account));
        opened.push(nc);
        return nc;
      },
      [Symbol.asyncDispose]: async () => {
        await Promise.all(opened.map((nc) => nc.close()));
        await server.kill(); // its store goes with it: nothing to save
        await folder.release();
      },
    };
  } catch (error) {
    await folder.release();
    throw error;
  }
}

/** 1,000,000 stored requests and as many replies must fit. */
const store = "max_memory_store: 1GB, max_file_store: 20GB";

function configuration(accounts: readonly string[]): string {
  const account = (name: string) => `  ${name} { jetstream: enabled, users: [{ user: ${name}, password: ${name} }] }`;
  return `jetstream { ${store} }\naccounts {\n${accounts.map(account).join("\n")}\n}`;
}
