// Light, dark, or as the system says.

export type Theme = 'light' | 'dark' | 'system';
const STORED = 'peakend.theme';

class ThemeChoice {
  now = $state<Theme>('system');

  start(): void {
    const stored = localStorage.getItem(STORED);
    if (stored === 'light' || stored === 'dark') this.use(stored);
  }

  use(theme: Theme): void {
    this.now = theme;
    const root = document.documentElement;
    if (theme === 'system') {
      localStorage.removeItem(STORED);
      root.removeAttribute('data-theme');
    } else {
      localStorage.setItem(STORED, theme);
      root.setAttribute('data-theme', theme);
    }
  }
}

export const theme = new ThemeChoice();
