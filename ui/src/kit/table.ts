// Columns of the kit's table.

export interface Column<Row> {
  key: string;
  label: string;
  /** Plain content: shown unless `custom`, and always what the CSV export writes. */
  text: (row: Row) => string | number | null | undefined;
  /** Drawn by the table's `cell` snippet. */
  custom?: boolean;
  align?: 'start' | 'end';
  /** A CSS width such as `9rem`. */
  width?: string;
  /** Dates and names that must not break. */
  nowrap?: boolean;
  /** Left out on phones. */
  wide?: boolean;
  /** The server can sort by it; clicking the head calls `onsort`. */
  sortable?: boolean;
  /** Hidden until chosen in the column menu. */
  extra?: boolean;
}

/** `-opened_at` is descending. */
export function nextSort(present: string, key: string): string {
  return present === key ? `-${key}` : key;
}
