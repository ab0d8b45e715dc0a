// Short notices at the edge of the screen, with undo where an act can be taken back.

export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'good' | 'bad';
  undo?: () => void;
}

const STAY_MS = 6000;
let last = 0;

class Toasts {
  list = $state<Toast[]>([]);

  show(text: string, options: { tone?: Toast['tone']; undo?: () => void } = {}): void {
    last += 1;
    const toast: Toast = { id: last, text, tone: options.tone ?? 'plain', undo: options.undo };
    this.list = [...this.list.slice(-2), toast];
    // What went wrong stays until it is read.
    if (toast.tone !== 'bad') setTimeout(() => this.drop(toast.id), STAY_MS);
  }

  good(text: string, undo?: () => void): void {
    this.show(text, { tone: 'good', undo });
  }

  bad(text: string): void {
    this.show(text, { tone: 'bad' });
  }

  drop(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
