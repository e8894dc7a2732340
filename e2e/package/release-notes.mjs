// node e2e/package/release-notes.mjs VERSION: prints the notes of a release: its part of CHANGELOG.md, and the script tag for a CDN with
// the hash of the file that is built now. Fails unless VERSION is package.json's and has a part of its own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/install.mjs';

const read = (file) => readFileSync(join(root, file), 'utf8');

/** The part of a changelog below `## VERSION`. @throws Error if there is none, or nothing in it */
export function cutNotes(changelog, version) {
  const [, ...parts] = changelog.split(/^## /m);
  const part = parts.find((text) => text.split('\n', 1)[0].trim() === version);
  const notes = part?.slice(part.indexOf('\n') + 1).trim();
  if (!notes) throw new Error(`CHANGELOG.md has nothing under "## ${version}"`);
  return notes;
}

/** The script tag that loads this build from a CDN: the address and the hash are of one version, because both come from one build. */
export function cdnTag({ name, version, unpkg }, integrity) {
  return `<script async src="https://unpkg.com/${name}@${version}/${unpkg.replace('./', '')}" crossorigin="anonymous"
  integrity="${integrity}"
  data-project-id="PROJECT_ID" data-write-key="WRITE_KEY" data-endpoint="https://collector.example"></script>`;
}

/** @throws Error if the version is not the manifest's, or the changelog has no part for it */
export function releaseNotes(version, { manifest, changelog, integrity, stub }) {
  if (version !== manifest.version) {
    throw new Error(`package.json has version ${manifest.version}, and not ${version}`);
  }
  return `${cutNotes(changelog, version)}

## From a CDN

\`\`\`html
<script>${stub}</script>
${cdnTag(manifest, integrity)}
\`\`\`
`;
}

/** What the notes of this checkout are made of; `dist/` has to be built. */
export const sources = () => ({
  manifest: JSON.parse(read('package.json')),
  changelog: read('CHANGELOG.md'),
  integrity: JSON.parse(read('dist/integrity.json'))['mailslot.js'],
  stub: read('dist/stub.js'),
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    // A tag's name begins with a v.
    process.stdout.write(releaseNotes((process.argv[2] ?? '').replace(/^v/, ''), sources()));
  } catch (error) {
    console.error(`mailslot: ${error.message}`);
    process.exitCode = 1;
  }
}
