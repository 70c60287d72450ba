// Words and numbers for people.

export function count(number) {
  return number.toLocaleString('en', { maximumFractionDigits: number < 10 ? 1 : 0 });
}

export function ms(time) {
  return time === null || time === undefined ? '–' : `${count(time)} ms`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function size(bytes) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

/** Sets the text of an element, where it is another. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with text or children in it. Text is never read as markup. */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [property, value] of Object.entries(properties)) {
    if (property.startsWith('data-') || property === 'scope') element.setAttribute(property, value);
    else element[property] = value;
  }
  element.append(...children);
  return element;
}
