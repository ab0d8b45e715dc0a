/// <reference types="svelte" />
/// <reference types="vite/client" />

declare module 'virtual:nav-labels' {
  const labels: Record<string, Record<string, string>>;
  export default labels;
}
