// The script a host page loads: track, identify, and the question when one is due.
// It adds one element to the page, and only when somebody is asked.
interface Call extends Array<unknown> {
  0: 'track' | 'identify';
}
interface Loader {
  track(event: string, properties?: object): void;
  identify(userId: string, traits?: object): void;
  [index: number]: Call;
}

const script = document.currentScript as HTMLScriptElement;
const source = new URL(script.src);
const key = source.searchParams.get('key') ?? '';
const store = (name: string, value?: string): string | null => {
  try {
    if (value !== undefined) localStorage.setItem(`peakend.${name}`, value);
    return localStorage.getItem(`peakend.${name}`);
  } catch {
    return null;
  }
};
const fresh = (): string =>
  crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
const anonymousId = store('anonymous') ?? fresh();
store('anonymous', anonymousId);
let userId = store('user');

let queue: object[] = JSON.parse(store('queue') ?? '[]') as object[];
let sending = false;
const keep = () => store('queue', JSON.stringify(queue.slice(-200)));

// text/plain needs no preflight, and it is what beacons can send
const body = (batch: object[]) => JSON.stringify({ writeKey: key, batch });

async function flush(): Promise<void> {
  if (sending || queue.length === 0) return;
  sending = true;
  const batch = queue.slice(0, 100);
  try {
    const answer = await fetch(`${source.origin}/v1/batch`, { method: 'POST', body: body(batch), keepalive: true });
    // what the server refuses for good is not sent again
    if (answer.ok || (answer.status >= 400 && answer.status < 500 && answer.status !== 429)) {
      queue = queue.slice(batch.length);
      keep();
    }
  } catch {
    // offline: the queue is kept and sent with the next call
  }
  sending = false;
  if (queue.length > 0) setTimeout(() => void flush(), 5000);
}

function add(message: object): void {
  queue.push({ ...message, messageId: fresh(), anonymousId, ...(userId ? { userId } : {}), timestamp: new Date().toISOString() });
  keep();
}

let timer = 0;
async function poll(waits: number[]): Promise<void> {
  clearTimeout(timer);
  if (document.querySelector('peakend-ask')) return;
  try {
    const answer = await fetch(`${source.origin}/w/ask`, { method: 'POST', body: JSON.stringify({ key, anonymous_id: anonymousId }) });
    const { survey } = (await answer.json()) as { survey?: string | null };
    if (survey) return show(survey);
  } catch {
    // no answer means no question
  }
  const [wait, ...rest] = waits;
  if (wait !== undefined) timer = setTimeout(() => void poll(rest), wait) as unknown as number;
}

function show(survey: string): void {
  const host = document.createElement('peakend-ask');
  const root = host.attachShadow({ mode: 'open' });
  const lang = document.documentElement.lang || navigator.language;
  const close = /^zh-(hant|tw|hk|mo)/i.test(lang) ? '關閉' : /^zh/i.test(lang) ? '关闭' : 'Close';
  const style = document.createElement('style');
  style.textContent =
    '[role=dialog]{position:fixed;z-index:2147483647;right:16px;bottom:16px;width:min(400px,calc(100vw - 32px));' +
    'max-height:calc(100vh - 32px);border-radius:12px;overflow:hidden;background:Canvas;color:CanvasText;' +
    'color-scheme:light dark;box-shadow:0 8px 40px #0006}iframe{display:block;width:100%;height:360px;max-height:80vh;border:0}' +
    'button{position:absolute;right:0;top:0;width:44px;height:44px;border:0;background:none;color:inherit;font:20px system-ui;cursor:pointer}' +
    '.bar{height:36px}';
  const panel = document.createElement('div');
  panel.setAttribute('role', 'dialog');
  const frame = document.createElement('iframe');
  frame.src = `${source.origin}${survey}?embed=1&lang=${encodeURIComponent(lang)}`;
  frame.title = panel.ariaLabel = 'Peakend';
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = '×';
  button.setAttribute('aria-label', close);
  const bar = document.createElement('div');
  bar.className = 'bar';
  const end = () => {
    removeEventListener('message', hear);
    host.remove();
  };
  const hear = (event: MessageEvent) => {
    if (event.source !== frame.contentWindow || event.origin !== source.origin) return;
    const said = event.data as { peakend?: string; height?: number };
    if (said.peakend === 'height' && said.height) frame.style.height = `${Math.min(said.height, innerHeight * 0.8)}px`;
    if (said.peakend === 'done') setTimeout(end, 4000);
  };
  addEventListener('message', hear);
  button.onclick = end;
  panel.onkeydown = (event) => event.key === 'Escape' && end();
  panel.append(bar, frame, button);
  root.append(style, panel);
  document.body.append(host);
}

const SOON = [400, 500, 600, 1000, 2000, 4000, 8000, 15000, 30000];
const api = {
  track(event: string, properties: object = {}) {
    add({ type: 'track', event, properties });
    void flush().then(() => poll(SOON));
  },
  identify(id: string, traits: object = {}) {
    userId = id;
    store('user', id);
    add({ type: 'identify', traits });
    void flush();
  },
};

const host = window as unknown as { peakend?: Loader };
const early = Array.isArray(host.peakend) ? (host.peakend as unknown as Call[]) : [];
host.peakend = api as unknown as Loader;
for (const [name, ...rest] of early) (api[name] as (...all: unknown[]) => void)(...rest);
addEventListener('pagehide', () => {
  if (queue.length > 0) navigator.sendBeacon(`${source.origin}/v1/batch`, body(queue.slice(0, 100)));
});
void flush().then(() => poll([]));
