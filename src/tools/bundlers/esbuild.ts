import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { formatFinding } from '../scanner/finding.ts';
import { createKeyCheck, type KeyCheckOptions, type Output } from './options.ts';

interface Message {
  text: string;
  detail?: unknown;
}

interface BuildResult {
  errors: unknown[];
  outputFiles?: { path: string; contents: Uint8Array }[] | undefined;
  metafile?: { outputs: Record<string, unknown> } | undefined;
}

interface PluginBuild {
  initialOptions: { absWorkingDir?: string; outdir?: string; write?: boolean; metafile?: boolean };
  onEnd(callback: (result: any) => { errors?: Message[] }): void;
}

/** A plugin for esbuild. It has the shape of its types. */
export interface EsbuildPlugin {
  name: string;
  setup(build: PluginBuild): void;
}

/**
 * Fails a build with esbuild if a file of it holds a key that can read or manage. esbuild has written its files by then,
 * unless `write` is `false`; the build ends with an error all the same. It sets `metafile`, to learn which files there are.
 *
 * @example
 * import { esbuildPlugin } from 'mailslot/build';
 * await build({ entryPoints: ['src/app.ts'], bundle: true, outdir: 'dist', plugins: [esbuildPlugin()] });
 */
export function esbuildPlugin(options: KeyCheckOptions = {}): EsbuildPlugin {
  return {
    name: 'mailslot',
    setup({ initialOptions, onEnd }) {
      initialOptions.metafile = true;
      const folder = resolve(initialOptions.absWorkingDir ?? process.cwd());
      onEnd((result: BuildResult) => {
        // A failed build has no files.
        if (result.errors.length) return {};
        const findings = createKeyCheck(options, folder).run(outputsOf(result, folder, initialOptions.outdir ?? '.'));
        return { errors: findings.map((finding) => ({ text: formatFinding(finding) })) };
      });
    },
  };
}

function* outputsOf({ outputFiles, metafile }: BuildResult, folder: string, outdir: string): Generator<Output> {
  const nameOf = (path: string) => relative(resolve(folder, outdir), path);
  if (outputFiles) {
    for (const { path, contents } of outputFiles) yield { file: nameOf(path), content: contents };
    return;
  }
  for (const name of Object.keys(metafile?.outputs ?? {})) {
    const path = resolve(folder, name);
    yield { file: nameOf(path), content: readFileSync(path) };
  }
}
