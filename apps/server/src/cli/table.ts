/** Text for people: aligned tables and pairs. Control characters in a cell are blanked, so that no name moves a cursor. */

/** A table with a header line; columns are as wide as their widest cell. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((row) => row.map(plain));
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Names and values, one pair a line, indented by two. */
export function pairs(entries: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `  ${name.padEnd(width)}  ${plain(value)}`).join("\n");
}

function plain(text: string): string {
  return text.replace(/\p{C}/gu, " ");
}

/** A list as one cell: `any` says so, an empty one is a dash. */
export function listCell(list: readonly string[] | "any"): string {
  if (list === "any") return "any";
  return list.length === 0 ? "-" : list.join(" ");
}

/** An ISO time to the minute, as UTC. */
export function timeCell(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}Z`;
}
