// Texts that the organisation wrote in one or more languages, keyed by language tag.

export type LocalText = Record<string, string>;

/** The text for a language, else English, else any; a plain string is taken as it is. */
export function localText(text: LocalText | string | null | undefined, lang: string): string {
  if (text == null) return '';
  if (typeof text === 'string') return text;
  return text[lang] ?? text.en ?? Object.values(text)[0] ?? '';
}
