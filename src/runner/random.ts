// Random numbers of a run: the same for the same seed and purpose.
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Numbers from 0 up to 1; the same for the same seed (0 to 2^32 - 1) and purpose. */
export function randomFrom(seed: number, purpose: string): () => number {
  const generator = xoroshiro128plus((seed ^ fnv1a(purpose)) | 0);
  return () => uniformFloat64(generator);
}

/** FNV-1a, 32 bits: two purposes get numbers that have nothing to do with one another. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
