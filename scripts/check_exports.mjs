// Opens exports with what only Node has: HdrHistogram in JavaScript, an HTML validator, a renderer of
// GitHub's Markdown, and a browser. See scripts/check-exports.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const folder = resolve(process.argv[2]);
const packages = createRequire(join(resolve(process.env.NODE_PACKAGES ?? "."), "package.json"));
let failed = false;

async function check(name, needs, reader) {
  let found;
  try {
    found = needs.map((need) => packages(need));
  } catch (missing) {
    console.log(`skip  ${name}: \`npm install ${needs.join(" ")}\` in a folder, named by NODE_PACKAGES`);
    return;
  }
  try {
    console.log(`pass  ${name}: ${await reader(...found)}`);
  } catch (wrong) {
    failed = true;
    console.log(`FAIL  ${name}: ${wrong.message}`);
  }
}

const kinds = ["run", "sweep", "compare", "live"];
const pages = kinds.map((kind) => `${kind}-html.html`);
const text = (name) => readFileSync(join(folder, name), "utf8");
const assert = (holds, words) => {
  if (!holds) throw new Error(words);
};

await check("hlog in JavaScript", ["hdr-histogram-js"], (hdr) => {
  const lines = text("run-hlog.hlog").split("\n");
  const reader = new hdr.HistogramLogReader(text("run-hlog.hlog"));
  let [intervals, ops] = [0, 0];
  for (let next = reader.nextIntervalHistogram(); next; next = reader.nextIntervalHistogram()) {
    intervals += 1;
    ops += next.totalCount;
  }
  const written = lines.filter((line) => line.startsWith("Tag=")).length;
  assert(intervals === written, `${intervals} of ${written} intervals`);
  return `${intervals} intervals, ${ops} counts`;
});

for (const page of pages) {
  await check(`html-validate ${page}`, ["html-validate"], async ({ HtmlValidate }) => {
    const validate = new HtmlValidate({
      root: true,
      extends: ["html-validate:recommended", "html-validate:a11y"],
      // What is a matter of taste, or of how a template breaks its lines.
      rules: { "no-trailing-whitespace": "off", "long-title": "off", "no-inline-style": "off", "tel-non-breaking": "off" },
    });
    const report = await validate.validateString(text(page));
    const said = report.results.flatMap((of) => of.messages).map((of) => `${of.line}:${of.column} ${of.ruleId}: ${of.message}`);
    assert(report.valid, `${said.length} findings: ${said.slice(0, 5).join("; ")}`);
    return "no finding";
  });
}

for (const page of kinds.map((kind) => `${kind}-markdown.md`)) {
  await check(`marked ${page}`, ["marked"], ({ marked }) => {
    const tables = marked.parse(text(page), { gfm: true }).split("<table>").length - 1;
    assert(tables >= 2, `${tables} tables`);
    return `${tables} tables`;
  });
}

const chromium = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`);
const browser = process.env.CHROMIUM ?? chromium.find(existsSync);
if (!browser) {
  console.log("skip  browser: no Chromium; `apt-get install chromium`, or set CHROMIUM");
} else {
  await check("browser", ["playwright-core"], async ({ chromium }) => {
    const launched = await chromium.launch({ executablePath: browser, args: ["--no-sandbox", "--disable-gpu"] });
    const asked = [];
    try {
      for (const page of pages) {
        for (const width of [390, 1440]) {
          for (const colorScheme of ["light", "dark"]) {
            const shown = await launched.newPage({ viewport: { width, height: 900 }, colorScheme });
            const own = `file://${join(folder, page)}`;
            shown.on("request", (request) => {
              if (request.url() !== own) asked.push(request.url().slice(0, 80));
            });
            await shown.goto(own);
            const over = await shown.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            assert(over === 0, `${page} is ${over} pixels wider than ${width}`);
            await shown.screenshot({ path: join(folder, `${page}-${width}-${colorScheme}.png`), fullPage: true });
            await shown.close();
          }
        }
      }
    } finally {
      await launched.close();
    }
    assert(asked.length === 0, `requests: ${asked.join(", ")}`);
    return "no request but the page itself, no sideways scrolling at 390 and 1440 pixels, light and dark";
  });
}

process.exit(failed ? 1 : 0);
