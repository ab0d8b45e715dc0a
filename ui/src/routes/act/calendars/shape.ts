// What the calendar routes answer and take.
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface Hours {
  from: string;
  to: string;
}

export interface CalendarDay {
  on: string;
  name: Record<string, string>;
  hours: Hours[];
}

export interface Calendar {
  id: string;
  code: string;
  name: string;
  time_zone: string;
  week: Record<Weekday, Hours[]>;
  holidays: CalendarDay[];
  make_up_days: CalendarDay[];
}

/** `09:00-12:00, 13:00-18:00` as intervals; what cannot be read is left for the server to name. */
export function readHours(text: string): Hours[] {
  return text
    .split(/[,，;；]/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [from = '', to = ''] = part.split(/[-–—~～]/).map((side) => side.trim().replace('：', ':').replace(/^(\d):/, '0$1:'));
      return { from, to };
    });
}

export function writeHours(hours: Hours[]): string {
  return hours.map((one) => `${one.from}-${one.to}`).join(', ');
}
