// `restart`: the server goes and comes back.
import { z } from "zod";
import { defineVerb } from "./verb.js";

export const restart = defineVerb({
  schema: z
    .literal("server", 'the word "server"')
    .describe("Kills the server (SIGKILL) and starts it again on its port and store."),
  walk: () => {},
  build: (what) => ({ kind: "restart", what }),
});
