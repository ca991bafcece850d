// Step `upgrade`: starts servers with another version of nats-server, one after another.
import { z } from "zod";
import { didYouMean } from "../../common/did-you-mean.js";
import { namesOfNodes } from "../../common/node-names.js";
import { quoted } from "../diagnostic.js";
import { name, serverVersion } from "../fields.js";
import { defineStep } from "./step.js";

export const upgrade = defineStep({
  schema: z
    .strictObject(
      {
        to: serverVersion.describe("The version that runs afterwards. It is found or built before the run begins."),
        node: name.optional().describe("The server. Default: each one, one after another (a rolling upgrade)."),
      },
      "a mapping like { to: 2.14.0 }",
    )
    .describe(
      "Upgrades the servers: each ends in lame duck mode and starts with the other version, on its port and store. Before " +
        "the next one, every stream and consumer has a leader, and each replica is current.",
    ),
  validate({ node }, path, state) {
    if (node === undefined || state.parts.server === undefined) return;
    const names = namesOfNodes(state.parts.server.nodes);
    if (names.includes(node)) return;
    state.report([...path, "node"], `Expected one of ${names.join(", ")}, got ${quoted(node)}`, {
      hint: didYouMean(node, names, "servers"),
    });
  },
  build: ({ to, node }) => ({ kind: "upgrade", to, node }),
});
