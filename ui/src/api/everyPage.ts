// All pages of a list, for a file that holds what the filters say and not only what is on screen.
import { api, type RequestOptions } from './client.ts';
import type { Page } from './types.ts';

/** A file with more rows than this belongs to the API. */
export const MOST_ROWS = 20_000;

export async function everyPage<Item>(path: string, query: NonNullable<RequestOptions['query']> = {}): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null | undefined = '';
  do {
    const page: Page<Item> = await api.get<Page<Item>>(path, { query: { ...query, cursor, limit: 200 } });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && items.length < MOST_ROWS);
  return items;
}
