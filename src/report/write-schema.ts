// Refreshes schema/result.schema.json: `npm run schema`.
import { writeFile } from "node:fs/promises";
import { resultSchemaFile, resultSchemaText } from "./result-schema.js";

await writeFile(resultSchemaFile, resultSchemaText());
