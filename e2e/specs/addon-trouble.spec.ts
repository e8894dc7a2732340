// Errors, rejections, failed resources; clicks of rage, dead clicks and clicks that an error follows.
import type { Page } from 'playwright/test';
import { addonPage, madeEvents } from '../fixtures/addons.ts';
import { expect, type Site, test } from '../fixtures/test.ts';

async function open(page: Page, site: Site, { script = '', body = '', early = '' }) {
  const url = await addonPage(site, { path: '/shop', body, script: `${script} window.ready = true;`, early });
  await page.goto(url);
  await page.waitForFunction(() => (window as any).ready);
}

const made = async (page: Page) => (await madeEvents(page)).map(({ event }) => event);
const sendAll = (page: Page) => page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide')));

/** Errors that a page reports as the browser would; nothing escapes into the test. */
const RAISE = `
  window.raise = (error, more) => dispatchEvent(new ErrorEvent('error', { error, message: String(error), filename: location.origin + '/app.js?token=1', lineno: 1, colno: 2, ...more }));
  window.reject = (reason) => dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason }));`;

test.describe('errors', () => {
  const start = (page: Page, site: Site, options = '{}') =>
    open(page, site, { early: RAISE, script: `window.stop = addons.errors(target, ${options});` });

  test('errors and rejections, with a stack that nobody parsed and without what is private', async ({ page, site }) => {
    await start(page, site);
    await page.evaluate(() => {
      const { raise, reject } = window as any;
      const error = new TypeError('no user jane@post.example', { cause: new Error('card 4111111111111111') });
      error.stack = 'TypeError: no user jane@post.example\n    at f (http://x.example/app.js?token=1:10:5)\n    at g';
      raise(error);
      reject(new RangeError('too far'));
      reject('a text');
      reject({ password: 'hidden-secret' });
    });
    const [error, range, text, object] = (await made(page)) as [any, any, any, any];
    expect(error).toMatchObject({
      kind: 'error',
      type: 'TypeError',
      message: 'no user *',
      source: `${site.url}/app.js`,
      line: 1,
      column: 2,
      cause: 'card *',
      count: 1,
    });
    expect(error.stack).toBe('TypeError: no user *\n    at f (http://x.example/app.js:10:5)\n    at g');
    expect(range).toMatchObject({ kind: 'rejection', type: 'RangeError', message: 'too far' });
    expect(text).toMatchObject({ kind: 'rejection', type: 'string', message: 'a text' });
    expect(object).toMatchObject({ type: 'object', message: '' });
    expect(JSON.stringify(await made(page))).not.toMatch(/hidden-secret|token=/);
  });

  test('a rejection for no reason, or for a value that counts as false, is an event too', async ({ page, site }) => {
    await start(page, site);
    await page.evaluate(() => [null, undefined, 0, false, ''].forEach((window as any).reject));
    const shown = (await made(page)).map(({ type, message }) => [type, message]);
    expect(shown).toEqual([
      ['object', 'null'],
      ['undefined', 'undefined'],
      ['number', '0'],
      ['boolean', 'false'],
      ['string', ''],
    ]);
  });

  test('repeats within a minute are one more event with their number', async ({ page, site }) => {
    await start(page, site);
    await page.evaluate(() => {
      const error = new Error('x');
      for (let n = 0; n < 5; n++) (window as any).raise(Object.assign(error, { message: `no item ${n}` }));
    });
    expect((await made(page)).map(({ count }) => count)).toEqual([1]);
    await sendAll(page);
    expect((await made(page)).map(({ count }) => count)).toEqual([1, 4]);
    await sendAll(page);
    expect(await made(page)).toHaveLength(2);
  });

  test('repeats are sent after a minute; after ten of a type one more in ten seconds', async ({ page, site }) => {
    await page.clock.install();
    await start(page, site);
    const raise = (from: number, to: number) =>
      page.evaluate(
        ([first, last]) => {
          for (let n = first!; n < last!; n++) (window as any).raise(new Error(String.fromCharCode(97 + n)));
        },
        [from, to],
      );
    await raise(0, 1);
    await page.clock.fastForward(30_000);
    await raise(0, 1);
    await page.clock.fastForward(31_000);
    const [first, repeat, ...others] = (await made(page)) as [any, any];
    expect(others).toEqual([]);
    expect([first.count, repeat.count]).toEqual([1, 1]);
    expect(Date.parse(repeat.first) - Date.parse(first.first)).toBeGreaterThanOrEqual(30_000);
    // The minute is over, so the same error is a new one.
    await raise(0, 1);
    expect(await made(page)).toHaveLength(3);
    await raise(1, 20);
    const burst = (await made(page)).length;
    expect(burst).toBeLessThan(14);
    await page.clock.fastForward(10_000);
    await raise(20, 24);
    expect(await made(page)).toHaveLength(burst + 1);
  });

  test('texts are cut: 500 characters of a message and of a cause, 2,000 of a stack', async ({ page, site }) => {
    await start(page, site);
    await page.evaluate(() => {
      const error = new Error('word '.repeat(1000), { cause: new Error('why '.repeat(1000)) });
      (window as any).raise(Object.assign(error, { stack: 'at f '.repeat(1000) }));
    });
    const [{ message, cause, stack }] = (await made(page)) as [any];
    expect([message.length, cause.length, stack.length]).toEqual([500, 500, 2000]);
  });

  test('scripts and styles that fail, unless they are not wanted; the page keeps its own handlers', async ({
    page,
    site,
  }) => {
    const fail = () =>
      page.evaluate(async () => {
        for (const [tag, attributes] of [
          ['script', { src: '/none.js?token=1' }],
          ['link', { rel: 'stylesheet', href: '/none.css?token=1' }],
        ] as const) {
          const element = Object.assign(document.createElement(tag), attributes);
          const failed = new Promise((done) => (element.onerror = done));
          document.head.append(element);
          await failed;
        }
        (window as any).raise(new Error('x'));
        return (window as any).heard;
      });
    const early = `${RAISE} window.heard = []; window.onerror = (message) => { heard.push(message); };
      window.onunhandledrejection = () => {};`;
    await open(page, site, {
      early,
      script: 'window.before = onerror; addons.errors(target); window.after = onerror;',
    });
    expect(await fail()).toEqual(['Error: x']);
    expect(await page.evaluate(() => (window as any).before === (window as any).after)).toBe(true);
    expect((await made(page)).map(({ kind, type, source }) => [kind, type, source])).toEqual([
      ['resource', 'script', `${site.url}/none.js`],
      ['resource', 'link', `${site.url}/none.css`],
      ['error', 'Error', `${site.url}/app.js`],
    ]);
    await page.evaluate(() => sessionStorage.clear());
    await start(page, site, '{ resources: false }');
    await fail();
    expect((await made(page)).map(({ kind }) => kind)).toEqual(['error']);
  });

  test('ten of a type at once, and fifty a page', async ({ page, site }) => {
    await start(page, site);
    await page.evaluate(() => {
      const { raise } = window as any;
      const name = (n: number) => String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26));
      for (let n = 0; n < 20; n++) raise(new TypeError(`first ${name(n)}`));
      for (let n = 0; n < 100; n++) raise(Object.assign(new Error(`then ${name(n)}`), { name: name(n) }));
    });
    const types = (await made(page)).map(({ type }) => type);
    expect(types.filter((type) => type === 'TypeError')).toHaveLength(10);
    expect(types).toHaveLength(50);
  });

  test('failed resources; extensions, other origins and observers are ignored', async ({ page, site }) => {
    // A global pattern remembers where it has found something.
    await start(page, site, '{ ignore: /mine/g }');
    await page.evaluate(async () => {
      const { raise } = window as any;
      const failed = new Promise((done) => addEventListener('error', done, { once: true, capture: true }));
      document.body.append(Object.assign(new Image(), { src: '/none.png?token=1' }));
      await failed;
      raise(null, { message: 'Script error.', filename: '' });
      raise(new Error('ResizeObserver loop completed with undelivered notifications.'));
      raise(new Error('theirs'), { filename: 'chrome-extension://abc/x.js' });
      raise(new Error('mine'));
      raise(new Error('also mine'));
      raise(new Error('mine too'));
    });
    expect(await made(page)).toMatchObject([{ kind: 'resource', type: 'img', source: `${site.url}/none.png` }]);
    await page.evaluate(() => {
      (window as any).stop();
      (window as any).raise(new Error('late'));
    });
    expect(await made(page)).toHaveLength(1);
  });
});

