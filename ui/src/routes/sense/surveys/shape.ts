// Survey documents as the editor holds them, and small changes to them that share nothing with the original.
import type { FieldFault } from '../../../api/index.ts';

export const LANGUAGES = ['en', 'zh-Hans', 'zh-Hant'] as const;
export type Language = (typeof LANGUAGES)[number];
/** One text for all languages, or one per language. */
export type Text = string | Partial<Record<Language, string>>;
export const TYPES = ['nps', 'csat', 'ces', 'single', 'multiple', 'text'] as const;
export type QuestionType = (typeof TYPES)[number];

export interface Choice {
  id: string;
  label: Text;
}
export interface Question {
  id: string;
  type: QuestionType;
  title: Text;
  hint?: Text;
  required?: boolean;
  show_if?: string;
  low?: Text;
  high?: Text;
  options?: Choice[];
  min?: number;
  max?: number;
  max_length?: number;
}
export interface SurveyDocument {
  code: string;
  pillar: string;
  languages: Language[];
  title: Text;
  touchpoint?: string;
  channel?: string;
  intro?: Text;
  thanks?: Text;
  questions: Question[];
}
export interface SurveyView {
  id: string;
  code: string;
  pillar: string;
  title: Record<string, string>;
  status: 'draft' | 'published' | 'closed';
  published_version: number | null;
  revision: number;
  changed: boolean;
  yaml: string;
  document: SurveyDocument | null;
  faults: FieldFault[];
  updated_at: string;
}

/** The text of one language. */
export function textOf(text: Text | undefined, lang: Language): string {
  if (text === undefined || text === null) return '';
  return typeof text === 'string' ? text : (text[lang] ?? '');
}

/** The text with one language changed. */
export function withText(text: Text | undefined, lang: Language, value: string, languages: readonly Language[]): Text {
  const all: Partial<Record<Language, string>> =
    typeof text === 'string' ? Object.fromEntries(languages.map((l) => [l, text])) : { ...(text ?? {}) };
  all[lang] = value;
  return all;
}

/** An id no question has yet. */
export function freshId(taken: readonly string[], stem: string): string {
  if (!taken.includes(stem)) return stem;
  let n = 2;
  while (taken.includes(`${stem}_${n}`)) n += 1;
  return `${stem}_${n}`;
}

/** A new question of a type, empty but valid in shape. */
export function freshQuestion(type: QuestionType, document: SurveyDocument): Question {
  const id = freshId(document.questions.map((q) => q.id), type === 'text' ? 'comment' : type);
  const empty = () => Object.fromEntries(document.languages.map((l) => [l, '']));
  const choices = ['a', 'b'].map((choice) => ({ id: choice, label: empty() }));
  const question: Question = { id, type, title: empty(), required: type !== 'text' && type !== 'multiple' };
  return type === 'single' || type === 'multiple' ? { ...question, options: choices } : question;
}

/** A question turned into another type: what the new type lacks goes. */
export function retype(question: Question, type: QuestionType, document: SurveyDocument): Question {
  const { id, title, hint, required, show_if, options } = question;
  const next: Question = { ...freshQuestion(type, document), id, title, required };
  if (hint) next.hint = hint;
  if (show_if) next.show_if = show_if;
  if (next.options && options) next.options = options;
  return next;
}

export function moved<T>(list: readonly T[], from: number, by: number): T[] {
  const to = from + by;
  if (to < 0 || to >= list.length) return [...list];
  const next = [...list];
  const [one] = next.splice(from, 1);
  next.splice(to, 0, one as T);
  return next;
}

/** Past and future of a value, at most a hundred steps. Changes of one field within a second are one step. */
export class Steps<T> {
  #past: T[] = [];
  #future: T[] = [];
  #last = '';
  #at = 0;

  /** Notes the value before a change; `field` names what is being changed. */
  note(before: T, field: string, now: number): void {
    if (field === '' || field !== this.#last || now - this.#at > 1000) this.#past = [...this.#past, before].slice(-100);
    this.#future = [];
    this.#last = field;
    this.#at = now;
  }
  undo(present: T): T | undefined {
    const before = this.#past.pop();
    if (before !== undefined) this.#future.push(present);
    this.#last = '';
    return before;
  }
  redo(present: T): T | undefined {
    const after = this.#future.pop();
    if (after !== undefined) this.#past.push(present);
    this.#last = '';
    return after;
  }
  get canUndo(): boolean {
    return this.#past.length > 0;
  }
  get canRedo(): boolean {
    return this.#future.length > 0;
  }
}
