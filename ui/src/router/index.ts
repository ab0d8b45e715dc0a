export { useQuery, type Query } from './query.svelte.ts';
export type { Params, Route } from './route.ts';
export { href, navigate, router } from './router.svelte.ts';
export { scope } from './scope.svelte.ts';
