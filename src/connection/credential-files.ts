// The files a connection needs: credentials and TLS. Read and looked at before anything connects, because the client tells
// a wrong file as a server that cannot be reached.
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { InvalidInput } from "../protocol/errors.js";

export interface TlsFiles {
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
}

export interface TlsTexts {
  ca?: string;
  cert?: string;
  key?: string;
}

/** @throws InvalidInput when the file cannot be read or holds no credentials. */
export async function readCreds(path: string): Promise<Uint8Array> {
  const text = await readNamed("--creds", path);
  if (/BEGIN NATS USER JWT[\s\S]*BEGIN USER NKEY SEED/.test(text)) return new TextEncoder().encode(text);
  throw new InvalidInput(
    `${path} (--creds) is no credentials file: it has to hold a NATS user JWT and an NKEY seed, as nsc writes it.`,
  );
}

/** @throws InvalidInput when a file cannot be read, is no PEM file, or does not go with the others. */
export async function readTlsFiles({ tlsCa, tlsCert, tlsKey }: TlsFiles): Promise<TlsTexts> {
  if (Boolean(tlsCert) !== Boolean(tlsKey)) {
    throw new InvalidInput("A client certificate needs both --tlscert and --tlskey; give the other one too.");
  }
  const files = { ca: tlsCa, cert: tlsCert, key: tlsKey };
  const given = Object.entries(files).flatMap(([name, path]) => (path ? [{ name, path }] : []));
  const texts = Object.fromEntries(
    await Promise.all(
      given.map(async ({ name, path }) => [name, await readPem(`--tls${name}`, path)] as const),
    ),
  );
  try {
    createSecureContext(texts);
  } catch (cause) {
    const paths = given.map(({ path }) => path).join(", ");
    throw new InvalidInput(`The TLS files cannot be used (${paths}): ${(cause as Error).message}.`, {
      cause,
    });
  }
  return texts;
}

async function readPem(option: string, path: string): Promise<string> {
  const text = await readNamed(option, path);
  if (text.includes("-----BEGIN ")) return text;
  throw new InvalidInput(`${path} (${option}) is no PEM file: it has no "-----BEGIN ..." line.`);
}

async function readNamed(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new InvalidInput(`Cannot read ${path} (${option}): ${inWords(cause as NodeJS.ErrnoException)}.`, {
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
