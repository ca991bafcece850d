// Says how long `npm test` takes: it starts some hundred servers and processes, and its first lines come late.
import { availableParallelism } from "node:os";

const cores = availableParallelism();
const minutes = cores >= 8 ? "3" : cores >= 4 ? "4" : "7";
process.stderr.write(
  `All tests take about ${minutes} minutes on ${cores} ${cores === 1 ? "core" : "cores"}, with real servers. One folder: npx vitest run test/demo\n`,
);
