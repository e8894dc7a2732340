import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Builder, Capabilities, type WebDriver } from 'selenium-webdriver';
import { findBrowser } from '../../../scripts/browsers.mjs';
import { until } from '../../../scripts/testing/until.ts';
import { freePorts } from '../../fixtures/free-ports.ts';
import { temporaryFolder } from '../../fixtures/paths.ts';
import { signalProcess } from '../../fixtures/processes.ts';
import { startDisplay } from './display.ts';
import type { Browser, Engine, Tab, Visit } from './engine.ts';
import { visitOf } from './visit-of.ts';

/** Debian's WebKit: MiniBrowser, driven over WebDriver. */
export const webkitGtk: Engine = { name: 'webkit', start, visit };

/** An environment in which MiniBrowser keeps all of its files in one folder. */
const environment = (folder: string, display: string) => ({
  ...process.env,
  DISPLAY: display,
  HOME: folder,
  XDG_DATA_HOME: `${folder}/data`,
  XDG_CACHE_HOME: `${folder}/cache`,
  XDG_CONFIG_HOME: `${folder}/config`,
  // There is no graphics card and no desktop.
  LIBGL_ALWAYS_SOFTWARE: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  NO_AT_BRIDGE: '1',
});

async function start(): Promise<Browser> {
  const folder = temporaryFolder();
  const display = await startDisplay();
  const [port] = await freePorts(1);
  const server = spawn('WebKitWebDriver', [`--port=${port}`], {
    env: environment(folder.path, display.name),
    detached: true,
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  // The browser is in the same process group, which a negative id names.
  const kill = () => signalProcess(-server.pid!, 'SIGKILL');
  process.on('exit', kill);
  const address = `http://127.0.0.1:${port}`;
  await until('WebKitWebDriver to listen', () =>
    fetch(`${address}/status`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const driver = await new Builder().usingServer(address).withCapabilities(capabilities()).build();
  await driver.manage().setTimeouts({ script: 120_000, pageLoad: 60_000 });
  // A WebDriver session controls one window at a time.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(job: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(job);
    turn = result.catch(() => {});
    return result;
  };
  const first = await driver.getWindowHandle();

  return {
    version: (await driver.getCapabilities()).get('browserVersion') as string,
    open: (url) =>
      inTurn(async () => {
        await driver.switchTo().window(first);
        await driver.switchTo().newWindow('tab');
        const handle = await driver.getWindowHandle();
        await driver.get(url);
        return windowTab(driver, handle, inTurn);
      }),
    async close() {
      kill();
      process.off('exit', kill);
      await ended;
      await display.close();
      folder.remove();
    },
  };
}

const capabilities = () =>
  new Capabilities({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': {
      binary: findBrowser('webkit')!.executablePath,
      args: ['--automation', '--enable-page-cache=true', '--javascript-can-open-windows-automatically=true'],
    },
  });

function windowTab(
  driver: WebDriver,
  handle: string,
  inTurn: <Result>(job: () => Promise<Result>) => Promise<Result>,
): Tab {
  const here = <Result>(job: () => Promise<Result>) =>
    inTurn(async () => {
      await driver.switchTo().window(handle);
      return job();
    });
  return {
    evaluate: (inPage, argument) =>
      here(async () => {
        const script = `const [argument, done] = arguments;
          Promise.resolve(argument).then(${inPage}).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
        const { value, error } = (await driver.executeAsyncScript(script, argument)) as {
          value: never;
          error?: string;
        };
        if (error !== undefined) throw new Error(error);
        return value;
      }),
    go: (url) => here(() => driver.get(url)),
    // Not by a script: WebDriver waits two minutes for the next script if that one begins before the page is left.
    back: () => here(() => driver.navigate().back()),
    reload: () => here(() => driver.navigate().refresh()),
    close: () => here(() => driver.close()),
  };
}

/** Without WebDriver, because its sessions keep no data, whatever the profile. */
async function visit(profile: string, url: string): Promise<Visit> {
  const display = await startDisplay();
  const child = spawn(findBrowser('webkit')!.executablePath, [url], {
    env: environment(profile, display.name),
    detached: true,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  return visitOf(
    ({ pid }) => pid === child.pid,
    /WebKitWebProcess/,
    async () => {
      await ended;
      await display.close();
    },
  );
}
