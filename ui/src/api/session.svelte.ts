// Who is reading.
import { i18n, LANGS, type Lang } from '../i18n/index.svelte.ts';
import { router } from '../router/router.svelte.ts';
import { scope } from '../router/scope.svelte.ts';
import { api, useCsrf, whenStranger } from './client.ts';
import { Problem } from './problem.ts';
import type { Role, SignedIn } from './types.ts';

class Session {
  who = $state.raw<SignedIn | null>(null);

  is(...roles: Role[]): boolean {
    return this.who !== null && roles.includes(this.who.user.role);
  }

  /** Asks the server; false when nobody is signed in. Other problems are thrown. */
  async load(): Promise<boolean> {
    try {
      const who = await api.get<SignedIn>('/session', { quiet: true });
      this.who = who;
      useCsrf(who.csrf);
      scope.timeZone = who.organisation.time_zone;
      const locale = who.user.locale as Lang;
      if (!i18n.chosen && LANGS.includes(locale) && locale !== i18n.lang) await i18n.use(locale);
      return true;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        this.forget();
        return false;
      }
      throw error;
    }
  }

  forget(): void {
    this.who = null;
    useCsrf(null);
  }

  async signOut(): Promise<void> {
    await api.delete('/session', { quiet: true });
    this.forget();
    router.navigate('/sign-in', { bare: true });
  }
}

export const session = new Session();

/** The page to return to after signing in; only addresses of this app. */
export function returnAddress(raw: string | null): string {
  return raw && /^\/(?![/\\])/.test(raw) && !raw.startsWith('/sign-in') ? raw : '/';
}

whenStranger(() => {
  session.forget();
  if (router.path.startsWith('/sign-in') || router.path === '/setup') return;
  router.navigate(`/sign-in?return=${encodeURIComponent(router.address)}`, { bare: true });
});
