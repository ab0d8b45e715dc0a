// What the API says about places.
import type { Schema } from '../../../api/index.ts';

export type Unit = Schema<'TreeUnit'>;
export type Line = Schema<'LineView'>;
export type Channel = Schema<'ChannelView'>;
export type Journey = Schema<'JourneyView'>;
export type Touchpoint = Schema<'TouchpointView'>;
export type Staff = Schema<'StaffView'>;

export const UNIT_KINDS = ['head_office', 'region', 'branch', 'department', 'team'] as const;
export const CHANNEL_KINDS = ['branch', 'app', 'web', 'phone', 'message', 'platform'] as const;

/** Codes of the path: `/hq/east/` is `hq`, `east`. */
export const steps = (path: string): string[] => path.split('/').filter(Boolean);