test.describe('frustration', () => {
  const start = async (page: Page, site: Site, body: string) => {
    await page.clock.install();
    await open(page, site, { early: RAISE, body, script: 'window.stop = addons.frustration(target);' });
  };

  test('rage is one event after the burst, not on a stepper, in a text or when text is selected', async ({
    page,
    site,
  }) => {
    await start(
      page,
      site,
      `<button id="a">x</button><p data-mailslot-repeat><button id="b">+</button></p><input id="c"><p id="d">some text</p>`,
    );
    // In one task, so that no slow machine makes them slow clicks.
    await page.evaluate(() => {
      for (const id of ['a', 'b', 'c']) {
        for (let n = 0; n < 4; n++) document.getElementById(id)!.click();
      }
    });
    await page.click('#d', { clickCount: 4 });
    await page.clock.fastForward(1100);
    const rage = (await made(page)).filter(({ kind }) => kind === 'rage');
    expect(rage).toEqual([{ kind: 'rage', selector: 'html>body>button#a', count: 4, ms: rage[0]?.ms }]);
    // Two quick clicks are none.
    await page.click('#a');
    await page.click('#a');
    await page.clock.fastForward(1100);
    await page.click('#a');
    await page.clock.fastForward(1100);
    expect((await made(page)).filter(({ kind }) => kind === 'rage')).toHaveLength(1);
  });

  test('dead from the second click on; an effect of any kind saves it', async ({ page, site }) => {
    await start(
      page,
      site,
      `<button id="dead">x</button><button id="works" onclick="this.title += 'x'">x</button>
       <span id="pointer" style="cursor: pointer">x</span><p id="text">text</p><input id="check" type="checkbox">
       <a id="link" href="#x">x</a><div id="host"></div>
       <script>host.attachShadow({ mode: 'open' }).innerHTML = '<button onclick="this.title += 1">x</button>';</script>`,
    );
    for (const id of ['dead', 'works', 'pointer', 'text', 'check', 'link']) {
      for (let n = 0; n < 2; n++) {
        await page.click(`#${id}`);
        await page.clock.fastForward(2100);
      }
    }
    for (let n = 0; n < 2; n++) {
      await page.click('#host button');
      await page.clock.fastForward(2100);
    }
    expect((await made(page)).map(({ kind, selector, count }) => [kind, selector, count])).toEqual([
      ['dead', 'html>body>button#dead', 2],
      ['dead', 'html>body>span#pointer', 2],
    ]);
    // A new view begins to count anew.
    await page.evaluate(() => dispatchEvent(new Event('mailslot:leave')));
    await page.click('#dead');
    await page.clock.fastForward(2100);
    expect(await made(page)).toHaveLength(2);
  });

  test('clicks far apart, slow, or on different elements are no rage', async ({ page, site }) => {
    await start(page, site, '<button id="a">x</button><button id="b">x</button><b id="text" contenteditable>x</b>');
    const click = (id: string, x = 0, y = 0) =>
      page.evaluate(
        ([to, clientX, clientY]) => {
          const at = { clientX, clientY, bubbles: true, composed: true } as MouseEventInit;
          document.getElementById(to as string)!.dispatchEvent(new MouseEvent('click', at));
        },
        [id, x, y] as const,
      );
    const rage = async () => {
      await page.clock.fastForward(1100);
      return (await made(page)).flatMap(({ kind, count }) => (kind === 'rage' ? [count] : []));
    };
    for (const x of [0, 60, 120]) await click('a', x);
    expect(await rage()).toEqual([]);
    for (const y of [0, 60, 120]) await click('a', 0, y);
    expect(await rage()).toEqual([]);
    for (const id of ['a', 'b', 'a', 'b']) await click(id);
    expect(await rage()).toEqual([]);
    for (let n = 0; n < 4; n++) await click('text');
    expect(await rage()).toEqual([]);
    for (let n = 0; n < 4; n++) {
      await click('a');
      await page.clock.fastForward(600);
    }
    expect(await rage()).toEqual([]);
    // Within 50 pixels they are.
    for (const [x, y] of [
      [0, 0],
      [40, 40],
      [0, 40],
    ])
      await click('a', x, y);
    expect(await rage()).toEqual([3]);
  });

  test('each sign of life saves a click', async ({ page, site }) => {
    const SIGNS = {
      toggle: `details.dispatchEvent(new Event('toggle'))`,
      invalid: `field.dispatchEvent(new Event('invalid'))`,
      change: `field.dispatchEvent(new Event('change'))`,
      input: `field.dispatchEvent(new Event('input'))`,
      select: `field.dispatchEvent(new Event('select'))`,
      submit: `field.form.dispatchEvent(new Event('submit'))`,
      copy: `document.dispatchEvent(new Event('copy'))`,
      fullscreenchange: `document.dispatchEvent(new Event('fullscreenchange'))`,
      scrollend: `document.getElementById('list').dispatchEvent(new Event('scrollend'))`,
      popstate: `dispatchEvent(new Event('popstate'))`,
      hashchange: `dispatchEvent(new Event('hashchange'))`,
      visibilitychange: `document.dispatchEvent(new Event('visibilitychange'))`,
      blur: `dispatchEvent(new Event('blur'))`,
      selection: `getSelection().selectAllChildren(list)`,
      text: `list.firstChild.data += 'x'`,
      nothing: '',
      'blur of a field': `field.dispatchEvent(new Event('blur'))`,
    };
    await start(
      page,
      site,
      `${Object.keys(SIGNS)
        .map((name) => `<button id="${name}">x</button>`)
        .join('')}
       <details id="details"></details><form><input id="field"></form><p id="list">text</p>`,
    );
    const dead: string[] = [];
    for (const [name, code] of Object.entries(SIGNS)) {
      const before = (await made(page)).length;
      for (let n = 0; n < 2; n++) {
        await page.evaluate(
          ([id, run]) => {
            document.getElementById(id)!.click();
            new Function('details', 'field', 'list', run)(
              ...['details', 'field', 'list'].map((to) => document.getElementById(to)),
            );
          },
          [name, code] as const,
        );
        await page.clock.fastForward(2100);
        await page.evaluate(() => getSelection()!.removeAllRanges());
      }
      if ((await made(page)).length > before) dead.push(name);
    }
    expect(dead).toEqual(['nothing', 'blur of a field']);
  });

  test('a click with a modifier key, and one after which the page scrolled, are not dead', async ({ page, site }) => {
    await start(
      page,
      site,
      '<button id="key">x</button><button id="scroll">x</button><div style="height: 300vh"></div>',
    );
    for (let n = 0; n < 2; n++) {
      await page.evaluate(() => {
        for (const key of ['metaKey', 'ctrlKey', 'shiftKey', 'altKey']) {
          document.getElementById('key')!.dispatchEvent(new MouseEvent('click', { bubbles: true, [key]: true }));
        }
        document.getElementById('scroll')!.click();
        scrollBy(0, 10);
      });
      await page.clock.fastForward(2100);
    }
    expect((await made(page)).filter(({ kind }) => kind === 'dead')).toEqual([]);
  });

  test('an error soon after a click is the click’s', async ({ page, site }) => {
    await start(page, site, `<button id="a" onclick="this.title += 1">x</button>`);
    await page.click('#a');
    await page.evaluate(() => (window as any).raise(new Error('x')));
    await page.evaluate(() => (window as any).raise(new Error('x')));
    await page.click('#a');
    await page.clock.fastForward(2100);
    await page.evaluate(() => (window as any).raise(new Error('x')));
    expect((await made(page)).map(({ kind, selector, count }) => [kind, selector, count])).toEqual([
      ['error', 'html>body>button#a', 1],
    ]);
  });

  test('a request and an animation are effects of a click, but the tracker’s own request is none', async ({
    page,
    site,
  }) => {
    site.file('/asked', { body: '' });
    site.file('/3.0/projects/p/events', { body: '{}' });
    await open(page, site, {
      body: `<button id="asks" onclick="fetch('/asked')">x</button>
        <button id="dead" onclick="fetch('/3.0/projects/p/events')">x</button>
        <button id="moves" onclick="this.animate([{ opacity: 0.9 }, { opacity: 1 }], 3000)">x</button>`,
      script: 'window.stop = addons.frustration(target);',
    });
    const wait = () => page.evaluate(() => new Promise((done) => setTimeout(done, 2100)));
    for (let n = 0; n < 2; n++) {
      await page.click('#moves');
      await wait();
    }
    for (let n = 0; n < 2; n++) {
      await page.click('#asks');
      await page.click('#dead');
      await wait();
    }
    await expect
      .poll(async () => (await made(page)).map(({ kind, selector }) => [kind, selector]))
      .toEqual([['dead', 'html>body>button#dead']]);
  });
});
