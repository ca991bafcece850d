// Credentials and TLS files: read and checked before the connection, because the client reports a wrong file as a server that cannot be
// reached.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { type Authenticator, credsAuthenticator, jwtAuthenticator, nkeyAuthenticator } from "@nats-io/transport-node";
import { InvalidInputError } from "../protocol/errors.js";

interface Credentials {
  creds?: string;
  nkey?: string;
  jwt?: string;
}

/** Undefined if there are none. @throws InvalidInputError when a file cannot be read or holds no credentials, or for two kinds at once. */
export async function authenticatorOf({ creds, nkey, jwt }: Credentials): Promise<Authenticator | undefined> {
  if (creds && (nkey || jwt))
    throw new InvalidInputError("Give either creds, or nkey and jwt: a credentials file has both.");
  if (creds) return credsAuthenticator(await rereading("--creds", creds, requireCreds));
  const seed = nkey ? await rereading("--nkey", nkey, requireSeed) : undefined;
  if (jwt) return jwtAuthenticator(jwt, seed);
  return seed && nkeyAuthenticator(seed);
}

/** Read now, so that an error names the file, and anew for each connect. A file that is missing meanwhile is what it was before. */
async function rereading(
  option: string,
  path: string,
  check: (path: string, text: string) => string,
): Promise<() => Uint8Array> {
  let known = check(path, await readNamed(option, path));
  return () => {
    try {
      known = check(path, readFileSync(path, "utf8"));
    } catch {
      // It is being replaced.
    }
    return new TextEncoder().encode(known);
  };
}

function requireCreds(path: string, text: string): string {
  if (/BEGIN NATS USER JWT[\s\S]*BEGIN USER NKEY SEED/.test(text)) return text;
  throw new InvalidInputError(
    `${path} (--creds) is no credentials file: it has to hold a NATS user JWT and an NKEY seed, as nsc writes it.`,
  );
}

function requireSeed(path: string, text: string): string {
  const [seed] = /\bSU[A-Z2-7]{50,}\b/.exec(text) ?? [];
  if (seed) return seed;
  throw new InvalidInputError(
    `${path} (--nkey) holds no user's NKEY seed: it begins with SU, as \`nk -gen user\` writes it.`,
  );
}

interface TlsFiles {
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
}

interface TlsTexts {
  ca?: string;
  cert?: string;
  key?: string;
}

/** @throws InvalidInputError when a file cannot be read, is no PEM file, or does not go with the others. */
export async function readTlsFiles({ tlsCa, tlsCert, tlsKey }: TlsFiles): Promise<TlsTexts> {
  if (Boolean(tlsCert) !== Boolean(tlsKey)) {
    throw new InvalidInputError("A client certificate needs both --tlscert and --tlskey; give the other one too.");
  }
  const paths = Object.entries({ ca: tlsCa, cert: tlsCert, key: tlsKey });
  const files = paths.flatMap(([name, path]) => (path ? [{ name, path }] : []));
  const texts = Object.fromEntries(
    await Promise.all(files.map(async ({ name, path }) => [name, await readPem(`--tls${name}`, path)] as const)),
  );
  try {
    createSecureContext(texts);
  } catch (cause) {
    const list = files.map(({ path }) => path).join(", ");
    throw new InvalidInputError(`The TLS files cannot be used (${list}): ${(cause as Error).message}.`, { cause });
  }
  return texts;
}

async function readPem(option: string, path: string): Promise<string> {
  const text = await readNamed(option, path);
  if (text.includes("-----BEGIN ")) return text;
  throw new InvalidInputError(`${path} (${option}) is no PEM file: it has no "-----BEGIN ..." line.`);
}

async function readNamed(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new InvalidInputError(`Cannot read ${path} (${option}): ${inWords(cause as NodeJS.ErrnoException)}.`, {
      cause,
    });
  }
}

const words: Record<string, string> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "this user may not read it",
};

const inWords = ({ code, message }: NodeJS.ErrnoException) => words[code ?? ""] ?? message;
