// Source "NATS_SERVER_BIN": the user's explicit choice. Any version will do; a wrong path is an error that ends the search.
import { resolve } from "node:path";
import { atLeast } from "../../protocol/server-version.js";
import { ServerUnusableError, type Source, versionOf } from "../source.js";

export const natsServerBin: Source = {
  name: "NATS_SERVER_BIN",
  async find({ env, atLeast: minimum }) {
    if (!env.NATS_SERVER_BIN) throw new Error("not set");
    const path = resolve(env.NATS_SERVER_BIN);
    const version = await versionOf(path).catch((cause: Error) => {
      throw new ServerUnusableError(
        `NATS_SERVER_BIN is ${path}, which ${cause.message}. Point it to a nats-server binary, or unset it.`,
        { cause },
      );
    });
    if (minimum !== undefined && !atLeast(version, minimum)) {
      throw new ServerUnusableError(
        `NATS_SERVER_BIN is ${path}, which is nats-server ${version}; ${minimum} or newer is needed. Point it to a newer one, or unset it.`,
      );
    }
    return { path, version, origin: "NATS_SERVER_BIN" };
  },
};
