// docs/faults.md as text: the faults of the registry with their options, and how to add one.
import { z } from "zod";
import { type FaultName, faultNames, faults, type Need } from "../internal/faults.js";
import { fenced } from "./page.js";

const needWords: Record<Need, string> = {
  "own-server": "a server of the kit's own",
  "three-nodes": "`server: { nodes: 3 }` or more",
  "own-disk": "a disk of its own, which the run makes",
  root: "root",
  linux: "Linux",
};

/** `example` is the text of the smallest fault's file. */
export function faultsPage(example: string): string {
  return [intro, ...faultNames.map(section), howTo, `${fenced("ts", example)}\n`, registerIt].join("\n");
}

function section(name: FaultName): string {
  const { does, needs, options } = faults[name];
  const schema = z.toJSONSchema(options as z.ZodType, { io: "input" }) as ObjectSchema;
  const rows = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const must = schema.required?.includes(key) ? " (required)" : "";
    const fallback = property.default === undefined ? "" : ` Default: \`${JSON.stringify(property.default)}\`.`;
    return `- \`${key}\`${must}: ${optionText(property)}${fallback}`;
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

/** The purpose of an option, and its values. */
function optionText({ description, enum: words, type }: Property): string {
  const kind = words?.map((word) => `\`${word}\``).join(" or ");
  if (description) return kind ? `${description} ${kind}.` : description;
  return `${kind ?? (type === "string" ? "a name" : "a whole number")}.`;
}

const intro = `# Faults

<!-- test/docs/faults-page.ts generates this page from src/faults; \`npm run docs\` writes it. -->

A step of a scenario injects a fault with \`inject\`. The step \`heal\`, the option \`for\`, or the end of the run heals it:

\`\`\`yaml
- inject: pause-server
- heal: pause-server
- inject: { latency: { between: [bob, server], delay: 100ms }, for: 2s }
- inject: { kill-server: { node: two } }
- heal: all
\`\`\`

- **A fault must have an effect**, each time that it is injected. The history must show the effect between the injection and
  its end: a broken connection, an election, a redelivery, or a request that failed or waited until the fault was healed. A
  delay must show in each round trip, and in none before it. Between two servers, the link must have delayed a request or a
  reply. If no effect shows, the run is inconclusive (exit code 2).
- The servers belong to the kit: \`server: { nodes: 3, sync_interval: always, limits: { file: 1000000, memory: 1000000 } }\`.
  Each key is optional. \`nodes\` is 1 to 9; the names are one, two, three, and so on. Limits are bytes of JetStream in total. \`sync_interval\` needs nats-server 2.10.
- At the end of a run, all faults are healed before the actors stop and the streams are read.
- A link is a TCP proxy. An actor connects through a proxy only if the scenario injects a fault on that link.
- On a server of your own (\`--server\`, NATS_URL) faults of servers and links are refused (exit code 4). If the machine lacks
  a requirement of a fault, the scenario does not run (exit code 2).

## The list
`;

const howTo = `## How to add a fault

1. Copy \`src/faults/noop.ts\`, the smallest fault.
2. Write in \`does\` what the fault breaks and how \`heal\` repairs it. Give each option of the zod schema a description.
3. \`inject\` breaks a part of the target. It returns \`heal\`, and \`bit\`, which finds the events that prove an effect.
   \`src/faults/evidence.ts\` has the usual proofs.
`;

const registerIt = `4. Add the fault to the registry in \`src/faults/index.ts\`. Its name then appears in scenario files, in the editor's completion
   and on this page. \`npm run schema\` and \`npm run docs\` write the generated files again.
5. Test the fault on a real server in \`test/faults\`: inject it, see its effect, heal it.
`;
