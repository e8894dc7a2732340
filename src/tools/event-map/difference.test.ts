import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceOf, isSameModule } from './difference.ts';

const TEXT = `// Written by a tool
export interface Events {
  'page views': {
    'it\\'s': string | null;
    list: (string | number)[];
  };
}
`;

test('a formatter’s changes are no difference', () => {
  const formatted = `// Something else
export interface Events {
    "page views": {
        "it's": string | null,
        "list": (
            | string
            | number
        )[]
    }
}`;
  assert.ok(isSameModule(TEXT, formatted));
  assert.ok(isSameModule(TEXT, TEXT.replaceAll('\n', '\r\n')));
});

test('any other change is one', () => {
  for (const [from, to] of [
    ['page views', 'pageviews'],
    ['string | null', 'string'],
    ['list:', 'list?:'],
    ['(string | number)[]', 'string | number[]'],
    ['  };\n', '    more: string;\n  };\n'],
  ] as const) {
    assert.ok(TEXT.includes(from));
    assert.ok(!isSameModule(TEXT, TEXT.replace(from, to)), from);
  }
});

test('the difference names the changed lines and those around them', () => {
  const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm'];
  const after = before.map((line) => (line === 'c' ? 'C' : line)).filter((line) => line !== 'l');
  assert.deepEqual(differenceOf(before.join('\n'), after.join('\n')), [
    '  a',
    '  b',
    '- c',
    '+ C',
    '  d',
    '  e',
    '  f',
    '  …',
    '  i',
    '  j',
    '  k',
    '- l',
    '  m',
  ]);
  assert.deepEqual(differenceOf('', 'x\ny'), ['- ', '+ x', '+ y']);
});
