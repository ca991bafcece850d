// Source "NATS_SERVER_BIN": the user's explicit choice, or several, of which the first is used unless a version is asked for.
// Any version will do; a wrong path is an error that ends the search.
import { delimiter, resolve } from "node:path";
import { atLeast } from "../../protocol/server-version.js";
import { type ServerBinary, ServerUnusableError, type Source, versionOf } from "../source.js";

export const natsServerBin: Source = {
  name: "NATS_SERVER_BIN",
  async find({ env, atLeast: minimum, exactly }) {
    const [first, ...more] = (env.NATS_SERVER_BIN ?? "").split(delimiter).filter(Boolean);
    if (first === undefined) throw new Error("not set");
    let { path, version } = await binaryAt(first);
    for (const other of exactly === undefined ? [] : more)
      if (version !== exactly) ({ path, version } = await binaryAt(other));
    if (minimum !== undefined && !atLeast(version, minimum)) {
      throw new ServerUnusableError(
        `NATS_SERVER_BIN is ${path}, which is nats-server ${version}; ${minimum} or newer is needed. Point it to a newer one, or unset it.`,
      );
    }
    return { path, version, origin: "NATS_SERVER_BIN" };
  },
};

async function binaryAt(named: string): Promise<Pick<ServerBinary, "path" | "version">> {
  const path = resolve(named);
  const version = await versionOf(path).catch((cause: Error) => {
    throw new ServerUnusableError(
      `NATS_SERVER_BIN is ${path}, which ${cause.message}. Point it to a nats-server binary, or unset it.`,
      { cause },
    );
  });
  return { path, version };
}
