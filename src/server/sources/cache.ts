// What an earlier fetch left in the kit's cache. A damaged binary there is fetched again, over it.
import { atLeast } from "../../protocol/server-version.js";
import { readCache } from "../download.js";
import type { Source } from "../source.js";

export const cache: Source = {
  name: "cache",
  async find({ cacheDir, atLeast: minimum }) {
    const binary = await readCache(cacheDir);
    if (minimum !== undefined && !atLeast(binary.version, minimum)) {
      throw new Error(`${binary.path} is ${binary.version}, ${minimum} or newer is needed`);
    }
    return binary;
  },
};
