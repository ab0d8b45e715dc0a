export { address, api, newKey, type RequestOptions } from './client.ts';
export { keepFresh, load, type Loaded } from './load.svelte.ts';
export { everyPage } from './everyPage.ts';
export { languageName, names } from './names.svelte.ts';
export { Problem } from './problem.ts';
export { session } from './session.svelte.ts';
export type { components, paths } from './schema.d.ts';
export type { FieldFault, Page, Role, SignedIn } from './types.ts';

/** A body of the API by its name in the OpenAPI document: `Schema<'SessionView'>`. */
export type Schema<Name extends keyof import('./schema.d.ts').components['schemas']> =
  import('./schema.d.ts').components['schemas'][Name];
