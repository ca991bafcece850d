// Plurals: a number with its noun.

/** `1 request`, `2 requests`, `1 reply`, `0 replies`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `once`, `2 times`. */
export const oftenText = (n: number): string => (n === 1 ? "once" : `${n} times`);
