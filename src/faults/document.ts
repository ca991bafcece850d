// docs/faults.md, made from the registry, so that no list of faults can drift.

import { z } from "zod";
import type { Need } from "./fault.js";
import { type FaultName, faultNames, faults } from "./index.js";

const needWords: Record<Need, string> = {
  "own-server": "a server of the kit's own",
  "three-nodes": "`server: { nodes: 3 }`",
  "own-disk": "a disk of its own, which the run makes",
  root: "root",
  linux: "Linux",
};

/** `example` is the text of the smallest fault's file. */
export function faultsDocument(example: string): string {
  return [
    intro,
    ...faultNames.map(section),
    howTo,
    `\`\`\`ts\n${example.trimEnd()}\n\`\`\`\n`,
    registerIt,
  ].join("\n");
}

function section(name: FaultName): string {
  const { does, needs, options } = faults[name];
  const schema = z.toJSONSchema(options as z.ZodType, { io: "input" }) as ObjectSchema;
  const rows = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const must = schema.required?.includes(key) ? " (has to be said)" : "";
    const fallback =
      property.default === undefined ? "" : ` Default: \`${JSON.stringify(property.default)}\`.`;
    return `- \`${key}\`${must}: ${said(property)}${fallback}`;
  });
  const needed = needs.length > 0 ? [`Needs ${needs.map((need) => needWords[need]).join(", ")}.`] : [];
  return [`### ${name}\n`, does, ...needed, ...(rows.length > 0 ? ["", ...rows] : []), ""].join("\n");
}

interface ObjectSchema {
  properties?: Record<string, Property>;
  required?: string[];
}

interface Property {
  description?: string;
  default?: unknown;
  enum?: string[];
  type?: string;
}

/** What it is for, and which words it takes. */
function said({ description, enum: words, type }: Property): string {
  const kind = words?.map((word) => `\`${word}\``).join(" or ");
  if (description) return kind ? `${description} ${kind}.` : description;
  return `${kind ?? (type === "string" ? "a name" : "a whole number")}.`;
}

const intro = `# Faults

<!-- Made from src/faults by test/faults/document.test.ts; \`npx vitest run test/faults/document.test.ts -u\` writes it anew. -->

A scenario breaks something with \`inject\`, and makes it good with \`heal\`, after a time (\`for\`), or at its end:

\`\`\`yaml
- inject: pause-server
- heal: pause-server
- inject: { latency: { between: [bob, server], delay: 100ms }, for: 2s }
- inject: { kill-server: { node: two } }
- heal: all
\`\`\`

- **A fault must bite**, each time that it is injected. The history has to show an effect between the injection and its end:
  a broken connection, an election, a redelivery, a request that failed or stood still until it was healed; of a delay, that
  each round trip took it and none did before, or between two servers, that the link held back a request or a reply.
  Otherwise the run is inconclusive (exit code 2), whatever else held.
- The servers are the kit's own: \`server: { nodes: 3, sync_interval: always, limits: { file: 1000000, memory: 1000000 } }\`,
  each of them optional. \`nodes\` is 1 or 3, limits are bytes of JetStream in all, and \`sync_interval\` needs nats-server 2.10.
- All faults are healed before actors are stopped and streams are read.
- Links are TCP proxies. An actor connects through one only where the scenario has a fault on its way.
- On a server that was given (\`--server\`, NATS_URL) faults of servers and links are refused (exit code 4). Where the
  machine cannot do what a fault needs, the scenario is not run (exit code 2).

## The list
`;

const howTo = `## How to add a fault

1. Copy \`src/faults/noop.ts\`, the smallest one.
2. Say in \`does\` what happens and what makes it good again; give \`options\` a zod schema with a description each.
3. \`inject\` breaks something of the target (\`src/faults/target.ts\`), and returns how to \`heal\` it (nothing, where it is
   over at once) and how it \`bit\`: which events prove an effect. \`src/faults/evidence.ts\` and \`waits.ts\` have the usual ones.
`;

const registerIt = `4. Add it to the registry in \`src/faults/index.ts\`. Its name in scenario files, the editor's completion, the hints and
   this page come from there, once \`npm run schema\` and \`npx vitest run test/faults/document.test.ts -u\` have written
   them anew.
5. Test it on the real thing in \`test/faults\`: injected, seen to bite, healed.
`;
