// Login on a link: the credentials of the run's server, because NATS_URL holds none: not every client reads them there.
import { readFileSync } from "node:fs";
import type { Operation } from "../link/index.js";

export interface LinkCredentials {
  user: string;
  password: string;
}

/**
 * A CONNECT without credentials, with those of the run. Only a process of this user gets them: the port is open to everyone on
 * this machine.
 * @param clientPort of the client's end of the connection
 */
export function withLogin(connect: Operation, { user, password }: LinkCredentials, clientPort: number): Buffer {
  if (!isOwn(clientPort)) return connect.bytes;
  const settings = JSON.parse(connect.bytes.toString().slice("CONNECT ".length)) as Record<string, unknown>;
  if (["user", "pass", "auth_token", "jwt", "nkey"].some((key) => settings[key])) return connect.bytes;
  return Buffer.from(`CONNECT ${JSON.stringify({ ...settings, user, pass: password })}\r\n`);
}

/** By the user id of the socket in /proc/net/tcp (proc(5)). Without /proc everyone on the machine counts. */
function isOwn(clientPort: number): boolean {
  const uid = process.getuid?.();
  const end = `0100007F:${clientPort.toString(16).toUpperCase().padStart(4, "0")}`; // 127.0.0.1
  try {
    const sockets = readFileSync("/proc/net/tcp", "utf8").split("\n");
    const fields = sockets.map((line) => line.trim().split(/\s+/)).find(([, local]) => local === end);
    return fields !== undefined && Number(fields[7]) === uid;
  } catch {
    return true;
  }
}
