export { address, api, newKey, type RequestOptions } from './client.ts';
export { load, type Loaded } from './load.svelte.ts';
export { Problem } from './problem.ts';
export { session } from './session.svelte.ts';
export type { FieldFault, Page, Role, SignedIn } from './types.ts';
