// Turns the server's form into one question at a time. Without it the form stands as it is.
import { holds, type Expr } from '../src/domain/expression.ts';

interface Asked {
  id: string;
  type: string;
  required: boolean;
  show: Expr | null;
}
interface Data {
  id: string;
  action: string | null;
  questions: Asked[];
  context: unknown;
  words: Record<'next' | 'back' | 'send' | 'required' | 'progress' | 'sending' | 'kept' | 'failed' | 'wrong' | 'left', string>;
  thanks: [string, string];
}
type Answer = string | number | string[];
/** What is kept on the device until the server has acknowledged it. */
interface Kept {
  id: string;
  answers: Record<string, Answer>;
  waiting?: boolean;
}

const data = JSON.parse(document.getElementById('survey')!.textContent!) as Data;
const form = document.querySelector('form')!;
const key = `peakend:${location.pathname}`;
const words = data.words;
const status = form.querySelector<HTMLElement>('.status')!;
const buttons = form.querySelector<HTMLElement>('.buttons')!;
const send = buttons.querySelector('button')!;
const field = (id: string) => document.getElementById(`q-${id}`) as HTMLFieldSetElement;

function answers(): Record<string, Answer> {
  const given: Record<string, Answer> = {};
  for (const q of data.questions) {
    const values = new FormData(form).getAll(q.id).map(String).filter((text) => text.trim() !== '');
    if (values.length === 0) continue;
    if (q.type === 'multiple') given[q.id] = values;
    else given[q.id] = q.type === 'single' || q.type === 'text' ? values[0]! : Number(values[0]);
  }
  return given;
}

/** The questions shown for the present answers; answers to hidden ones do not count. */
function shown(): Asked[] {
  const given = answers();
  const kept: Record<string, Answer> = {};
  return data.questions.filter((q) => {
    const facts = { answers: kept, context: data.context, event: data.context };
    if (q.show && !holds(q.show, facts)) return false;
    if (given[q.id] !== undefined) kept[q.id] = given[q.id]!;
    return true;
  });
}

function keep(state: Kept | null): void {
  try {
    if (state) localStorage.setItem(key, JSON.stringify(state));
    else localStorage.removeItem(key);
  } catch {
    // private windows may refuse storage; the form itself still holds the answers
  }
}

function recall(): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}

function restore(state: Kept): void {
  data.id = state.id;
  for (const [id, answer] of Object.entries(state.answers)) {
    const wanted = Array.isArray(answer) ? answer : [String(answer)];
    for (const input of form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(`[name="${CSS.escape(id)}"]`)) {
      if (input instanceof HTMLTextAreaElement) input.value = wanted[0] ?? '';
      else input.checked = wanted.includes(input.value);
    }
  }
}

let at = data.questions[0]!.id;
const bar = document.createElement('progress');
const back = document.createElement('button');
back.type = 'button';
back.className = 'plain';
back.textContent = words.back;

function say(text: string, bad = false): void {
  status.textContent = text;
  status.classList.toggle('fault', bad);
}

function draw(focus = false): void {
  const list = shown();
  let index = list.findIndex((q) => q.id === at);
  if (index < 0) {
    // the question at hand is hidden now: go to the last shown one before it
    const order = data.questions.map((q) => q.id);
    const before = list.filter((q) => order.indexOf(q.id) < order.indexOf(at));
    index = Math.max(0, before.length - 1);
    at = list[index]!.id;
  }
  for (const q of data.questions) field(q.id).hidden = q.id !== at;
  bar.max = list.length;
  bar.value = index + 1;
  bar.setAttribute('aria-label', words.progress.replace('{n}', String(index + 1)).replace('{total}', String(list.length)));
  back.hidden = index === 0;
  send.textContent = index === list.length - 1 ? words.send : words.next;
  if (focus) field(at).querySelector<HTMLElement>('input:checked, input, textarea')?.focus();
  if (parent !== self) parent.postMessage({ peakend: 'height', height: document.documentElement.scrollHeight }, '*');
}

function step(by: number): void {
  const list = shown();
  const next = list[list.findIndex((q) => q.id === at) + by];
  if (next) at = next.id;
  say('');
  draw(true);
}

let sending = false;
async function submit(): Promise<void> {
  const given = answers();
  const visible = new Set(shown().map((q) => q.id));
  const said = Object.fromEntries(Object.entries(given).filter(([id]) => visible.has(id)));
  if (!data.action) return done();
  keep({ id: data.id, answers: given, waiting: true });
  if (sending) return;
  sending = true;
  send.disabled = true;
  say(words.sending);
  try {
    const response = await fetch(data.action, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ id: data.id, lang: document.documentElement.lang, answers: said }),
    });
    if (response.ok) return done();
    if (response.status === 404 || response.status === 409 || response.status === 410) {
      keep(null);
      location.reload();
      return;
    }
    if (response.status === 422) {
      keep({ id: data.id, answers: given });
      const problem = (await response.json()) as { faults?: { path: string; code: string }[] };
      const fault = problem.faults?.[0];
      const id = fault?.path.match(/^answers\.(\w+)/)?.[1];
      if (id && visible.has(id)) at = id;
      draw(true);
      say(fault?.code === 'required' ? words.required : words.wrong, true);
      return;
    }
    say(words.failed, true);
    setTimeout(retry, 15_000);
  } catch {
    say(words.kept);
    setTimeout(retry, 15_000);
  } finally {
    sending = false;
    send.disabled = false;
  }
}

function retry(): void {
  if (recall()?.waiting) void submit();
}

function done(): void {
  keep(null);
  const main = document.querySelector('main')!;
  main.className = 'message';
  const title = document.createElement('h1');
  const more = document.createElement('p');
  title.tabIndex = -1;
  title.textContent = data.thanks[0];
  more.textContent = data.thanks[1];
  main.replaceChildren(title, more);
  title.focus();
  if (parent !== self) parent.postMessage({ peakend: 'done' }, '*');
}

form.noValidate = true;
form.prepend(bar);
buttons.prepend(back);
back.addEventListener('click', () => step(-1));
form.addEventListener('input', () => {
  keep({ id: data.id, answers: answers() });
  say('');
  draw();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const list = shown();
  const here = list.find((q) => q.id === at)!;
  if (here.required && answers()[at] === undefined) {
    say(words.required, true);
    field(at).querySelector<HTMLElement>('input, textarea')?.focus();
    return;
  }
  if (list[list.length - 1]!.id === at) void submit();
  else step(1);
});
addEventListener('online', retry);

const before = recall();
if (before) restore(before);
const faulty = form.querySelector<HTMLElement>('fieldset.faulty');
if (faulty) at = faulty.dataset.id!;
draw();
if (before?.waiting) retry();
