// Prints the path of the nats-server that the kit fetched and verified; one on the PATH may be another version.
import { findServer, sources } from "../dist/server/find.js";
import { PINNED_VERSION } from "../dist/server/source.js";

const installed = ["NATS_SERVER_BIN", "PATH"];
const server = await findServer({
  sources: sources.filter(({ name }) => !installed.includes(name)),
  onProgress: (line) => console.error(line),
});
if (server.version !== PINNED_VERSION) {
  throw new Error(`Expected nats-server ${PINNED_VERSION}, got ${server.version} from ${server.origin}`);
}
console.log(server.path);
