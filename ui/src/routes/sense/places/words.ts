// Words of the pillars, which the frame owns.
import { tCode } from '../../../i18n/index.svelte.ts';

export const pillarName = (pillar: string): string => tCode(`frame.pillar.${pillar}`, {}, pillar);
