// Finds a browser on this machine, or gets one. Uses nothing but Node until `npm ci` has run.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const minutes = 60_000;
const require = createRequire(import.meta.url);
const isRoot = process.getuid?.() === 0;

function folderNames(folder) {
  try {
    return readdirSync(folder);
  } catch {
    // Not on this system.
    return [];
  }
}

/**
 * One row per engine. `args` go to every start of it; the rest says where to look, in this order: Playwright's own build, a name
 * on PATH, a fixed place, Playwright's download, Debian's packages. `needs` are programs without which one that is not Playwright's
 * own cannot be used.
 */
const engines = {
  chromium: {
    chooseWith: 'MAILSLOT_CHROMIUM',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    places: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
      'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
    ],
    debianPackages: ['chromium'],
    args: [
      // Nothing but the page's own requests may go out.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-quic',
      // Chromium refuses to start its sandbox as root, which is what containers are.
      ...(isRoot ? ['--no-sandbox'] : []),
    ],
  },
  firefox: {
    chooseWith: 'MAILSLOT_FIREFOX',
    names: ['firefox-esr', 'firefox'],
    places: ['/Applications/Firefox.app/Contents/MacOS/firefox', 'C:\\Program Files\\Mozilla Firefox\\firefox.exe'],
    debianPackages: ['firefox-esr'],
    args: [],
  },
  webkit: {
    chooseWith: 'MAILSLOT_WEBKIT',
    names: [],
    places: folderNames('/usr/lib').map((name) => `/usr/lib/${name}/webkit2gtk-4.1/MiniBrowser`),
    needs: ['WebKitWebDriver', 'Xvfb'],
    debianPackages: ['webkit2gtk-driver', 'xvfb'],
    args: [],
  },
};

const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * A browser whose system libraries are missing is there and still does not run. Asking Chrome on Windows opens a window;
 * MiniBrowser wants a display even for this, and came with its libraries.
 */
const runs = (file) =>
  isExecutable(file) &&
  (process.platform === 'win32' ||
    file.endsWith('MiniBrowser') ||
    spawnSync(file, ['--version'], { stdio: 'ignore', timeout: minutes / 2 }).status === 0);

const onPath = (name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));

/**
 * The engine as it is found now, without installing anything: `undefined` where there is none that runs.
 * The environment variable `MAILSLOT_CHROMIUM`, `MAILSLOT_FIREFOX` or `MAILSLOT_WEBKIT` (the path of an executable) goes before the
 * search, and the answer is left there, so that test workers need not search again.
 */
export function findBrowser(engine) {
  const { chooseWith, names, places, needs = [], args } = engines[engine];
  const own = require('playwright')[engine].executablePath();
  const answer = (executablePath) => ({ executablePath, args, own: executablePath === own });
  const chosen = process.env[chooseWith];
  if (chosen) {
    if (!existsSync(chosen)) throw new Error(`${chooseWith} names a file that does not exist: ${chosen}`);
    return answer(chosen);
  }
  const usable = needs.every((name) => onPath(name).some(isExecutable)) ? [...names.flatMap(onPath), ...places] : [];
  const executablePath = [own, ...usable].find((file) => file && runs(file));
  if (!executablePath) return undefined;
  process.env[chooseWith] = executablePath;
  return answer(executablePath);
}

/** Runs a command in sight of the user; says whether it worked. The time is bounded, for a network may swallow packets. */
function attempt(command, args, { timeout = 5 * minutes, env = {} } = {}) {
  console.error(`mailslot: ${command} ${args.join(' ')} …`);
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout,
    env: { ...process.env, ...env },
  });
  return status === 0;
}

function download(engine) {
  const cli = join(dirname(require.resolve('playwright/package.json')), 'cli.js');
  return attempt(process.execPath, [cli, 'install', '--no-shell', engine], {
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000' },
  });
}

function installDebianPackages(names) {
  if (process.platform !== 'linux' || !onPath('apt-get').some(isExecutable)) return false;
  const asRoot = (...command) => (isRoot ? command : ['sudo', '-n', ...command]);
  const apt = (...args) => {
    const [command, ...rest] = asRoot('env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args);
    return attempt(command, rest);
  };
  // A source that is down fails the update as a whole; the packages may be found all the same.
  apt('update');
  return apt('install', '-y', '--no-install-recommends', ...names);
}

/**
 * The engine, installed where it has to be: `{ executablePath, args, own }`; `own` is whether it is Playwright's build.
 * @throws an Error that says what to do, where nothing worked
 */
export function provideBrowser(engine) {
  const found = findBrowser(engine);
  if (found) return found;
  for (const get of [() => download(engine), () => installDebianPackages(engines[engine].debianPackages)]) {
    if (!get()) continue;
    const installed = findBrowser(engine);
    if (installed) return installed;
  }
  const { chooseWith, debianPackages } = engines[engine];
  throw new Error(
    `no ${engine} runs here and none could be installed. Do one of these, then try again:\n` +
      `  npx playwright install --with-deps ${engine}\n` +
      `  apt-get install ${debianPackages.join(' ')}\n` +
      `  ${chooseWith}=/path/to/the/executable`,
  );
}
