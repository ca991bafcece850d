// Asks the server once more where it keeps silent. A cluster drops what it is asked of a stream that is being made and has no
// leader yet (STREAM.INFO, jsStreamInfoRequest in nats-server 2.9.10 and 2.14.0), and up to 2.10.3 (2.10.12 does not) it takes
// a second STREAM.CREATE for such a question (jsClusteredStreamRequest): of two who set up at once, one may wait in vain.
import { setTimeout as passed } from "node:timers/promises";

/** An election in a new group takes 100 to 800 ms (raft.go, randCampaignTimeout). */
const silenceMs = 1000;

/**
 * What `ask` gives or throws; after a second of silence it is asked a second time, and what is told first counts. Only for
 * what may happen twice: reading, and creating what may be there already. It takes no longer than the first ask may.
 */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T> {
  const answered = new AbortController();
  const again = passed(silenceMs, undefined, { signal: answered.signal }).then(ask);
  try {
    return await Promise.race([ask(), again]);
  } finally {
    answered.abort();
  }
}
