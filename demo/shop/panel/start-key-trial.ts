import type { AccessKey } from '../../../src/types.ts';
import { part } from '../dom.ts';
import type { ShopTracker } from './shop-tracker.ts';

/** Random keys, new at each click. No collector knows them. */
const EXAMPLES: Record<string, () => string | AccessKey> = {
  'A Read key': () => `read_${hex(64)}`,
  'A Master key, 32 hex digits': () => hex(32),
  'A project id': () => hex(24),
  'An Access Key that may query': () => ({ key: hex(64), is_active: true, permitted: ['writes', 'queries'] }),
  'A key with a line break': () => `write_${hex(64)}\r\nX-Injected: yes`,
  'A good Write key': () => `write_${hex(64)}`,
};

/** Wires the panel's section that tries keys. It never shows a key, not even in part. */
export function startKeyTrial(panel: HTMLElement, tracker: ShopTracker): void {
  const verdict = part(panel, 'verdict');
  const field = part<HTMLTextAreaElement>(panel, 'key');

  const tryKey = (label: string, key: string | AccessKey) => {
    try {
      tracker.tryKey(key);
      show(
        'good',
        'Let in',
        label,
        'Nothing in it says that it can read. Only the collector knows whether it is valid. The shop keeps its own key.',
      );
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      show('bad', 'Return to sender', label, `${error.name}: ${error.message}`);
    }
  };

  const show = (tone: 'good' | 'bad', stampText: string, label: string, text: string) => {
    const stamp = document.createElement('b');
    stamp.className = 'rubber-stamp';
    stamp.textContent = stampText;
    const keyLabel = document.createElement('span');
    keyLabel.textContent = label;
    const reason = document.createElement('p');
    reason.textContent = text;
    verdict.dataset.tone = tone;
    verdict.replaceChildren(stamp, keyLabel, reason);
  };

  part(panel, 'examples').append(
    ...Object.entries(EXAMPLES).map(([label, createKey]) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = label;
      button.addEventListener('click', () => tryKey(label, createKey()));
      return button;
    }),
  );

  part(panel, 'try').addEventListener('click', () => {
    const text = field.value;
    field.value = '';
    tryKey('Your key', readKey(text));
    field.focus();
  });
}

/** JSON is read as an Access Key. All other text is used unchanged, including line breaks. */
function readKey(text: string): string | AccessKey {
  if (!text.trim().startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const hex = (digits: number) =>
  Array.from(crypto.getRandomValues(new Uint8Array(digits / 2)), (byte) => byte.toString(16).padStart(2, '0')).join('');
