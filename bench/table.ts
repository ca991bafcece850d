// Rows of text as columns: the first to the left, numbers to the right, never wider than 80.

const widest = 80;

/** Every row, the head's lines included, has one cell for each column. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const text = widths.reduce((sum, width) => sum + width, 0);
  const gap = [3, 2, 1].find((n) => text + n * (columns - 1) <= widest) ?? 1;
  return rows.map((row) => line(row, widths, " ".repeat(gap))).join("\n");
}

function line(row: readonly string[], widths: readonly number[], gap: string): string {
  const cells = widths.map((width, i) => {
    const cell = row[i] ?? "";
    return i === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
  return cells.join(gap).trimEnd();
}

export const unknown = "n/a";

/** 1234567 as `1,234,567`. */
export const whole = (n: number | undefined) => (n === undefined ? unknown : Math.round(n).toLocaleString("en-US"));

export const fixed = (n: number | undefined, digits: number) => (n === undefined ? unknown : n.toFixed(digits));
