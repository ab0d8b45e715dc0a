// j and k walk through a list's entries, Enter opens one. One list per page listens.

/** True while letters belong to a field or a dialog rather than to shortcuts. */
export function typing(event: KeyboardEvent): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return true;
  const target = event.target as HTMLElement | null;
  // a dialog that has just closed keeps the focus in its field until the browser has told so
  const left = target?.closest?.('dialog:not([open])');
  if (!left && target?.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]')) return true;
  return document.querySelector('dialog[open]') !== null;
}

/**
 * Svelte action: entries are the descendants matching `selector`; they take the focus.
 * Enter on an entry clicks its first link unless the focus is on something inside it.
 */
export function listKeys(node: HTMLElement, selector = '[data-entry]'): { destroy(): void } {
  // An entry that left the list, such as a closed case, leaves its place to the next one.
  let place = 0;
  function keys(event: KeyboardEvent) {
    if (typing(event)) return;
    const first = document.querySelector('[data-list]');
    if (first !== node && !node.contains(document.activeElement)) return;
    const entries = [...node.querySelectorAll<HTMLElement>(selector)];
    const at = entries.findIndex((entry) => entry.contains(document.activeElement));
    if (event.key === 'j' || event.key === 'k') {
      const to = at === -1 ? Math.min(place, entries.length - 1) : at + (event.key === 'j' ? 1 : -1);
      const next = entries[to];
      if (!next) return;
      event.preventDefault();
      place = to;
      next.focus();
      next.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && entries[at] === document.activeElement) {
      const link = entries[at]?.querySelector<HTMLElement>('a[href], button');
      if (link) {
        event.preventDefault();
        link.click();
      }
    }
  }
  node.setAttribute('data-list', '');
  window.addEventListener('keydown', keys);
  return { destroy: () => window.removeEventListener('keydown', keys) };
}
