// What c2pa-ts, an implementation of C2PA of its own, says of files: a JSON line each. Called with them.
import * as fs from 'node:fs/promises';
import { BMFF, JPEG, PNG } from '@trustnxt/c2pa-ts/asset';
import { SuperBox } from '@trustnxt/c2pa-ts/jumbf';
import { ManifestStore, ValidationResult } from '@trustnxt/c2pa-ts/manifest';

for (const path of process.argv.slice(2)) {
  const bytes = new Uint8Array(await fs.readFile(path));
  let found = null;
  try {
    const kind = [JPEG, PNG, BMFF].find(each => each.canRead(bytes));
    const asset = new kind(bytes);
    const jumbf = asset.getManifestJUMBF();
    if (jumbf) found = await ManifestStore.read(SuperBox.fromBuffer(jumbf)).validate(asset);
  } catch (error) {
    found = ValidationResult.fromError(error);
  }
  const entries = found ? found.statusEntries : [];
  console.log(JSON.stringify({
    path, isValid: found ? found.isValid : null,
    codes: entries.map(each => [each.code, each.success, each.explanation ?? null]),
  }));
}
