// Sizes of the streams (`max_bytes`): room for replies and dead letters that requests cannot fill.
import { type JetStreamAccountStats, StorageType, type StreamConfig } from "@nats-io/jetstream";

/** What a size is decided by. */
type Sized = Pick<StreamConfig, "name"> & Partial<StreamConfig>;

/** The names of the streams that are not for replies. */
export interface Roles {
  requests: string;
  deadLetters: string;
}

/** A message of the default `max_payload`, 1 MB, fits into the smallest share. */
export const leastBytes = 16_000_000;

/** For an account that demands sizes and has no limit itself. */
const demandedBytes = 1_000_000_000;

/** In percent. Several streams of replies share theirs. A reply can always be stored while its request is: requests fill up first. */
const shares = { requests: 60, replies: 30, deadLetters: 10 };

function shareOf({ name }: Sized, streams: readonly Sized[], { requests, deadLetters }: Roles): number {
  if (name === requests) return shares.requests;
  if (name === deadLetters) return shares.deadLetters;
  const ofReplies = streams.filter((one) => one.name !== requests && one.name !== deadLetters);
  return shares.replies / ofReplies.length;
}

/** By name: each stream's part of `total` bytes. */
export const sizesOf = (total: number, streams: readonly Sized[], roles: Roles): Map<string, number> =>
  new Map(streams.map((stream) => [stream.name, Math.floor((total * shareOf(stream, streams, roles)) / 100)]));

/** By name: the sizes of streams that are to be created in this account; empty if it has no limit and demands none. */
export function sizesWithin(
  account: JetStreamAccountStats,
  streams: readonly Sized[],
  roles: Roles,
): Map<string, number> {
  const left = bytesLeft(account, streams[0] ?? {});
  if (left === undefined) return new Map();
  const { memory_max_stream_bytes, storage_max_stream_bytes } = account.limits;
  const most = streams[0]?.storage === StorageType.Memory ? memory_max_stream_bytes : storage_max_stream_bytes;
  const sizes = [...sizesOf(left, streams, roles)];
  return new Map(sizes.map(([name, size]) => [name, most > 0 ? Math.min(size, most) : size]));
}

/** An account may have limits of its own for each number of replicas (`tiers`); else all copies count against one limit. */
function bytesLeft(account: JetStreamAccountStats, { storage, num_replicas: replicas = 1 }: Partial<StreamConfig>) {
  const tier = account.tiers?.[`R${replicas}`];
  const { limits, ...used } = tier ?? account;
  const inMemory = storage === StorageType.Memory;
  const limit = inMemory ? limits.max_memory : limits.max_storage;
  if (limit < 0) return limits.max_bytes_required ? demandedBytes : undefined;
  const taken = inMemory
    ? Math.max(used.memory, used.reserved_memory ?? 0)
    : Math.max(used.storage, used.reserved_storage ?? 0);
  return Math.max(0, limit - taken) / (tier ? 1 : replicas);
}
