// What the API says about imports.
import type { Schema } from '../../../api/index.ts';

export type Import = Schema<'ImportView'>;
export type Preview = Schema<'PreviewView'>;

export const KINDS = ['responses', 'signals', 'people', 'events', 'outcomes'] as const;
export type Kind = (typeof KINDS)[number];

export const running = (one: Import): boolean => one.state === 'reading' || one.state === 'writing';

export const tone = (state: string): 'good' | 'bad' | 'info' =>
  state === 'done' ? 'good' : state === 'refused' || state === 'failed' ? 'bad' : 'info';

/** The form that a preview and an import send. */
export function form(kind: Kind, file: File, map: string, skipFaulty = false): FormData {
  const data = new FormData();
  data.set('kind', kind);
  if (map.trim()) data.set('map', map);
  if (skipFaulty) data.set('skip_faulty', 'true');
  data.set('file', file);
  return data;
}
