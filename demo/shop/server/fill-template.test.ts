import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillTemplate } from './fill-template.ts';

const none = (file: string): string => assert.fail(`includes ${file}`);

test('a value cannot break out of its attribute or become a tag', () => {
  const filled = fillTemplate('<p title="{{a}}">{{a}}</p>', { a: `"><script>'&` }, none);
  assert.equal(filled, '<p title="&quot;&gt;&lt;script&gt;&#39;&amp;">&quot;&gt;&lt;script&gt;&#39;&amp;</p>');
});

test('a built file goes in as it is, dollar signs and all', () => {
  assert.equal(fillTemplate('<script>{{! stub}}</script>', { stub: "a=>'$&$1'" }, none), "<script>a=>'$&$1'</script>");
});

test('an included template is filled with the same values', () => {
  const files: Record<string, string> = { 'body.html': '[{{> foot.html}}]', 'foot.html': '{{a}}' };
  assert.equal(
    fillTemplate('{{> body.html}}', { a: '<' }, (file) => files[file]!),
    '[&lt;]',
  );
});

test('a name without a value is an error, not a blank', () => {
  assert.throws(() => fillTemplate('{{writeKy}}', { writeKey: 'write_a' }, none), /"writeKy"/);
});
