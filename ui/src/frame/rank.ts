// Which commands fit what was typed.

/** Entries whose text holds every typed word, those that begin with the first word foremost. */
export function rank<T>(entries: readonly T[], query: string, text: (entry: T) => string): T[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...entries];
  const first = words[0] ?? '';
  return entries
    .map((entry, order) => ({ entry, order, lower: text(entry).toLowerCase() }))
    .filter(({ lower }) => words.every((word) => lower.includes(word)))
    .sort((a, b) => Number(b.lower.startsWith(first)) - Number(a.lower.startsWith(first)) || a.order - b.order)
    .map(({ entry }) => entry);
}
