/** What an XML answer is built from; `undefined` members are left out, lists become repeated item elements. */
export type XmlValue = string | number | boolean | Date | undefined | readonly XmlValue[] | XmlItems | XmlStructure;

/** A list whose elements have a name of their own, as `DBInstance` inside `DBInstances`. */
export class XmlItems {
  readonly element: string;
  readonly items: readonly XmlValue[];

  constructor(element: string, items: readonly XmlValue[]) {
    this.element = element;
    this.items = items;
  }
}

/** A structure of an XML answer, keyed by element name. */
export interface XmlStructure {
  readonly [element: string]: XmlValue;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for an element; control characters become references so that a parser keeps them. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? character).replaceAll('\r', '&#xD;');
}

/** Writes the members of a structure as elements. */
export function writeXml(structure: XmlStructure, itemElement: 'item' | 'member'): string {
  return Object.entries(structure)
    .map(([element, value]) => writeElement(element, value, itemElement))
    .join('');
}

/** Absent members make no element: an empty one would read as empty text. */
function writeElement(element: string, value: XmlValue, itemElement: 'item' | 'member'): string {
  if (value === undefined) return '';
  return `<${element}>${writeContent(value, itemElement)}</${element}>`;
}

function writeContent(value: Exclude<XmlValue, undefined>, itemElement: 'item' | 'member'): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof XmlItems)
    return value.items.map((item) => writeElement(value.element, item, itemElement)).join('');
  if (isList(value)) return value.map((item) => writeElement(itemElement, item, itemElement)).join('');
  if (typeof value === 'object') return writeXml(value, itemElement);
  return escapeXml(String(value));
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}
