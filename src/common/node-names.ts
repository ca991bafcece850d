// The names of the kit's own servers, in scenario files, histories and messages.

const names = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

export const mostNodes = names.length;

/** `server` alone; in a cluster `one`, `two`, `three`, and so on. */
export const namesOfNodes = (nodes: number): string[] => (nodes === 1 ? ["server"] : names.slice(0, nodes));
