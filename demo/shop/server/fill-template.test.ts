import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillTemplate } from './fill-template.ts';

test('a value cannot break out of its attribute or become a tag', () => {
  const filled = fillTemplate('<p title="{{a}}">{{a}}</p>', { a: `"><script>'&` });
  assert.equal(filled, '<p title="&quot;&gt;&lt;script&gt;&#39;&amp;">&quot;&gt;&lt;script&gt;&#39;&amp;</p>');
});

test('a built file is inserted unchanged, including dollar signs', () => {
  assert.equal(fillTemplate('<script>{{! stub}}</script>', { stub: "a=>'$&$1'" }), "<script>a=>'$&$1'</script>");
});

test('a name without a value is an error', () => {
  assert.throws(() => fillTemplate('{{writeKy}}', { writeKey: 'write_a' }), /"writeKy"/);
});
