import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

/** A program in a document: one fenced block, or one and the blocks that continue it. */
export interface Snippet {
  /** `docs/routes.md:12` */
  readonly name: string;
  /** The code, with every line where it stands in the document. */
  readonly lines: string[];
  /** Compiled but not run: a fence with `no-run`. */
  noRun: boolean;
}

/** The programs in a Markdown text: fences that begin with ts; `continued` adds to the program before. */
export function snippetsOf(document: string, text: string): Snippet[] {
  const snippets: Snippet[] = [];
  let open: { snippet: Snippet; indent: number } | undefined;
  text.split('\n').forEach((line, index) => {
    const fence = /^( *)```(\w*) *(.*)$/.exec(line);
    if (open !== undefined) {
      if (fence) open = undefined;
      else open.snippet.lines[index] = line.slice(open.indent);
    } else if (fence?.[2] === 'ts') {
      const words = fence[3]?.split(' ') ?? [];
      const previous = words.includes('continued') ? snippets.at(-1) : undefined;
      const snippet = previous ?? { name: `${document}:${index + 1}`, lines: [], noRun: false };
      if (previous === undefined) snippets.push(snippet);
      if (words.includes('no-run')) snippet.noRun = true;
      open = { snippet, indent: fence[1]?.length ?? 0 };
    }
  });
  return snippets;
}

/** A compiled snippet: the script to run, and what the compiler says against it. */
export interface Compiled {
  readonly script: string;
  readonly errors: string[];
}

/** Type-checks and compiles all snippets in one program, into `folder`, which must be inside the workspace. */
export function compile(snippets: readonly Snippet[], folder: string): Compiled[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = snippets.map(({ name, lines }) => {
    const file = join(folder, `${name.replaceAll(/[^\w.]/g, '-')}.ts`);
    // A module even without imports, so that top-level await works and no name meets another snippet's
    writeFileSync(file, `${Array.from(lines, (line) => line ?? '').join('\n')}\nexport {};\n`);
    return file;
  });
  const base = resolve(import.meta.dirname, '../../../tsconfig.base.json');
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(base, ts.sys.readFile).config, ts.sys, folder);
  const program = ts.createProgram(files, { ...options, composite: false, declaration: false, declarationMap: false });
  program.emit();
  return files.map((file, index) => ({
    script: file.replace(/ts$/, 'js'),
    errors: [program.getSourceFile(file)].flatMap((source) =>
      ts.getPreEmitDiagnostics(program, source).map((found) => describe(found, snippets[index])),
    ),
  }));
}

function describe({ file, start, messageText }: ts.Diagnostic, snippet: Snippet | undefined): string {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (file === undefined || start === undefined) return text;
  return `${snippet?.name.split(':')[0]}:${file.getLineAndCharacterOfPosition(start).line + 1}: ${text}`;
}

/** The lines a snippet promises to print: what follows `// →`. */
export function promises({ lines }: Pick<Snippet, 'lines'>): string[] {
  return Object.values(lines).flatMap((line) => /\/\/ → (.*)$/.exec(line)?.[1]?.trimEnd() ?? []);
}

/** The first promised line that isn't printed after the ones before it, if any. `…` stands for any text. */
export function brokenPromise(promised: readonly string[], stdout: string): string | undefined {
  const printed = stdout.split('\n').map((line) => line.trimEnd());
  return promised.find((line) => {
    const parts = line.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    const pattern = new RegExp(`^${parts.join('.*')}$`);
    const found = printed.findIndex((candidate) => pattern.test(candidate));
    if (found >= 0) printed.splice(0, found + 1);
    return found < 0;
  });
}
