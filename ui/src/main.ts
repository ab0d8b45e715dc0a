import './kit/tokens.css';
import './kit/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { theme } from './frame/theme.svelte.ts';
import { i18n } from './i18n/index.svelte.ts';
import { router } from './router/router.svelte.ts';

theme.start();
router.start();
await i18n.start();

const target = document.getElementById('app');
if (target) mount(App, { target });
