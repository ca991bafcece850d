// The JSON Schema of scenario files for editors, derived from the schema.
import { z } from "zod";
import { scenarioFile } from "./schema.js";

/** Where the package keeps it; from `src/scenario` and from `dist/scenario` alike. */
export const jsonSchemaFile = new URL("../../schema/scenario.schema.json", import.meta.url);

function scenarioJsonSchema(): object {
  return {
    title: "Scenario of jetstream-request-reply-kit",
    ...z.toJSONSchema(scenarioFile, { io: "input", target: "draft-07", reused: "ref" }),
  };
}

/** As it is committed. */
export const jsonSchemaText = () => `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`;
