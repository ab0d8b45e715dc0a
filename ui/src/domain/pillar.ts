// The three pillars, in the order in which every screen shows them.

export const PILLARS = ['brand', 'customer', 'employee'] as const;
export type Pillar = (typeof PILLARS)[number];

export function isPillar(text: string | null): text is Pillar {
  return PILLARS.includes(text as Pillar);
}
