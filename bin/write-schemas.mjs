// Writes the JSON schemas of scenario files and of results into schema/, from the compiled kit: `npm run schema`.
import { writeFile } from "node:fs/promises";
import { resultSchemaFile, resultSchemaText } from "../dist/report/result-schema.js";
import { jsonSchemaFile, jsonSchemaText } from "../dist/scenario/schema.js";

await writeFile(jsonSchemaFile, jsonSchemaText());
await writeFile(resultSchemaFile, resultSchemaText());
