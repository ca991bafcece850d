// Refreshes schema/scenario.schema.json: `npm run schema`.
import { writeFile } from "node:fs/promises";
import { jsonSchemaFile, jsonSchemaText } from "./json-schema.js";

await writeFile(jsonSchemaFile, jsonSchemaText());
