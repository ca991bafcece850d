// What every place a nats-server may come from has in common. One source, one file, under sources/.
import type { ServerBinary } from "./binary.js";

export interface Wanted {
  env: NodeJS.ProcessEnv;
  /** The kit's own cache folder; see cache.ts. */
  cacheDir: string;
  /** The oldest version that will do. */
  atLeast?: string;
  /** The user named this source: what would not be used without asking is. */
  named?: true;
  /** This version and no other, where the source has several. */
  exactly?: string;
  onProgress: (line: string) => void;
}

export interface Source {
  /** Heads the source's line in the error when nothing was found. */
  name: string;
  /** Throws an error that says why this source has none; the next source is tried. */
  find(wanted: Wanted): Promise<ServerBinary>;
}

/** The user named a server and it will not do: say so, never use another one instead. */
export class ServerUnusable extends Error {
  override name = "ServerUnusable";
}
