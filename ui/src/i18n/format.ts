// The message format: `{name}` and `{n, plural, one {# case} other {# cases}}`.

export type Args = Record<string, string | number>;

type Part = string | { name: string; forms?: Record<string, Part[]> } | { count: true };

/** Parses one message; throws with the message's text when braces do not match. */
export function parse(source: string): Part[] {
  let at = 0;

  function text(inPlural: boolean): Part[] {
    const parts: Part[] = [];
    let literal = '';
    const flush = () => {
      if (literal) parts.push(literal);
      literal = '';
    };
    while (at < source.length) {
      const ch = source[at];
      if (ch === '}') {
        if (inPlural) break;
        throw new Error(`unexpected } at ${at} in "${source}"`);
      }
      if (ch === '{') {
        flush();
        at += 1;
        parts.push(argument());
      } else if (ch === '#' && inPlural) {
        flush();
        at += 1;
        parts.push({ count: true });
      } else {
        literal += ch;
        at += 1;
      }
    }
    flush();
    return parts;
  }

  function argument(): Part {
    const head = /^\s*(\w+)\s*(\}|,\s*plural\s*,)/.exec(source.slice(at));
    if (!head) throw new Error(`bad argument at ${at} in "${source}"`);
    at += head[0].length;
    const name = head[1] ?? '';
    if (head[2] === '}') return { name };
    const forms: Record<string, Part[]> = {};
    for (;;) {
      const form = /^\s*(=\d+|zero|one|two|few|many|other)\s*\{/.exec(source.slice(at));
      if (!form) break;
      at += form[0].length;
      forms[form[1] ?? ''] = text(true);
      if (source[at] !== '}') throw new Error(`unclosed plural form in "${source}"`);
      at += 1;
    }
    const tail = /^\s*\}/.exec(source.slice(at));
    if (!tail || !forms.other) throw new Error(`plural without "other" or end in "${source}"`);
    at += tail[0].length;
    return { name, forms };
  }

  return text(false);
}

/** The names of the arguments that a message uses, sorted. */
export function argumentNames(source: string): string[] {
  const names = new Set<string>();
  const walk = (parts: Part[]) => {
    for (const part of parts) {
      if (typeof part === 'string' || 'count' in part) continue;
      names.add(part.name);
      for (const form of Object.values(part.forms ?? {})) walk(form);
    }
  };
  walk(parse(source));
  return [...names].sort();
}

/** Fills a message in. A missing argument stays visible as `{name}`. */
export function fill(source: string, args: Args, locale: string): string {
  if (!source.includes('{')) return source;
  const number = (value: number) => new Intl.NumberFormat(locale).format(value);
  const show = (value: string | number | undefined, name: string) =>
    value === undefined ? `{${name}}` : typeof value === 'number' ? number(value) : value;
  const render = (parts: Part[], count?: string | number): string =>
    parts
      .map((part) => {
        if (typeof part === 'string') return part;
        if ('count' in part) return show(count, '#');
        const value = args[part.name];
        if (!part.forms) return show(value, part.name);
        const n = Number(value ?? 0);
        const form =
          part.forms[`=${n}`] ??
          part.forms[new Intl.PluralRules(locale).select(n)] ??
          part.forms.other ??
          [];
        return render(form, value);
      })
      .join('');
  return render(parse(source));
}
