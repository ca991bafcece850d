// Source "cache": the binary of an earlier fetch. A damaged one is an error here, so that a later source replaces it.
import { atLeast } from "../../protocol/server-version.js";
import { readCache } from "../download.js";
import type { Source } from "../source.js";

export const cache: Source = {
  name: "cache",
  async find({ cacheDir, sha256, atLeast: minimum, exactly }) {
    const binary = await readCache(cacheDir, sha256, exactly);
    if (minimum !== undefined && !atLeast(binary.version, minimum)) {
      throw new Error(`${binary.path} is ${binary.version}, ${minimum} or newer is needed`);
    }
    return binary;
  },
};
