// What stands at an address where a connection failed for no clear reason: asked once, for the error message only.
import { createConnection } from "node:net";

export type FirstWords =
  /** It is a nats-server. */
  | { kind: "nats"; asksForCertificate: boolean }
  /** Something else answers. */
  | { kind: "other"; line: string }
  /** It accepts and says nothing, or does not accept. */
  | { kind: "silent" };

const patienceMs = 500;

/** A nats-server speaks first (`INFO {...}`); HTTP and the like answer what they do not understand. */
export function firstWords(server: string): Promise<FirstWords> {
  const { hostname, port } = new URL(server);
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 4222) });
    let said = "";
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(told(said));
    };
    const timer = setTimeout(end, patienceMs);
    socket.setEncoding("latin1");
    socket.on("data", (text) => {
      said += text;
      if (said.includes("\n") || said.length > 65_536) end();
    });
    socket.on("error", end);
    socket.on("close", end);
    socket.write("PING\r\n");
  });
}

function told(said: string): FirstWords {
  const [line = ""] = said.split(/\r?\n/);
  if (line.startsWith("INFO {")) {
    return { kind: "nats", asksForCertificate: /"tls_verify":\s*true/.test(line) };
  }
  // Whatever it is, it must not reach a terminal as control characters.
  const shown = line.replace(/[^\x20-\x7e]/g, "?").slice(0, 60);
  return shown ? { kind: "other", line: shown } : { kind: "silent" };
}
