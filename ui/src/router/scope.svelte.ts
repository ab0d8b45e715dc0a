// The frame's filters: pillar, period and unit, read from the URL.
import { addDays, dayIn, daySpan, isDay, type Day } from '../domain/day.ts';
import { isPillar, type Pillar } from '../domain/pillar.ts';
import { router } from './router.svelte.ts';

export const PERIODS = [7, 30, 90, 365] as const;
const DEFAULT_DAYS = 90;

class Scope {
  /** The organisation's time zone; the session sets it. */
  timeZone = $state<string | undefined>(undefined);

  get today(): Day {
    return dayIn(new Date(), this.timeZone);
  }

  get pillar(): Pillar | null {
    const raw = router.search.get('pillar');
    return isPillar(raw) ? raw : null;
  }

  /** First and last day, both inside. */
  get period(): { from: Day; to: Day } {
    const from = router.search.get('from');
    const to = router.search.get('to');
    if (isDay(from) && isDay(to) && from <= to) return { from, to };
    return { from: addDays(this.today, 1 - DEFAULT_DAYS), to: this.today };
  }

  /** 7, 30, 90 or 365 when the period is one of the presets ending today. */
  get preset(): number | null {
    const { from, to } = this.period;
    const days = daySpan(from, to);
    return to === this.today && (PERIODS as readonly number[]).includes(days) ? days : null;
  }

  get unit(): string | null {
    return router.search.get('unit');
  }

  /** All of it as query parameters for the API. */
  get params(): { from: Day; to: Day; pillar?: Pillar; unit?: string } {
    const { pillar, unit } = this;
    return { ...this.period, ...(pillar && { pillar }), ...(unit && { unit }) };
  }

  setPillar(pillar: Pillar | null): void {
    router.setQuery({ pillar });
  }

  setDays(days: number): void {
    if (days === DEFAULT_DAYS) router.setQuery({ from: null, to: null });
    else router.setQuery({ from: addDays(this.today, 1 - days), to: this.today });
  }

  setPeriod(from: Day, to: Day): void {
    router.setQuery({ from, to });
  }

  setUnit(unit: string | null): void {
    router.setQuery({ unit });
  }
}

export const scope = new Scope();
