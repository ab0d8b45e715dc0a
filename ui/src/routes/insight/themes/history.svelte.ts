// Edited themes with undo and redo.
import type { Theme } from './draft.ts';

export class Draft {
  items = $state.raw<readonly Theme[]>([]);
  #saved = $state.raw<readonly Theme[]>([]);
  #past = $state.raw<(readonly Theme[])[]>([]);
  #future = $state.raw<(readonly Theme[])[]>([]);
  #field = '';

  constructor(items: readonly Theme[]) {
    this.items = this.#saved = items;
  }

  /** A step; those of one field in a row are one step. */
  put(items: readonly Theme[], field = ''): void {
    if (!field || field !== this.#field) this.#past = [...this.#past, this.items];
    this.#field = field;
    this.#future = [];
    this.items = items;
  }

  undo(): void {
    const before = this.#past.at(-1);
    if (!before) return;
    this.#past = this.#past.slice(0, -1);
    this.#future = [...this.#future, this.items];
    this.items = before;
    this.#field = '';
  }

  redo(): void {
    const next = this.#future.at(-1);
    if (!next) return;
    this.#future = this.#future.slice(0, -1);
    this.#past = [...this.#past, this.items];
    this.items = next;
    this.#field = '';
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  get changed(): boolean {
    return this.items !== this.#saved && JSON.stringify(this.items) !== JSON.stringify(this.#saved);
  }
}
