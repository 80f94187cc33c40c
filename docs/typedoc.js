import { readdirSync, readFileSync } from 'node:fs';

const packages = new URL('../packages/', import.meta.url);

/** The source of every entry in `exports` of every package: what can be imported is what is documented. */
const entryPoints = readdirSync(packages).flatMap((name) => {
  const { exports } = JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), 'utf8'));
  return Object.values(exports).map((entry) => `../packages/${name}/${entry['@nsnet/source']}`);
});

/** @type {import('typedoc').TypeDocOptions} */
export default {
  name: 'nsnet',
  tsconfig: 'tsconfig.json',
  entryPointStrategy: 'resolve',
  entryPoints,
  projectDocuments: ['*.md'],
  readme: '../README.md',
  out: 'api',
  // The sources are beside the documents; there is no address to link to yet
  disableSources: true,
  excludeInternal: true,
  // What a class inherits from Node is documented by Node
  excludeExternals: true,
  excludePrivate: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, rewrittenLink: true, notDocumented: true },
  requiredToBeDocumented: ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable', 'Enum', 'Method', 'Property'],
};
