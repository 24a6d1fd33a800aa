import { h } from './dom.js';

/**
 * A row of buttons of which one is pressed.
 * @param {string} label what is chosen, for those who do not see it
 * @param {[value: unknown, text: string][]} choices
 * @param {unknown} chosen the value that is pressed at first
 * @param {(value: any) => void} choose
 */
export function choiceButtons(label, choices, chosen, choose) {
  const buttons = choices.map(([value, text]) =>
    h(
      'button',
      {
        type: 'button',
        'aria-pressed': String(value === chosen),
        onclick: () => {
          for (const [index, button] of buttons.entries())
            button.setAttribute('aria-pressed', String(choices[index][0] === value));
          choose(value);
        },
      },
      text,
    ),
  );
  return h('div.segments', { role: 'group', 'aria-label': label }, buttons);
}
