/** Text that is HTML already. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** A template of HTML: what is put in is escaped, unless it is {@link Html} itself. */
export function html(parts: TemplateStringsArray, ...values: readonly (Html | string | number)[]): Html {
  return new Html(parts.reduce((text, part, i) => `${text}${escape(values[i - 1])}${part}`))
}

/** Text that is put into HTML as it is. */
export function raw(text: string): Html {
  return new Html(text)
}

export function join(parts: readonly Html[]): Html {
  return new Html(parts.map(String).join(''))
}

function escape(value: Html | string | number): string {
  return value instanceof Html ? value.toString() : String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
