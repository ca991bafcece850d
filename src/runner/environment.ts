// Where a run takes place: a server with the streams set up for it, and without them again at the end.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { ConfigurationDiffers } from "../protocol/errors.js";
import { deadLetterStream, replyStream, requestStream } from "../protocol/names.js";
import { fromClientError } from "../protocol/server-error.js";
import type { Scenario } from "../scenario/model.js";
import type { RunFolder } from "../server/index.js";
import { applySetup } from "../stream-setup/apply.js";
import { planSetup } from "../stream-setup/plan.js";
import { type StreamStrategy, streamNames, streamStrategies } from "../stream-setup/strategy-streams.js";
import { openPlace, type Place, type PlaceOptions } from "./place.js";

export interface Environment extends Omit<Place, "release">, AsyncDisposable {
  jsm: JetStreamManager;
  /** The streams of this run; empty for a scenario without streams. */
  streams: string[];
  /** Those of them that were not there before: a given server gets rid of them at the end. */
  created: string[];
}

export async function openEnvironment(
  scenario: Scenario,
  folder: RunFolder,
  options: PlaceOptions,
): Promise<Environment> {
  const place = await openPlace(scenario, folder, options);
  const jsm = await jetstreamManager(place.nc, { checkAPI: false });
  const strategies = scenario.setup ? streamStrategiesOf(scenario) : [];
  const extra = strategies.map((strategy) => streamNames[strategy]);
  const streams = scenario.setup ? [requestStream, replyStream, deadLetterStream, ...extra] : [];
  let created: string[] = [];
  const release = async () => {
    try {
      if (options.connection) await remove(jsm, created);
    } catch (error) {
      // The run has its verdict by now: what stays behind is said, and takes nothing away from it.
      options.onProgress?.(
        `${created.join(", ")} could not be removed from the server: ${(error as Error).message}`,
      );
    } finally {
      await place.release();
    }
  };
  try {
    const before = await existing(jsm, streams);
    created = streams.filter((name) => !before.includes(name));
    if (scenario.setup) await setUp({ ...scenario.setup, strategies }, jsm, streams);
    return { ...place, jsm, streams, created, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release().catch(() => {}); // the first error is the one that is told
    throw fromClientError("setting up the streams", error);
  }
}

/** The strategies of the scenario's requesters that need a stream of their own. */
function streamStrategiesOf({ requesters }: Scenario): StreamStrategy[] {
  const used = Object.values(requesters).map(({ reply }) => reply as string);
  return streamStrategies.filter((strategy) => used.includes(strategy));
}

async function existing(jsm: JetStreamManager, streams: string[]): Promise<string[]> {
  if (streams.length === 0) return [];
  const there: string[] = [];
  for await (const name of jsm.streams.names()) there.push(name);
  return streams.filter((name) => there.includes(name));
}

async function remove(jsm: JetStreamManager, streams: string[]): Promise<void> {
  for (const name of await existing(jsm, streams)) {
    // Otherwise the next run's stream of this name may have its messages again: the server removes files a little later.
    await jsm.streams.purge(name);
    await jsm.streams.delete(name);
  }
}

/** A run counts messages, so it begins with empty streams. */
async function setUp(
  settings: NonNullable<Scenario["setup"]> & { strategies: StreamStrategy[] },
  jsm: JetStreamManager,
  streams: string[],
): Promise<void> {
  await applySetup(jsm, planSetup(settings)).catch((error) => {
    throw error instanceof ConfigurationDiffers ? notAsInFile(error) : error;
  });
  for (const name of streams) {
    const { state } = await jsm.streams.info(name);
    if (state.messages === 0) continue;
    throw new ConfigurationDiffers(
      `${name} holds ${state.messages} messages, and a scenario begins with empty streams: purge it, or run without --server and NATS_URL on a server of the kit's own.`,
    );
  }
}

/** Whoever uses these streams wants them as they are: the advice of `jsrr setup` would change them. */
const notAsInFile = (cause: ConfigurationDiffers) =>
  new ConfigurationDiffers(
    `${cause.message}\nSay the same in the scenario's \`setup\` (or with --set), or run without --server and NATS_URL on a server of the kit's own.`,
    { cause },
  );
