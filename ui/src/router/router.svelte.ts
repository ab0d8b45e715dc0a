// A small history router: the URL is the only place where a filter lives.

/** Query parameters of the frame; they follow the reader from page to page. */
export const SCOPE_KEYS = ['pillar', 'from', 'to', 'unit'] as const;

export interface NavigateOptions {
  /** Replace the present entry instead of adding one. */
  replace?: boolean;
  /** Do not carry pillar, period and unit over to the target. */
  bare?: boolean;
}

class Router {
  #url = $state.raw(new URL(globalThis.location?.href ?? 'http://localhost/'));
  /** Grows with each move to another path; the frame moves the focus on it. */
  moves = $state(0);

  get path(): string {
    return this.#url.pathname;
  }

  get search(): URLSearchParams {
    return this.#url.searchParams;
  }

  /** Path and query, fit for a return address. */
  get address(): string {
    return this.#url.pathname + this.#url.search;
  }

  start(): void {
    window.addEventListener('popstate', () => this.#take());
    document.addEventListener('click', (event) => this.#click(event));
  }

  navigate(to: string, options: NavigateOptions = {}): void {
    const target = new URL(options.bare ? to : this.href(to), this.#url);
    if (target.origin !== this.#url.origin) {
      location.assign(target.href);
      return;
    }
    const method = options.replace || target.href === this.#url.href ? 'replaceState' : 'pushState';
    history[method](null, '', target.href);
    const moved = target.pathname !== this.#url.pathname;
    this.#take();
    if (moved) window.scrollTo(0, 0);
  }

  /** The address of a page of the app with the frame's filters carried over. */
  href(to: string): string {
    const target = new URL(to, this.#url);
    for (const key of SCOPE_KEYS) {
      const value = this.search.get(key);
      if (value !== null && !target.searchParams.has(key)) target.searchParams.set(key, value);
    }
    return target.pathname + target.search + target.hash;
  }

  /** Changes query parameters in place; null removes one. */
  setQuery(patch: Record<string, string | string[] | null>, replace = false): void {
    const target = new URL(this.#url);
    for (const [key, value] of Object.entries(patch)) {
      target.searchParams.delete(key);
      if (Array.isArray(value)) for (const one of value) target.searchParams.append(key, one);
      else if (value !== null) target.searchParams.set(key, value);
    }
    if (target.href === this.#url.href) return;
    history[replace ? 'replaceState' : 'pushState'](null, '', target.href);
    this.#take();
  }

  #take(): void {
    const next = new URL(location.href);
    if (next.pathname !== this.#url.pathname) this.moves += 1;
    this.#url = next;
  }

  #click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || link.target || link.hasAttribute('download')) return;
    const raw = link.getAttribute('href');
    if (!raw || raw.startsWith('#') || link.origin !== location.origin) return;
    // Addresses of the server itself: the API, intake, and pages for respondents.
    if (/^\/(api|v1|r|s|w|docs|demo-bank)(\/|$)/.test(link.pathname)) return;
    event.preventDefault();
    this.navigate(raw);
  }
}

export const router = new Router();

/** Short for `router.navigate`. */
export const navigate = (to: string, options?: NavigateOptions): void => router.navigate(to, options);
/** Short for `router.href`: use it on links so that "open in new tab" keeps the filters. */
export const href = (to: string): string => router.href(to);
