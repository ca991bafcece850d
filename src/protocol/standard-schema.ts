// Standard Schema v1 (standardschema.dev): checks a value by a schema of zod, valibot, arktype or another library that implements it.
import { InvalidInputError, UnreadablePayloadError } from "./errors.js";
import type { Status } from "./events.js";
import { quote } from "./subjects.js";

/** A schema of any library that implements Standard Schema v1. `Input` is what it takes, `Output` what it makes of that. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema makes of a value, or why it refuses it, in one line. */
export type Checked<Output> = { readonly value: Output } | { readonly problem: string };

/** @throws InvalidInputError when it is no schema. `what` names it in the message. */
export function requireSchema<S extends StandardSchema<unknown, unknown>>(what: string, schema: S): S {
  const standard = isObjectLike(schema) ? schema["~standard"] : undefined;
  if (standard?.version === 1 && typeof standard.validate === "function") return schema;
  throw new InvalidInputError(
    `Expected ${what} to be a schema that implements Standard Schema v1 (zod 3.24, valibot 1, arktype 2 or newer), got ${quote(schema)}.`,
  );
}

/** Schemas of arktype are functions. */
const isObjectLike = (value: unknown) => (typeof value === "object" && value !== null) || typeof value === "function";

/** A promise only if the schema is asynchronous. */
export function check<Output>(
  schema: StandardSchema<unknown, Output>,
  value: unknown,
): Checked<Output> | Promise<Checked<Output>> {
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then(asChecked) : asChecked(result);
}

const asChecked = <Output>(result: SchemaResult<Output>): Checked<Output> =>
  result.issues ? { problem: result.issues.slice(0, mostIssues).map(describe).join("; ") } : { value: result.value };

/** A message in a header and in an event stays short. */
const mostIssues = 5;

function describe({ message, path = [] }: SchemaIssue): string {
  const place = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  return place === "" ? message : `${place}: ${message}`;
}

/** @throws InvalidInputError when the schema refuses a value that is to be sent. A check before a send does not wait. */
export function requireBySchema(schema: StandardSchema<unknown, unknown>, value: unknown): void {
  const checked = check(requireSchema("input", schema), value);
  if (checked instanceof Promise) {
    checked.catch(() => {});
    throw new InvalidInputError(
      "Expected input to be a schema without asynchronous checks: leave those to the responder.",
    );
  }
  if ("problem" in checked) throw new InvalidInputError(`The payload does not match its schema: ${checked.problem}.`);
}

/** A message whose JSON a schema checks. */
interface JsonMessage {
  json<T = unknown>(): T;
}

/**
 * Has `message.json()` return what the schema makes of the payload. `what` names the payload in the error.
 * @throws UnreadablePayloadError when the payload is not JSON, or the schema refuses it.
 */
export async function readBySchema(message: JsonMessage, schema: StandardSchema<unknown, unknown>, what: string) {
  const checked = await check(schema, message.json());
  if ("problem" in checked) throw new UnreadablePayloadError(`${what} does not match its schema: ${checked.problem}`);
  const { value } = checked;
  message.json = <T>() => value as T;
}

/**
 * The same for a reply `ok` and for a part; others have a text that says what went wrong. A payload that the schema refuses is an error of
 * `reply.json()`, because the reply itself has arrived.
 */
export async function readReplyBySchema(
  reply: JsonMessage & { status?: Status },
  schema: StandardSchema<unknown, unknown>,
) {
  if (reply.status !== undefined && reply.status !== "ok") return;
  await readBySchema(reply, schema, "the reply").catch((error: Error) => {
    reply.json = () => {
      throw error;
    };
  });
}

/** Resolves with the reply when the schema has read it. */
export function readingBySchema<R extends JsonMessage & { status?: Status }>(
  schema: StandardSchema<unknown, unknown>,
  resolve: (reply: R) => void,
): (reply: R) => void {
  requireSchema("output", schema);
  return (reply) => void readReplyBySchema(reply, schema).then(() => resolve(reply));
}
